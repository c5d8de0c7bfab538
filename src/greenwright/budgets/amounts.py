"""What one repeat needs per functional unit, in the unit of a metric or of what stands in for joules. Pure."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from greenwright.errors import BadInputError
from greenwright.footprint.whole import carbon_total_g, footprint, water_total_l
from greenwright.records.checks import Basis, Metric, Repeat, Side
from greenwright.records.footprint import Footprint, Supply
from greenwright.records.quantities import Grade, Quantity

_READ = {Grade.COUNTER, Grade.SAMPLED}


def amount_of(metric: Metric, repeat: Repeat, supply: Supply) -> Quantity | None:
    """Per functional unit, with its range; None where it is not known."""
    units = _units(repeat)
    if metric is Metric.SIZE:
        return None if repeat.size_bytes is None else _exactly(repeat.size_bytes, "size of the file")
    if metric is Metric.LATENCY:
        return _exactly(_latency_s(repeat), "the clock")
    energy = repeat.energy_j
    per_unit = Quantity(
        value=energy.value / units, low=energy.low / units, high=energy.high / units, grade=energy.grade, source=energy.source
    )
    if metric is Metric.ENERGY:
        return per_unit
    return _FROM_FOOTPRINT[metric](footprint(per_unit, supply))


def amount(repeat: Repeat, basis: Basis) -> float | None:
    """Per functional unit, in the unit of the basis; None where it was not measured."""
    units = _units(repeat)
    found: dict[Basis, float | None] = {
        Basis.JOULES: repeat.energy_j.value,
        Basis.CPU_TIME: repeat.cpu_s,
        Basis.INSTRUCTIONS: repeat.instruction_count,
        Basis.FLOPS: repeat.flop_count,
        Basis.SECONDS: _latency_s(repeat) * units,
        Basis.BYTES: None if repeat.size_bytes is None else repeat.size_bytes * units,
    }
    value = found[basis]
    return None if value is None else value / units


def known_amount(metric: Metric, side: Side) -> Quantity | None:
    """What the ledger knows of a released version, per unit."""
    if metric is Metric.SIZE:
        return None if side.size_bytes is None else _exactly(side.size_bytes, "size of the file")
    if metric is Metric.LATENCY:
        return None if side.latency_s is None else _exactly(side.latency_s, "the clock")
    return side.energy_j if metric is Metric.ENERGY else None


def best_basis(metric: Metric, head: Side, other: Side) -> Basis | None:
    """Joules where counters read them on both sides; else instructions, which hardly vary; else CPU time; else FLOPs.

    Carbon, water and cost follow the energy: place and price are the same on both sides.
    """
    if metric is Metric.SIZE:
        return Basis.BYTES
    if metric is Metric.LATENCY:
        return Basis.SECONDS
    repeats = (*head.repeats, *other.repeats)
    if all(one.energy_j.grade in _READ for one in repeats):
        return Basis.JOULES
    for basis in (Basis.INSTRUCTIONS, Basis.CPU_TIME, Basis.FLOPS):
        if all((amount(one, basis) or 0.0) > 0 for one in repeats):
            return basis
    return None


def grade_of(basis: Basis, head: Side, other: Side) -> Grade:
    """Work stands for energy, and is no reading of it: modelled at best. Size and time are what they are."""
    if basis in {Basis.BYTES, Basis.SECONDS}:
        return Grade.COUNTER
    if basis is not Basis.JOULES:
        return Grade.MODELLED
    grades = {one.energy_j.grade for one in (*head.repeats, *other.repeats)}
    return max(grades, key=list(Grade).index)


def typical(side: Side, basis: Basis) -> float | None:
    """The median per unit over a side's repeats; None where any lacks it."""
    found = [amount(repeat, basis) for repeat in side.repeats]
    known = [one for one in found if one is not None]
    return median(known) if known and len(known) == len(found) else None


def _units(repeat: Repeat) -> float:
    if not repeat.units > 0:
        raise BadInputError(f"a run delivered {repeat.units:g} functional units; it must be more than 0")
    return repeat.units


def _latency_s(repeat: Repeat) -> float:
    return repeat.latency_s if repeat.latency_s is not None else repeat.duration_s / _units(repeat)


def _exactly(value: float, source: str) -> Quantity:
    return Quantity(value=value, low=value, high=value, grade=Grade.COUNTER, source=source)


def _carbon(one: Footprint) -> Quantity | None:
    return carbon_total_g(one)


def _water(one: Footprint) -> Quantity | None:
    return water_total_l(one)


def _cost(one: Footprint) -> Quantity | None:
    return one.energy_cost.amount if one.energy_cost else None


_FROM_FOOTPRINT: dict[Metric, Callable[[Footprint], Quantity | None]] = {
    Metric.CARBON: _carbon,
    Metric.WATER: _water,
    Metric.COST: _cost,
}
