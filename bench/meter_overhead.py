"""What measuring costs: CPU time of a process that sleeps under a meter, against one that only sleeps, in turn.

The meter looks once a second at a powercap tree of two packages with memory, and at eight GPUs of a driver that answers at once:
what is measured is greenwright, not the driver. Starting is measured in processes of its own.

    python bench/meter_overhead.py            # writes bench/results/meter_overhead.json
"""

from __future__ import annotations

import json
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
meter = Meter(root=gpus.root)
begun_s = time.process_time()
"""
MEASURED = f"{TREES}\nwith meter: time.sleep({DURATION_S})\nprint(time.process_time() - begun_s)"
ALONE = f"{TREES}\ntime.sleep({DURATION_S})\nprint(time.process_time() - begun_s)"
STARTED = "import time\nfrom greenwright import Meter\nwith Meter(): pass\nprint(time.process_time())"
EMPTY = "import time\nprint(time.process_time())"


def cpu_s(program: str) -> float:
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    return float(printed)


def main() -> None:
    readings: dict[str, list[float]] = {"measured": [], "alone": [], "started": [], "empty": []}
    for pair in range(PAIRS):
        order = [("measured", MEASURED), ("alone", ALONE), ("started", STARTED), ("empty", EMPTY)]
        for name, program in order if pair % 2 == 0 else reversed(order):
            readings[name].append(cpu_s(program))
    shares = [(one - other) / DURATION_S for one, other in zip(readings["measured"], readings["alone"], strict=True)]
    fixed_s = [one - other for one, other in zip(readings["started"], readings["empty"], strict=True)]
    machine = this_machine()
    result: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cpu": machine.cpu, "core_count": machine.core_count, "os": machine.os, "python": machine.python},
        "duration_s": DURATION_S,
        "looks_per_s": 1,
        "cpu_share": {"median": median(shares), "least": min(shares), "most": max(shares)},
        "fixed_cpu_s": {"median": median(fixed_s), "least": min(fixed_s), "most": max(fixed_s)},
        "readings_cpu_s": readings,
    }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(
        f"{result['cpu_share']['median']:.4%} of a CPU at one look a second; {result['fixed_cpu_s']['median']:.3f} CPU-s to start"
    )


if __name__ == "__main__":
    main()
