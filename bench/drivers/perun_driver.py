"""Drive perun around a function; what it says is read from the file it writes."""

import json
import sys
import time
from typing import Any

from common_driver import FOLDER, _say, cpu_s, work

KEPT = FOLDER / "kept"


def measured(duration_s: float) -> None:
    SEEN.update(work(duration_s, BEGAN_S))


def said() -> dict[str, float]:
    """Joules by device, from the newest file of results."""
    files = sorted(KEPT.glob("*.json"), key=lambda path: path.stat().st_mtime)
    return _energies(json.loads(files[-1].read_text())) if files else {}


def _energies(node: Any) -> dict[str, float]:
    found: dict[str, float] = {}
    names = {"cpu_energy": "cpu_j", "dram_energy": "dram_j", "gpu_energy": "gpu_j"}
    for key, value in node.get("metrics", {}).items():
        if key in names:
            found[names[key]] = float(value["sum"])
    return found


if __name__ == "__main__":
    KEPT.mkdir(exist_ok=True)
    if sys.argv[1] == "recover":
        print(said())
    else:
        BEGAN_S = time.monotonic()
        SEEN: dict[str, Any] = {}
        import os

        os.chdir(FOLDER)
        from perun.api.decorator import perun

        perun(data_out=str(KEPT), format="json", rounds=1)(measured)(float(sys.argv[1]))
        _say({"said": said(), "all_cpu_s": cpu_s()} | SEEN)
