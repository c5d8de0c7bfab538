"""What measuring costs: CPU time of a process that sleeps under a meter, against one that only sleeps, in turn.

The meter looks once a second at a powercap tree of two packages with memory, and at eight GPUs of a driver that answers at once:
what is measured is greenwright, not the driver. Once more with a journal, to which every look is written, so that a kill loses no
more than a second. Starting is measured in processes of its own, with compiled modules, as pip installs them.

    python bench/meter_overhead.py            # writes bench/results/meter_overhead.json
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from greenwright.machine import this_machine

RESULTS = Path(__file__).parent / "results" / "meter_overhead.json"
PAIRS = 3
DURATION_S = 20
TREES = """
import pathlib, sys, tempfile, time
from greenwright import Meter
from greenwright.meter import nvidia
from greenwright.testing.probes import FakeNvml, FakePowercap
folder = pathlib.Path(tempfile.mkdtemp())
FakePowercap(folder).server()
gpus = FakeNvml(folder, (300.0,) * 8)
nvidia.load_library = lambda: gpus
meter = Meter(root=gpus.root, journal=folder / "journal.jsonl" if "journal" in sys.argv else None)
begun_s = time.process_time()
"""
MEASURED = f"{TREES}\nwith meter: time.sleep({DURATION_S})\nprint(time.process_time() - begun_s)"
ALONE = f"{TREES}\ntime.sleep({DURATION_S})\nprint(time.process_time() - begun_s)"
STARTED = "import time\nfrom greenwright import Meter\nwith Meter(): pass\nprint(time.process_time())"
EMPTY = "import time\nprint(time.process_time())"


PROGRAMS = {
    "measured": (MEASURED,),
    "journalled": (MEASURED, "journal"),
    "alone": (ALONE,),
    "started": (STARTED,),
    "empty": (EMPTY,),
}


def cpu_s(program: tuple[str, ...]) -> float:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    printed = subprocess.run(
        [sys.executable, "-c", *program], check=True, capture_output=True, text=True, env=environment
    ).stdout
    return float(printed)


def spread(values: list[float]) -> dict[str, float]:
    return {"median": median(values), "least": min(values), "most": max(values)}


def main() -> None:
    readings: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    cpu_s(PROGRAMS["started"])  # compiles
    loads = [os.getloadavg()[0]]
    for pair in range(PAIRS):
        names = list(PROGRAMS)
        for name in names if pair % 2 == 0 else reversed(names):
            readings[name].append(cpu_s(PROGRAMS[name]))
        loads.append(os.getloadavg()[0])

    def shares(name: str) -> dict[str, float]:
        return spread([(one - other) / DURATION_S for one, other in zip(readings[name], readings["alone"], strict=True)])

    fixed_s = [one - other for one, other in zip(readings["started"], readings["empty"], strict=True)]
    machine = this_machine()
    result: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cpu": machine.cpu, "core_count": machine.core_count, "os": machine.os, "python": machine.python},
        "load_1_min": {"least": min(loads), "most": max(loads)},
        "duration_s": DURATION_S,
        "looks_per_s": 1,
        "cpu_share": shares("measured"),
        "cpu_share_with_journal": shares("journalled"),
        "fixed_cpu_s": spread(fixed_s),
        "readings_cpu_s": readings,
    }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(
        f"{result['cpu_share']['median']:.4%} of a CPU at one look a second, {result['cpu_share_with_journal']['median']:.4%} "
        f"with a journal; {result['fixed_cpu_s']['median']:.3f} CPU-s to start"
    )


if __name__ == "__main__":
    main()
