"""A machine whose energy is known: a live powercap tree and fake GPUs, moved on a hundred times a second.

It draws power only while the file ``working`` is there. At rest before and after the work its counters stand still, so that
what happened between a tool's looks and what happened between the bench's are the same joules, however long the tool takes.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

WRAP_UJ = 262_143_328_850
STEP_S = 0.01
GPU_START_MJ = 5_000_000.0


@dataclass(kw_only=True)
class Zone:
    """One counter of the tree: what it is called, and the power that feeds it over time."""

    path: str
    name: str
    power_w: Callable[[float], float]
    start_uj: int = 5_000_000
    mirror: str = ""
    """Shows another zone's counter, as dies of one package may."""
    resets: bool = False
    """Begins anew when it happens."""
    breaks: bool = False
    """Cannot be read for a second when it happens."""
    gained_uj: float = 0.0
    since_reset_uj: float = 0.0
    was_reset: bool = False


@dataclass(kw_only=True)
class Tree:
    """The zones and GPUs of one scenario, under a folder laid out as the kernel lays out ``/sys/class/powercap``."""

    folder: Path
    zones: list[Zone]
    gpu_powers_w: list[float] = field(default_factory=list)
    happens_s: float = math.inf
    """When what is to befall the counters does so, in seconds of work."""
    _worked_s: float = 0.0
    _works: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        control = self.folder / "powercap" / "intel-rapl"
        control.mkdir(parents=True)
        (control / "subsystem").symlink_to("..")
        for zone in self.zones:
            path = control / zone.path
            path.mkdir()
            (path / "name").write_text(f"{zone.name}\n")
            (path / "enabled").write_text("1\n")
            (path / "max_energy_range_uj").write_text(f"{WRAP_UJ}\n")
            (path.parents[len(Path(zone.path).parts)] / path.name).symlink_to(path.relative_to(self.folder / "powercap"))
        self._write()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with contextlib.suppress(OSError):  # hardware counts on, however busy the machine is
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        last_s = time.monotonic()
        while not self._stop.wait(STEP_S):
            now_s = time.monotonic()
            if self._works:
                self._work(now_s - last_s)
            last_s, self._works = now_s, (self.folder / "working").exists()
            self._write()

    def _work(self, step_s: float) -> None:
        for zone in self.zones:
            gained_uj = zone.power_w(self._worked_s + step_s / 2) * step_s * 1e6
            zone.gained_uj += gained_uj
            if zone.resets and not zone.was_reset and self._worked_s >= self.happens_s:
                zone.was_reset, zone.since_reset_uj = True, 0.0
            zone.since_reset_uj += gained_uj
        self._worked_s += step_s

    def _write(self) -> None:
        shown = {zone.path: self._shown(zone) for zone in self.zones}
        for zone in self.zones:
            text = f"{shown[zone.mirror or zone.path]:015d}\n"
            if zone.breaks and self._works and 0 <= self._worked_s - self.happens_s < 1:
                text = "not readable now"
            _in_place(self.folder / "powercap" / "intel-rapl" / zone.path / "energy_uj", text)
        own = [zone for zone in self.zones if not zone.mirror]
        gpus = [power_w * self._worked_s * 1e3 for power_w in self.gpu_powers_w]
        truth = {
            "cpu_j": sum(zone.gained_uj for zone in own if zone.name.startswith("package")) / 1e6,
            "dram_j": sum(zone.gained_uj for zone in own if zone.name == "dram") / 1e6,
            "gpu_j": sum(gpus) / 1e3,
            "gpus_mj": [GPU_START_MJ + one for one in gpus],
            "gpus_w": [power_w if self._works else 0.0 for power_w in self.gpu_powers_w],
            "works": self._works,
        }
        _replace(self.folder / "truth.json", json.dumps(truth))

    def _shown(self, zone: Zone) -> int:
        counted = zone.since_reset_uj if zone.was_reset else zone.start_uj + zone.gained_uj
        return int(counted) % WRAP_UJ


def _in_place(path: Path, text: str) -> None:
    """Some tools keep the file open, as they may with the kernel's: the same file, always as long."""
    with path.open("r+b" if path.exists() else "w+b", buffering=0) as file:
        os.pwrite(file.fileno(), text.encode(), 0)


def _replace(path: Path, text: str) -> None:
    new = path.with_name(f".{path.name}.new")
    new.write_text(text)
    new.replace(path)


def constant(power_w: float) -> Callable[[float], float]:
    return lambda _: power_w


def square(high_w: float, period_s: float) -> Callable[[float], float]:
    return lambda at_s: high_w if at_s % period_s < period_s / 2 else 0.0


def scenarios(folder: Path) -> dict[str, Tree]:
    """Every tree, by name."""
    package = "intel-rapl:0"

    def one(**changes: object) -> list[Zone]:
        return [Zone(**{"path": package, "name": "package-0", "power_w": constant(100.0)} | changes)]  # type: ignore[arg-type]

    memory = Zone(path=f"{package}/{package}:0", name="dram", power_w=constant(20.0))
    return {
        "constant 100 W": Tree(folder=folder / "constant", zones=one()),
        "memory too, 20 W": Tree(folder=folder / "memory", zones=[*one(), memory]),
        "counter wraps": Tree(folder=folder / "wrap", zones=one(start_uj=WRAP_UJ - 150_000_000)),
        "mirrored die": Tree(
            folder=folder / "mirror",
            zones=[*one(), Zone(path="intel-rapl:1", name="package-1", power_w=constant(100.0), mirror=package)],
        ),
        "square wave, 0 and 240 W": Tree(folder=folder / "square", zones=one(power_w=square(240.0, 2.0))),
        "a second unreadable": Tree(folder=folder / "broken", zones=one(breaks=True)),
        "counter reset": Tree(folder=folder / "reset", zones=one(resets=True, start_uj=50_000_000_000)),
        "eight GPUs of 300 W": Tree(folder=folder / "gpus", zones=one(), gpu_powers_w=[300.0] * 8),
    }
