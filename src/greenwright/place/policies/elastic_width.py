"""Widen in cheap hours and narrow in dear ones: for work that scales and can be interrupted.

Every (slot, level) is taken in the order of work per price until the job is done. Where more nodes help more than fewer did, levels
are first joined to their concave hull, so that the order is the optimum of the linear programme.

Source: Hanafy et al., "CarbonScaler" (2023), https://arxiv.org/abs/2302.08681; the hull is ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from greenwright.place.contract import EPSILON, PolicyMeta, Schedule, Task

if TYPE_CHECKING:
    from greenwright.place.contract import Array

META = PolicyMeta(
    id="elastic-width",
    title="Widen in cheap hours and narrow in dear ones",
    exact="for one job whose width may change freely between slots, where a pause costs nothing",
    source="https://arxiv.org/abs/2302.08681",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """Levels of one slot that are taken together."""

    slot: int
    levels: tuple[int, ...]
    price_g: float
    work_share: float


def schedules(task: Task) -> list[Schedule]:
    """For every finishing slot the cheapest mix of widths; none for work of one level or that cannot be interrupted."""
    if not task.interruptible or len(task.work_share) < 2:  # noqa: PLR2004 - a choice takes two
        return []
    steps = [step for slot in range(task.first, task.last) for step in hull(task, slot)]
    steps.sort(key=lambda step: (step.price_g / step.work_share, step.slot, step.levels))
    found: list[Schedule] = []
    for last in range(task.first + 1, task.last + 1):
        schedule = _greedy(task, [step for step in steps if step.slot < last])
        if schedule and (not found or schedule.price_g < found[-1].price_g - EPSILON * abs(schedule.price_g)):
            found.append(schedule)
    return found


def hull(task: Task, slot: int) -> list[_Step]:
    """The levels of a slot, joined so that each next step brings less work for its price than the one before."""
    steps: list[_Step] = []
    for level, work in enumerate(task.work_share):
        step = _Step(slot=slot, levels=(level,), price_g=float(task.price_g[level, slot]), work_share=float(work))
        while steps and step.work_share * steps[-1].price_g >= steps[-1].work_share * step.price_g * (1 + EPSILON):
            before = steps.pop()
            step = _Step(
                slot=slot,
                levels=(*before.levels, *step.levels),
                price_g=before.price_g + step.price_g,
                work_share=before.work_share + step.work_share,
            )
        steps.append(step)
    return steps


def _greedy(task: Task, steps: list[_Step]) -> Schedule | None:
    """Take steps in order until the work is done, pauses included; None where the slots do not suffice."""
    pauses = 0
    while True:
        needed = 1.0 + pauses * task.resume_s / task.step_s * float(task.work_share[0])
        running = _fill(task, steps, needed)
        if running is None:
            return None
        schedule = _as_schedule(task, running)
        if task.resume_s <= 0 or schedule.pause_count <= pauses:
            return schedule if schedule.finish_s <= task.deadline_s * (1 + EPSILON) else None
        pauses = schedule.pause_count


def _fill(task: Task, steps: list[_Step], needed_share: float) -> Array | None:
    import numpy as np

    running = np.zeros_like(task.price_g)
    for step in steps:
        usable = min(1.0, task.deadline_s / task.step_s - step.slot)
        part = min(usable, needed_share / step.work_share)
        running[list(step.levels), step.slot] = part
        needed_share -= part * step.work_share
        if needed_share <= EPSILON:
            return running
    return None


def _as_schedule(task: Task, running: Array) -> Schedule:
    last = int((running.max(axis=0) > 0).nonzero()[0][-1])
    return Schedule(
        running_share=running,
        price_g=math.fsum((running * task.price_g).ravel().tolist()),
        finish_s=(last + float(running[:, last].max())) * task.step_s,
    )
