"""Drive CodeCarbon, offline, looking every second, writing where a crash would leave something."""

import csv
from typing import Any

from common_driver import FOLDER, main

J_PER_KWH = 3.6e6


def start() -> Any:
    from codecarbon import OfflineEmissionsTracker

    tracker = OfflineEmissionsTracker(
        country_iso_code="DEU",
        measure_power_secs=1,
        output_dir=str(FOLDER / "kept"),
        log_level="critical",
        allow_multiple_runs=True,
        rapl_include_dram=True,
    )
    tracker.start()
    return tracker


def stop(tracker: Any) -> dict[str, float]:
    tracker.stop()
    data = tracker.final_emissions_data
    return {"cpu_j": data.cpu_energy * J_PER_KWH, "gpu_j": data.gpu_energy * J_PER_KWH}


def recovered() -> dict[str, float]:
    rows = [row for path in (FOLDER / "kept").glob("emissions*.csv") for row in csv.DictReader(path.open())]
    return {"cpu_j": float(rows[-1]["cpu_energy"]) * J_PER_KWH} if rows else {}


if __name__ == "__main__":
    main(start, stop, recovered)
