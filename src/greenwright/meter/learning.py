"""Measure a machine once: its idle power, and with a meter of the whole node what the rest of it adds to its counters."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from greenwright.errors import CannotHereError
from greenwright.meter import clock
from greenwright.meter.baseline import FEWEST_POINTS, IDLE_BUSY_SHARE, busy_share, cpu_ticks, idle_of, learn_rest
from greenwright.meter.session import Meter
from greenwright.records.baseline import Idle, RestOfNode
from greenwright.records.energy import Window

FEWEST_WINDOWS = 3
LOAD_SHARES = (0.0, 0.5, 1.0)
"""How many of the CPUs are kept busy while the rest of the node is learned."""
_BUSY = "while True: pass"


def measure_idle(
    duration_s: float, *, root: Path = Path("/"), meter: Meter | None = None, wait: Callable[[float], object] = time.sleep
) -> Idle:
    """The idle power of every counter in use, and of those within.

    Args:
        duration_s: How long to look; more, where the counters need more for three windows.
        root: Where the files of the machine are.
        meter: The meter to use; a new one if None.
        wait: What passes the time; a test puts its own.

    Raises:
        CannotHereError: no counter of this machine sees idling, or the machine is not idle.
    """
    meter = meter or Meter(root=root)
    if all(source.counter.marginal for source in meter.sources):
        names = ", ".join(source.counter.id for source in meter.sources)
        raise CannotHereError(f"no counter here sees idling ({names} sees only this work): there is no baseline to measure")
    before = cpu_ticks(root)
    windows = _windows(meter, duration_s, FEWEST_WINDOWS, wait)
    busy = busy_share(root, before)
    if busy > IDLE_BUSY_SHARE:
        raise CannotHereError(
            f"the machine was {busy:.0%} busy, so this is not idling; stop what runs (see `top`), and measure again"
        )
    return idle_of(windows, busy, clock.utc_now().isoformat(timespec="seconds"))


def measure_rest(
    duration_s: float,
    *,
    root: Path = Path("/"),
    meter: Meter | None = None,
    wait: Callable[[float], object] = time.sleep,
    load_share: Callable[[float], object] | None = None,
) -> RestOfNode:
    """Run the machine idle, half busy and busy beside a meter of the whole node, and learn what the rest of it adds.

    Args:
        duration_s: How long in all; more, where the meter needs more.
        root: Where the files of the machine are.
        meter: The meter to use; a new one if None.
        wait: What passes the time; a test puts its own.
        load_share: Called with the share of the CPUs to keep busy from now on; busy processes if None.

    Raises:
        CannotHereError: no meter of the whole node, or no counter of a device beside it.
    """
    meter = meter or Meter(root=root)
    node = next((source for source in meter.sources if source.counter.component == "node"), None)
    devices = [source for source in meter.inner if not source.meta.fallback]
    if node is None or not devices:
        lacking = (
            "a meter of the whole machine (set GREENWRIGHT_WALL_METER)" if node is None else "a counter of its CPU or GPUs"
        )
        raise CannotHereError(f"the rest of the node is what lies between two meters, and {lacking} is not here")
    counters = sorted(source.counter.id for source in devices)
    points: list[tuple[float, float]] = []
    with _loading(load_share) as loaded:
        for share in LOAD_SHARES:
            loaded(share)
            each = math.ceil(FEWEST_POINTS / len(LOAD_SHARES))
            points += [_point(window, counters) for window in _windows(meter, duration_s / len(LOAD_SHARES), each, wait)]
    return learn_rest(
        points,
        counters,
        meter=node.counter.source or node.counter.id,
        error_share=node.counter.high_ratio - 1,
        learned_at=clock.utc_now().isoformat(timespec="seconds"),
    )


def _windows(meter: Meter, duration_s: float, fewest: int, wait: Callable[[float], object]) -> list[Window]:
    each_s = max(meter.min_window_s * 1.05, duration_s / fewest)
    windows = []
    for _ in range(fewest):
        with meter.window("learning") as opened:
            wait(each_s)
        windows.append(opened.result)
    return windows


def _point(window: Window, counters: list[str]) -> tuple[float, float]:
    device_j = math.fsum(part.energy_j.value for part in window.within if part.counter in counters)
    return device_j / window.duration_s, window.energy_j.value / window.duration_s


@contextmanager
def _loading(load_share: Callable[[float], object] | None) -> Iterator[Callable[[float], object]]:
    """Keep a share of the CPUs busy with processes of ours, which end with the block."""
    if load_share is not None:
        yield load_share
        return
    running: list[subprocess.Popen[bytes]] = []

    def more(share: float) -> None:
        while len(running) < round(share * (os.cpu_count() or 1)):
            running.append(subprocess.Popen([sys.executable, "-c", _BUSY]))

    try:
        yield more
    finally:
        for process in running:
            process.kill()
            process.wait()
