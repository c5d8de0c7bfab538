"""What every driver does around its tool: wait for the start, let time pass, say what the truth was meanwhile."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ["FAKE_FOLDER"])


def truth() -> dict[str, float]:
    """Joules that the tree's counters should have shown by now."""
    found: dict[str, float] = json.loads((FOLDER / "truth.json").read_text())
    return found


def cpu_s() -> float:
    """Of this process, its ended children, and those that still run."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )
    waiting = [os.getpid()]
    while waiting:
        for task in Path(f"/proc/{waiting.pop()}/task").iterdir():
            for child in (task / "children").read_text().split():
                waiting.append(int(child))
                fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
                total += sum(map(int, fields[11:15])) / ticks
    return total


def drive(start: Callable[[], Any], stop: Callable[[Any], dict[str, float]], duration_s: float) -> None:
    """Measure ``duration_s`` of idling with the tool, and print what it says beside the truth."""
    began_s = time.monotonic()
    started = start()
    seen = work(duration_s, began_s)
    said = stop(started)
    _say({"said": said, "all_cpu_s": cpu_s()} | seen)


def main(start: Callable[[], Any], stop: Callable[[Any], dict[str, float]], recovered: Callable[[], dict[str, float]]) -> None:
    """A driver's whole program: told how many seconds to measure, or to say what outlived a kill."""
    Path(FOLDER / "kept").mkdir(exist_ok=True)
    if sys.argv[1] == "recover":
        print(recovered())
    else:
        drive(start, stop, float(sys.argv[1]))


def work(duration_s: float, began_s: float) -> dict[str, Any]:
    """Let the machine draw power for a while: what that came to, and the CPU time that the tool took meanwhile."""
    before = truth()
    _say({"started_s": time.monotonic() - began_s, "start_cpu_s": cpu_s()})
    _switch(on=True)
    before_cpu_s = cpu_s()
    time.sleep(duration_s)
    during_cpu_s = cpu_s() - before_cpu_s
    _switch(on=False)
    after = truth()
    actual = {name: after[name] - before[name] for name in ("cpu_j", "dram_j", "gpu_j")}
    return {"truth": actual, "during_cpu_s": during_cpu_s, "duration_s": duration_s}


def _switch(*, on: bool) -> None:
    """Begin or end the work, and wait until the counters go on or stand still."""
    mark = FOLDER / "working"
    mark.touch() if on else mark.unlink()
    while truth()["works"] != on:
        time.sleep(0.005)


def _say(what: dict[str, Any]) -> None:
    sys.__stdout__.write(f"@{json.dumps(what)}\n")  # type: ignore[union-attr]
    sys.__stdout__.flush()  # type: ignore[union-attr]
