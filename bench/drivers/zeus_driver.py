"""Drive Zeus' monitor, with its log."""

import logging
from typing import Any

from common_driver import FOLDER, main


def start() -> Any:
    logging.disable()
    from zeus.monitor import ZeusMonitor

    monitor = ZeusMonitor(log_file=str(FOLDER / "kept" / "zeus.csv"))
    monitor.begin_window("job", sync_execution=False)
    return monitor


def stop(monitor: Any) -> dict[str, float]:
    result = monitor.end_window("job", sync_execution=False)
    return {
        "cpu_j": sum((result.cpu_energy or {}).values()),
        "dram_j": sum((result.dram_energy or {}).values()),
        "gpu_j": sum((result.gpu_energy or {}).values()),
    }


def recovered() -> dict[str, float]:
    path = FOLDER / "kept" / "zeus.csv"
    rows = path.read_text().splitlines()[1:] if path.exists() else []
    return {"rows": float(len(rows))} if rows else {}


if __name__ == "__main__":
    main(start, stop, recovered)
