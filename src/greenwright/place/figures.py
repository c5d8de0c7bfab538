"""What a schedule comes to: carbon, energy, money, water and the finish, each with the range of what it is made of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from greenwright import units
from greenwright.place.contract import EPSILON, Schedule
from greenwright.place.options import Option
from greenwright.records.placement import Choice, Figures, Stretch
from greenwright.records.quantities import Quantity, weakest

if TYPE_CHECKING:
    from greenwright.place.contract import Array


def choice(option: Option, schedule: Schedule, policy: str) -> Choice:
    """The option with its hours, as people see it."""
    levels_used = schedule.running_share.max(axis=1) > EPSILON
    return Choice(
        site=option.site.key,
        device=option.demand.device,
        price_class=option.rate.price_class,
        node_count=round(float(option.node_count[levels_used].sum())),
        policy=policy,
        stretches=tuple(stretches(option, schedule)),
        pause_count=schedule.pause_count,
        figures=figures(option, schedule),
    )


def stretches(option: Option, schedule: Schedule) -> list[Stretch]:
    """Times without a pause, from the schedule's slots."""
    step_s = option.task.step_s
    found: list[Stretch] = []
    for slot in schedule.slots:
        running = schedule.running_share[:, slot]
        nodes = float(option.node_count @ (running > EPSILON)) if running.max() < 1 else float(option.node_count @ running)
        end_s = (slot + float(running.max())) * step_s
        before = found[-1] if found else None
        if before and before.end_s == slot * step_s and math.isclose(before.node_count, nodes):
            found[-1] = Stretch(start_s=before.start_s, end_s=end_s, node_count=nodes)
        else:
            found.append(Stretch(start_s=slot * step_s, end_s=end_s, node_count=nodes))
    return found


def figures(option: Option, schedule: Schedule) -> Figures:
    """Sums over levels and slots; ranges of energy, PUE and intensity are multiplied end to end, so they are wide, not lucky."""
    level_s = schedule.running_share * option.task.step_s
    slot_j = option.power_w @ level_s
    node_s = float((option.node_count @ level_s).sum())
    energy_j = _facility_j(option, float(slot_j.sum()))
    return Figures(
        carbon_g=carbon_g(option, slot_j, node_s),
        energy_j=energy_j,
        cost_usd=cost_usd(option, node_s),
        water_l=_water_l(option, float(slot_j.sum())),
        finish_s=schedule.finish_s,
    )


def carbon_g(option: Option, slot_j: Array, node_s: float) -> Quantity:
    """Operation, hardware by its time used, and moving the data."""
    outlook, pue, energy = option.outlook, option.site.pue, option.demand.energy_j
    embodied = option.demand.embodied_g_per_s
    median = float(slot_j @ outlook.median_g_per_kwh) * pue.value / units.J_PER_KWH
    low = float(slot_j @ outlook.low_g_per_kwh) * pue.low / units.J_PER_KWH * _ratio(energy.low, energy.value)
    high = float(slot_j @ outlook.high_g_per_kwh) * pue.high / units.J_PER_KWH * _ratio(energy.high, energy.value)
    moved = option.moved_g
    grades = [outlook.grade, pue.grade, energy.grade]
    sources = [outlook.source, energy.source]
    if embodied:
        median, low, high = median + embodied.value * node_s, low + embodied.low * node_s, high + embodied.high * node_s
        grades.append(embodied.grade)
        sources.append(embodied.source)
    if moved.value:
        grades.append(moved.grade)
        sources.append(moved.source)
    return Quantity(
        value=median + moved.value,
        low=low + moved.low,
        high=high + moved.high,
        grade=weakest(grades),
        source="; ".join(dict.fromkeys(sources)),
    )


def cost_usd(option: Option, node_s: float) -> Quantity | None:
    """Machines by their time, and moving the data; None where no price is known."""
    if option.rate.usd_per_s is None:
        return None
    rate, moved = option.rate.usd_per_s, option.moved_usd
    return Quantity(
        value=rate.value * node_s + moved,
        low=rate.low * node_s + moved,
        high=rate.high * node_s + moved,
        grade=rate.grade,
        source=rate.source,
    )


def _facility_j(option: Option, computers_j: float) -> Quantity:
    pue, energy, moved = option.site.pue, option.demand.energy_j, option.moved_j
    return Quantity(
        value=computers_j * pue.value + moved.value,
        low=computers_j * pue.low * _ratio(energy.low, energy.value) + moved.low,
        high=computers_j * pue.high * _ratio(energy.high, energy.value) + moved.high,
        grade=weakest([pue.grade, energy.grade]),
        source=energy.source,
    )


def _water_l(option: Option, computers_j: float) -> Quantity | None:
    water, energy = option.site.water_l_per_kwh, option.demand.energy_j
    if water is None:
        return None
    kwh = units.kwh(computers_j)
    return Quantity(
        value=kwh * water.value,
        low=kwh * water.low * _ratio(energy.low, energy.value),
        high=kwh * water.high * _ratio(energy.high, energy.value),
        grade=weakest([water.grade, energy.grade]),
        source=water.source,
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 1.0
