"""Every schedule there is, one by one: what the planner is held against."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from greenwright.place.contract import Task, whole_and_rest
from greenwright.place.fleet.ways import Way

Array = NDArray[np.float64]


def every_schedule(task: Task) -> Iterator[tuple[float, tuple[int, ...]]]:
    """Price and slots of everything that a one-level task may do."""
    resume = task.resume_s / task.step_s
    for count in range(1, task.last - task.first + 1):
        for slots in itertools.combinations(range(task.first, task.last), count):
            pauses = sum(after - before > 1 for before, after in itertools.pairwise(slots))
            touched, rest = whole_and_rest(float(task.run_slots[0]) + pauses * resume)
            late = (slots[-1] + rest) * task.step_s > task.deadline_s * (1 + 1e-9)
            if touched == count and not late and (task.interruptible or not pauses):
                whole = sum(float(task.price_g[0, slot]) for slot in slots[:-1])
                yield whole + rest * float(task.price_g[0, slots[-1]]), slots


def cheapest_by_last_slot(task: Task) -> list[tuple[int, float]]:
    """For every last slot that is cheaper than all before it, its price."""
    best: dict[int, float] = {}
    for price, slots in every_schedule(task):
        best[slots[-1]] = min(best.get(slots[-1], math.inf), price)
    front: list[tuple[int, float]] = []
    for last in sorted(best):
        if not front or best[last] < front[-1][1] - 1e-9:
            front.append((last, best[last]))
    return front


def cheapest_fleet(ways: Sequence[Way], job_count: int, capacity: Array) -> float:
    """The price of the best plan for all jobs together; infinite where some job cannot be placed."""
    columns = [
        [(price + way.moved_g, slots, way) for way in ways if way.job == job for price, slots in every_schedule(way.task)]
        for job in range(job_count)
    ]

    def rest(job: int, free: Array, limit_g: float) -> float:
        if job == job_count:
            return 0.0
        best = limit_g
        for price, slots, way in columns[job]:
            if price < best and (free[way.pool, list(slots)] >= way.node_count).all():
                left = free.copy()
                left[way.pool, list(slots)] -= way.node_count
                best = min(best, price + rest(job + 1, left, best - price))
        return best

    return rest(0, capacity.astype(np.float64), math.inf)
