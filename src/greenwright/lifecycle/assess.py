"""A plan becomes a disclosure: every part at its place, the whole, what a unit costs, and when it has paid for itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isclose
from pathlib import Path

from greenwright.errors import BadInputError
from greenwright.footprint.arithmetic import scaled
from greenwright.footprint.break_even import units_to_equal, units_to_repay
from greenwright.footprint.sci import sci_of_g_per_unit
from greenwright.footprint.score import band, score
from greenwright.footprint.whole import carbon_total_g, footprint, footprint_total, per_unit, scaled_footprint
from greenwright.lifecycle import numbers
from greenwright.lifecycle.method import METHOD
from greenwright.lifecycle.parts import at_it, demand
from greenwright.lifecycle.plan import PhasePlan, Plan, read
from greenwright.lifecycle.supply import supply_of
from greenwright.records.disclosure import BreakEven, Disclosure, Facts, Phase, PhaseFootprint, Score
from greenwright.records.footprint import Footprint
from greenwright.records.quantities import Quantity
from greenwright.units import S_PER_H

_MADE = (Phase.DATA, Phase.TRAINING)


def assess(path: Path, *, created_at: str = "", version: str = "") -> Disclosure:
    """Assess the life that a plan describes.

    Raises:
        BadInputError: the plan cannot be read, or a part of it cannot be computed.
    """
    given = read(path)
    plan = given.plan
    warnings: dict[str, None] = {}
    phases: list[PhaseFootprint] = []
    for number, part in enumerate(plan.part, start=1):
        made, said = _part(part, f"part {number} ({part.name or part.phase})", plan, phases, given.folder)
        phases.append(made)
        warnings |= dict.fromkeys(said)
    units = _units(plan)
    whole = footprint_total((one.footprint for one in phases), unit=plan.unit, units=units)
    return _disclosure(plan, tuple(phases), whole, tuple(warnings), (created_at, version))


def _part(
    part: PhasePlan, where: str, plan: Plan, before: list[PhaseFootprint], folder: Path
) -> tuple[PhaseFootprint, tuple[str, ...]]:
    if part.share < 0 or part.times < 0:
        raise BadInputError(f"{where} is done {part.times:g} times, {part.share:g} of it; neither can be negative")
    name = part.name or str(part.phase)
    if part.like:
        return _again(part, where, name, before), ()
    supply, _, warnings = supply_of(part.place or plan.place, f"{where}.place" if part.place else "place")
    units = _part_units(part, plan)
    needs = demand(part, where, supply, units, folder)
    once = footprint(needs.it_energy_j, supply, needs.hardware, unit=plan.unit)
    whole = scaled_footprint(replace(once, hardware_cost=needs.rent), part.share * part.times)
    how = (
        needs.how
        + (f", {part.times:g} times" if part.times != 1 else "")
        + (f", {part.share:.3g} of it" if part.share != 1 else "")
    )
    device_s = None if needs.device_s is None else needs.device_s * part.share * part.times
    return PhaseFootprint(phase=part.phase, name=name, footprint=whole, how=how, device_s=device_s), warnings


def _again(part: PhasePlan, where: str, name: str, before: list[PhaseFootprint]) -> PhaseFootprint:
    """A part that is done again, such as retraining."""
    model = next((one for one in before if one.name == part.like), None)
    if model is None:
        raise BadInputError(
            f"{where}.like is {part.like!r}; an earlier part is called {', '.join(one.name for one in before) or 'nothing'}"
        )
    factor = part.share * part.times
    return PhaseFootprint(
        phase=part.phase,
        name=name,
        footprint=scaled_footprint(model.footprint, factor),
        how=f"{part.share:.3g} of {part.like}, {part.times:g} times",
        device_s=None if model.device_s is None else model.device_s * factor,
    )


def _part_units(part: PhasePlan, plan: Plan) -> float | None:
    return part.units if part.units is not None else plan.units


def _units(plan: Plan) -> float | None:
    if plan.units is not None:
        return plan.units
    delivered = [part.units * part.times for part in plan.part if part.units is not None and part.phase is Phase.DEPLOYMENT]
    return sum(delivered) if delivered else None


def _disclosure(
    plan: Plan, phases: tuple[PhaseFootprint, ...], whole: Footprint, warnings: tuple[str, ...], stamp: tuple[str, str]
) -> Disclosure:
    each = None if whole.functional_units is None else per_unit(whole)
    has_score = each is not None and whole.location_g is not None and whole.embodied_g is not None
    return Disclosure(
        name=plan.name,
        version=plan.version,
        summary=_summary(plan, phases, whole),
        operator=plan.place.operated_by,
        phases=phases,
        total=whole,
        per_unit=each,
        sci_g_per_unit=sci_of_g_per_unit(whole) if has_score else None,
        facts=_facts(plan, phases),
        method=METHOD,
        break_evens=tuple(_break_evens(plan, phases)),
        score=_score(plan, each),
        warnings=(*warnings, *_unsaid(plan, phases)),
        created_at=stamp[0],
        greenwright_version=stamp[1],
    )


def _summary(plan: Plan, phases: tuple[PhaseFootprint, ...], whole: Footprint) -> str:
    carbon = carbon_total_g(whole)
    if carbon is None or not carbon.value:
        return f"The life of {plan.name}, by phase"
    by_phase = {phase: sum(_grams(one) for one in phases if one.phase is phase) for phase in Phase}
    largest = max(by_phase, key=lambda phase: by_phase[phase])
    return f"{by_phase[largest] / carbon.value:.0%} of the carbon of {plan.name} is {largest}"


def _grams(one: PhaseFootprint) -> float:
    carbon = carbon_total_g(one.footprint)
    return carbon.value if carbon else 0.0


def _facts(plan: Plan, phases: tuple[PhaseFootprint, ...]) -> Facts:
    trained = [one.device_s for one in phases if one.phase is Phase.TRAINING and one.device_s is not None]
    hardware = dict.fromkeys(f"{part.count:g} × {part.accelerator}" for part in plan.part if part.accelerator)
    return Facts(
        training_type=plan.facts.training_type,
        hardware=plan.facts.hardware or ", ".join(hardware),
        place=plan.place.where,
        period=plan.facts.period,
        training_flop=plan.facts.training_flop,
        training_s=None if plan.facts.training_hours is None else plan.facts.training_hours * S_PER_H,
        training_device_s=sum(trained) if trained else None,
        inference_flop=plan.facts.inference_flop,
        inference_task=plan.facts.inference_task,
    )


def _unsaid(plan: Plan, phases: tuple[PhaseFootprint, ...]) -> list[str]:
    """Phases of a life that the plan is silent about, and accelerators that are held ready without energy."""
    there = {one.phase for one in phases}
    silent = [f"nothing is said about {phase}: it is not in the total" for phase in Phase if phase not in there]
    idle = [
        f"{part.name or part.phase}: while {part.count:g} × {part.accelerator} wait for work they draw power that is not in the numbers; "
        "add a part with the accelerator, its hours and load = 0"
        for part in plan.part
        if part.accelerator and part.hours and (part.energy_per_unit is not None or part.text is not None)
    ]
    return silent + idle


def _break_evens(plan: Plan, phases: tuple[PhaseFootprint, ...]) -> list[BreakEven]:
    made = [one.footprint for one in phases if one.phase in _MADE]
    run = [one.footprint for one in phases if one.phase is Phase.DEPLOYMENT]
    units = _units(plan)
    if not made or not run or not units:
        return []
    spent, used = footprint_total(made), footprint_total(run)
    found = [
        _parity(criterion, once, scaled(always, 1 / units)) for criterion, once, always in _both(spent, used) if always.low > 0
    ]
    supply, _, _ = supply_of(plan.place)
    for other in plan.instead:
        before_j = at_it(numbers.energy(other.energy_per_unit, other.name), other.boundary, None, other.name, supply)
        found += _against(other.name, spent, scaled_footprint(used, 1 / units), footprint(before_j, supply))
    return found


def _both(spent: Footprint, used: Footprint) -> list[tuple[str, Quantity, Quantity]]:
    pairs = [("energy", spent.it_energy_j, used.it_energy_j), ("carbon", carbon_total_g(spent), carbon_total_g(used))]
    return [(name, once, always) for name, once, always in pairs if once is not None and always is not None]


def _parity(criterion: str, once: Quantity, per_one: Quantity) -> BreakEven:
    after = units_to_equal(once, per_one)
    says = f"using it has cost as much {criterion} as making it"
    return BreakEven(name="making it", criterion=criterion, after_units=after, says=says)


def _against(name: str, spent: Footprint, each: Footprint, before: Footprint) -> list[BreakEven]:
    """In energy; and in carbon and cost too where places differ, so that these are not the same sum in another unit."""
    amounts: dict[str, Callable[[Footprint], Quantity | None]] = {
        "energy": lambda one: one.it_energy_j,
        "carbon": lambda one: one.location_g,
        "cost": lambda one: one.energy_cost.amount if one.energy_cost else None,
    }
    found: list[BreakEven] = []
    for criterion, amount in amounts.items():
        once, old, new = amount(spent), amount(before), amount(each)
        if once is None or old is None or new is None:
            continue
        after = units_to_repay(once, old, new)
        if found and after and found[0].after_units and isclose(after.value, found[0].after_units.value, rel_tol=1e-6):
            continue
        says = (
            f"making it has repaid itself against {name}"
            if after
            else f"by the ranges, it may never repay itself against {name}"
        )
        found.append(BreakEven(name=name, criterion=criterion, after_units=after, says=says))
    return found


def _score(plan: Plan, each: Footprint | None) -> Score | None:
    if plan.score is None or each is None or each.it_energy_j is None:
        return None
    median = numbers.energy(plan.score.median, "score.median")
    best = numbers.energy(plan.score.best_tenth, "score.best_tenth")
    points = score(each.it_energy_j.value, median.value, best.value)
    return Score(value=points, band=band(points), against=plan.score.against)
