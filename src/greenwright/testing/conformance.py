"""A conformance suite for energy meters: fake machines with known truth, and a clock under the test's control.

Every case says what a machine is, and what happens to it half-way. ``measure`` lets a case run and returns what was
measured and what was true::

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
    def test_the_meter_is_exact(case, tmp_path, monkeypatch):
        outcome = measure(case, tmp_path, monkeypatch)
        assert outcome.error_share <= case.tolerance_share

Other meters can be run on the same machines: ``case.make(folder)`` is a folder that looks like Linux, and ``play`` lets it
run in real time.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from greenwright.meter import clock, nvidia
from greenwright.meter.session import Meter
from greenwright.records.energy import Window
from greenwright.testing.amd import FakeAmdSmi
from greenwright.testing.probes import FakeMachine, FakeNvml, FakePowercap

DURATION_S = 60.0
LOOK_S = 1.0
WRAP_UJ = 65_532_610_987
"""The smallest wrap in use: a 32-bit counter of 15.26 µJ."""


class FakeTime:
    """All of the meter's clocks, turned by hand: ``pass_by`` moves them, ``set_calendar`` only the calendar."""

    def __init__(self, monkeypatch: Any) -> None:
        self.now_s = 1_000.0
        self.cpu_s = 0.0
        self.calendar = datetime(2026, 9, 1, 12, tzinfo=UTC)
        monkeypatch.setattr(clock, "now_s", lambda: self.now_s)
        monkeypatch.setattr(clock, "cpu_s", lambda: self.cpu_s)
        monkeypatch.setattr(clock, "utc_now", lambda: self.calendar)

    def pass_by(self, duration_s: float, busy_share: float = 0.0) -> None:
        """Let time pass, of which a share was CPU time of this process."""
        self.now_s += duration_s
        self.cpu_s += duration_s * busy_share
        self.calendar += timedelta(seconds=duration_s)

    def set_calendar(self, by_s: float) -> None:
        """As when somebody, or a time server, sets the clock."""
        self.calendar += timedelta(seconds=by_s)


class LoadedMachine(FakeMachine, Protocol):
    """A machine whose load may change."""

    load_ratio: float
    """Power over the machine's own: what ``run`` spends, and what is shown, are multiplied by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One machine, and what happens to it."""

    name: str
    proves: str
    make: Callable[[Path], LoadedMachine]
    halfway: Callable[[FakeMachine, FakeTime], None] | None = None
    """Happens once, between two looks."""
    later: Callable[[FakeMachine, FakeTime], None] | None = None
    """Happens one look after that: what ``halfway`` broke works again."""
    power_ratio: Callable[[float], float] | None = None
    """Power over the machine's own, by the seconds that passed: a square wave."""
    look_s: float = LOOK_S
    tolerance_share: float = 1e-3
    problem: str = ""
    """What a window must say of it; "" where there is nothing to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was measured, and what was true."""

    measured_j: float
    low_j: float
    high_j: float
    truth_j: float
    window: Window

    @property
    def error_share(self) -> float:
        """How wrong the value is."""
        return abs(self.measured_j / self.truth_j - 1)


def measure(case: Case, folder: Path, monkeypatch: Any, *, duration_s: float = DURATION_S) -> Outcome:
    """Let ``case`` run for ``duration_s`` under a greenwright meter, on a fake clock."""
    hands = FakeTime(monkeypatch)
    machine = case.make(folder)
    install(machine, monkeypatch)
    meter = Meter(root=machine.root)
    for poller in meter.pollers:
        poller.wait_s = None  # looks are taken here, at known instants
    truth_j = 0.0
    with meter.window(case.name) as opened:
        steps = round(duration_s / case.look_s)
        for step in range(steps):
            if case.halfway and step == steps // 2:
                case.halfway(machine, hands)
            if case.later and step == steps // 2 + 1:
                case.later(machine, hands)
            if case.power_ratio:
                machine.load_ratio = case.power_ratio(step * case.look_s)
            truth_j += machine.run(case.look_s)
            hands.pass_by(case.look_s)
            meter.look()
    energy_j = opened.result.energy_j
    return Outcome(measured_j=energy_j.value, low_j=energy_j.low, high_j=energy_j.high, truth_j=truth_j, window=opened.result)


def install(machine: FakeMachine, monkeypatch: Any) -> None:
    """Put the vendor's library of a fake machine where greenwright loads it."""
    from greenwright.meter.probes import amdsmi

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if isinstance(machine, FakeNvml):
        monkeypatch.setattr(nvidia, "load_library", lambda: machine)
    if isinstance(machine, FakeAmdSmi):
        monkeypatch.setattr(amdsmi, "load_library", lambda: machine)


def play(machine: FakeMachine, duration_s: float, *, tick_s: float = 0.02) -> float:
    """Let a machine run in real time, for meters with clocks of their own; return the joules that were true."""
    began_s = last_s = time.monotonic()
    truth_j = 0.0
    while last_s - began_s < duration_s:
        time.sleep(tick_s)
        now_s = time.monotonic()
        truth_j += machine.run(now_s - last_s)
        last_s = now_s
    return truth_j


def _constant(folder: Path) -> FakePowercap:
    return FakePowercap(folder).server()


def _wrapping(folder: Path) -> FakePowercap:
    machine = FakePowercap(folder, wrap_uj=WRAP_UJ)
    machine.add("intel-rapl:0", "package-0", 900.0, start_uj=WRAP_UJ - 50_000_000)
    machine.add("intel-rapl:0:0", "dram", 100.0, start_uj=WRAP_UJ - 2_000_000)
    return machine


def _mirrored(folder: Path) -> FakePowercap:
    machine = FakePowercap(folder)
    for die in range(4):
        machine.add(f"intel-rapl:{die}", f"package-{die}", 120.0, start_uj=777_000_000, counts=die == 0)
        machine.add(f"intel-rapl:{die}:0", "dram", 30.0, start_uj=555_000_000, counts=die == 0)
    return machine


def _one_package(folder: Path) -> FakePowercap:
    machine = FakePowercap(folder)
    machine.add("intel-rapl:0", "package-0", 120.0, start_uj=200_000_000_000)
    machine.add("intel-rapl:0:0", "dram", 20.0, start_uj=200_000_000_000)
    return machine


def _break(machine: FakeMachine, _hands: FakeTime) -> None:
    assert isinstance(machine, FakePowercap)
    machine.broken = True


def _mend(machine: FakeMachine, _hands: FakeTime) -> None:
    assert isinstance(machine, FakePowercap)
    machine.broken = False


def _lose(machine: FakeMachine, _hands: FakeTime) -> None:
    assert isinstance(machine, FakeNvml | FakeAmdSmi)
    machine.lost = True


def _find(machine: FakeMachine, _hands: FakeTime) -> None:
    assert isinstance(machine, FakeNvml | FakeAmdSmi)
    machine.lost = False


def _reset(machine: FakeMachine, _hands: FakeTime) -> None:
    assert isinstance(machine, FakePowercap | FakeNvml | FakeAmdSmi)
    machine.reset()


def _set_back(_machine: FakeMachine, hands: FakeTime) -> None:
    hands.set_calendar(-3_600.0)


def _square(at_s: float) -> float:
    return 2.0 if math.floor(at_s) % 2 == 0 else 0.0


CASES = (
    Case(name="constant", proves="cores, graphics, platform and mirrors are not added to packages", make=_constant),
    Case(name="wrap", proves="a counter that starts again is followed, per zone", make=_wrapping),
    Case(name="mirrored die", proves="four dies that show one counter are one", make=_mirrored),
    Case(name="square wave", proves="a counter is a difference: sampling cannot alias", make=_constant, power_ratio=_square),
    Case(
        name="read error in the middle",
        proves="a look that fails loses nothing of a counter",
        make=_one_package,
        halfway=_break,
        later=_mend,
        problem="could not be read once",
    ),
    Case(
        name="counter reset",
        proves="a reset is neither negative, nor taken for a wrap, nor lost",
        make=_one_package,
        halfway=_reset,
        problem="was reset once",
    ),
    Case(
        name="clock step",
        proves="the calendar set back an hour changes nothing",
        make=_one_package,
        halfway=_set_back,
    ),
    Case(name="8 GPUs", proves="a sum, and no mean, over devices", make=lambda folder: FakeNvml(folder, (300.0,) * 8)),
    Case(
        name="GPU counter reset",
        proves="where the driver was reloaded, power stands in",
        make=lambda folder: FakeNvml(folder, (300.0, 100.0)),
        halfway=_reset,
        problem="was reset once",
    ),
    Case(
        name="GPU read error in the middle",
        proves="a look that fails loses nothing of a counter",
        make=lambda folder: FakeNvml(folder, (300.0, 100.0)),
        halfway=_lose,
        later=_find,
        problem="could not be read once",
    ),
    Case(name="MIG", proves="a board is counted once, whatever its instances", make=lambda folder: FakeNvml(folder, mig=True)),
    Case(
        name="missing counter",
        proves="power is added up where a GPU keeps no counter",
        make=lambda folder: FakeNvml(folder, (300.0, 70.0), has_energy=False),
        look_s=0.1,
    ),
    Case(
        name="square wave, power only",
        proves="added up over time, a square wave keeps its mean",
        make=lambda folder: FakeNvml(folder, (300.0,), has_energy=False),
        look_s=0.1,
        power_ratio=_square,
    ),
    Case(name="AMD GPUs", proves="accumulator times resolution", make=lambda folder: FakeAmdSmi(folder, (500.0,) * 4)),
    Case(
        name="AMD second die",
        proves="a die that shows nothing lies within the counter of its package",
        make=lambda folder: FakeAmdSmi(folder, (500.0, None)),
    ),
    Case(
        name="AMD counter reset",
        proves="where the driver was reloaded, power stands in",
        make=lambda folder: FakeAmdSmi(folder, (500.0,)),
        halfway=_reset,
        problem="was reset once",
    ),
)
"""Machines on which a meter has to be exact."""
