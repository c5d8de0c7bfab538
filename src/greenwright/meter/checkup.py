"""Hold a machine's counters against one another for a few seconds, and grade how well it can be measured."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from greenwright.meter import clock
from greenwright.meter.contract import Missing
from greenwright.meter.polling import Followed, pollers
from greenwright.meter.sensors import Source, choose
from greenwright.meter.tally import Tally
from greenwright.meter.window import CHECK_RATIO, part
from greenwright.records.checkup import CrossCheck, Finding, Grading, MachineGrade
from greenwright.records.quantities import Grade

DURATION_S = 3.0
LOOKS_PER_S = 5
LEAST_W = 0.5
"""A counter that gained less than this while its power was above it stands still."""

MEANINGS = {
    MachineGrade.A: "the whole machine is measured, at the wall or at its supplies",
    MachineGrade.B: "every part that matters has an energy counter",
    MachineGrade.C: "some parts are measured, others are modelled, or a counter is in doubt",
    MachineGrade.D: "nothing is measured: all is modelled, for a known CPU",
    MachineGrade.E: "nothing is measured, and the CPU is not known: all is assumed",
}


def cross_check(
    found: Sequence[Source], duration_s: float = DURATION_S, wait: Callable[[float], object] = time.sleep
) -> list[CrossCheck]:
    """Look at every hardware counter for ``duration_s``; what each says, and whether others say the same.

    Args:
        found: Every counter of the machine, in use or not.
        duration_s: How long.
        wait: What passes the time; a test puts its own.
    """
    hardware = [source for source in found if not source.meta.fallback]
    if not hardware:
        return []
    readers, one = pollers(hardware), Followed(at_s=clock.now_s())
    for reader in readers:
        reader.wait_s = None  # looked at here
        reader.follow(one)
    for _ in range(round(duration_s * LOOKS_PER_S)):
        wait(1 / LOOKS_PER_S)
        for reader in readers:
            reader.look()
    for reader in readers:
        reader.leave(one)
    lasted_s = clock.now_s() - one.at_s
    devices_j = _devices_j(hardware, one.tallies, lasted_s)
    return [_check(source, one.tallies[source.counter.id], lasted_s, devices_j) for source in hardware]


def grade(found: Sequence[Source], missing: Sequence[Missing], checks: Sequence[CrossCheck]) -> Grading:
    """The machine's grade, and what raises it."""
    used = choose(found)
    doubted = [check for check in checks if check.finding in (Finding.DISAGREES, Finding.STANDS_STILL, Finding.UNREADABLE)]
    in_doubt = [check.counter for check in doubted if check.counter in {source.counter.id for source in used}]
    level, why = _level(used, missing)
    if in_doubt and level in (MachineGrade.A, MachineGrade.B):
        return Grading(
            grade=MachineGrade.C,
            why=f"{MEANINGS[MachineGrade.C]}: {', '.join(in_doubt)} did not pass the cross-check",
            next_step=next(check.said for check in doubted if check.counter in in_doubt),
        )
    return Grading(grade=level, why=why, next_step="" if level is MachineGrade.A else _next_step(level, missing))


def _level(used: Sequence[Source], missing: Sequence[Missing]) -> tuple[MachineGrade, str]:
    if any(source.counter.component == "node" for source in used):
        return MachineGrade.A, MEANINGS[MachineGrade.A]
    hardware = [source for source in used if not source.meta.fallback]
    lost = sorted({one.what for one in missing if one.applies and one.mend and "counter" in one.what})
    if hardware:
        modelled = [source.counter.id for source in used if source.meta.fallback or source.grade is not Grade.COUNTER]
        if any(source.counter.component == "cpu" for source in hardware) and not modelled and not lost:
            return MachineGrade.B, MEANINGS[MachineGrade.B]
        return MachineGrade.C, f"{MEANINGS[MachineGrade.C]}: {', '.join([*modelled, *lost]) or 'the CPU'}"
    assumed = any(source.grade is Grade.ASSUMED for source in used) or not used
    level = MachineGrade.E if assumed else MachineGrade.D
    return level, MEANINGS[level]


def _next_step(level: MachineGrade, missing: Sequence[Missing]) -> str:
    """What mends a counter; or, where all counters are there, a meter at the wall."""
    mends = [one.mend for one in missing if one.applies and one.mend]
    counters = [one.mend for one in missing if one.applies and one.mend and "counter" in one.what]
    first = mends if level is MachineGrade.B else [*counters, *mends]
    return first[0] if first else ""


def _devices_j(hardware: Sequence[Source], tallies: dict[str, Tally], lasted_s: float) -> float:
    devices = choose([source for source in hardware if source.counter.component != "node"])
    parts = [part(source.counter, tallies[source.counter.id], lasted_s, source.grade) for source in devices]
    return math.fsum(one.energy_j.value for one in parts if one is not None)


def _check(source: Source, tally: Tally, lasted_s: float, devices_j: float) -> CrossCheck:
    told = part(source.counter, tally, lasted_s, source.grade)
    energy_j = told.energy_j.value if told else None
    finding, other_j, said = _finding(source, tally, energy_j, lasted_s, devices_j)
    return CrossCheck(
        counter=source.counter.id, finding=finding, energy_j=energy_j, other_j=other_j, duration_s=lasted_s, said=said
    )


def _finding(
    source: Source, tally: Tally, energy_j: float | None, lasted_s: float, devices_j: float
) -> tuple[Finding, float | None, str]:
    name = source.counter.id
    if energy_j is None:
        return Finding.UNREADABLE, None, f"{name} could not be read for {lasted_s:.3g} s: see what `greenwright doctor` lacks"
    if source.counter.component == "node":
        return _node(source, energy_j, devices_j)
    if tally.power_s > 0:
        return _beside_power(name, tally)
    if source.counter.sample_s is None and energy_j < LEAST_W * lasted_s / 10:
        said = f"{name} gained {energy_j:.3g} J in {lasted_s:.3g} s: it stands still; update its driver, or measure without it"
        return Finding.STANDS_STILL, None, said
    return Finding.ALONE, None, f"{name}: {energy_j / lasted_s:.4g} W; nothing else shows the same"


def _beside_power(name: str, tally: Tally) -> tuple[Finding, float, str]:
    counted, added_up = f"{tally.checked_j:.4g} J", f"{tally.power_j:.4g} J"
    if tally.checked_j < LEAST_W * tally.power_s / 10 < LEAST_W * tally.power_s <= tally.power_j:
        said = f"{name} gained {counted} while its power added up to {added_up}: it stands still; update its driver"
        return Finding.STANDS_STILL, tally.power_j, said
    low_j, high_j = sorted((tally.checked_j, tally.power_j))
    if high_j > CHECK_RATIO * low_j:
        said = f"{name} counted {counted} while its power added up to {added_up}: trust neither, until a meter decides"
        return Finding.DISAGREES, tally.power_j, said
    return Finding.AGREES, tally.power_j, f"{name} counted {counted}, and its power added up to {added_up}"


def _node(source: Source, energy_j: float, devices_j: float) -> tuple[Finding, float | None, str]:
    name = source.counter.id
    if devices_j <= 0:
        return Finding.ALONE, None, f"{name}: {energy_j:.4g} J, and no counter of a device to compare it with"
    shown = f"{name} shows {energy_j:.4g} J of the whole machine, its devices count {devices_j:.4g} J"
    if energy_j * source.counter.high_ratio < devices_j:
        return Finding.DISAGREES, devices_j, f"{shown}: the whole is less than its parts; is all of it on that meter?"
    return Finding.AGREES, devices_j, shown
