from __future__ import annotations

import math
import random

import numpy as np
import pytest
from numpy.typing import NDArray

from greenwright.place.contract import Task
from greenwright.place.fleet import solve as solving
from greenwright.place.fleet.solve import Solution, solve
from greenwright.place.fleet.ways import Way
from greenwright.testing.schedules import cheapest_fleet

H = 3600.0
Array = NDArray[np.float64]


def a_fleet(rng: random.Random) -> tuple[list[Way], int, Array]:
    slots, pools, jobs = rng.randint(3, 6), rng.randint(1, 2), rng.randint(1, 3)
    capacity = np.array([[float(rng.randint(0, 3)) for _ in range(slots)] for _ in range(pools)])
    ways = []
    for job in range(jobs):
        pausable, run, first = rng.random() < 0.5, rng.choice([0.5, 1, 1.5, 2, 3]), rng.randint(0, 1)
        deadline_s = H * rng.uniform(1, slots)
        ways += [
            Way(
                job=job,
                pool=pool,
                node_count=rng.randint(1, 2),
                moved_g=rng.choice([0.0, 1.0]),
                task=Task(
                    price_g=np.array([[rng.choice([1.0, 2.0, 3.0, 5.0, 8.0]) for _ in range(slots)]]),
                    work_share=np.array([1 / run]),
                    step_s=H,
                    first=first,
                    deadline_s=deadline_s,
                    interruptible=pausable,
                    resume_s=rng.choice([0.0, 900.0, H]) if pausable else 0.0,
                ),
            )
            for pool in range(pools)
        ]
    return ways, jobs, capacity


def assert_kept(solution: Solution, capacity: Array) -> None:
    """No more nodes than there are, in any slot; and every job's own terms."""
    used = np.zeros_like(capacity)
    for found in solution.placed:
        if found is None:
            continue
        way, schedule = found
        used[way.pool, schedule.slots] += way.node_count
        assert schedule.slots[0] >= way.task.first
        assert schedule.finish_s <= way.task.deadline_s * (1 + 1e-9)
        assert way.task.interruptible or schedule.pause_count == 0
    assert (used <= capacity + 1e-9).all()


@pytest.mark.parametrize("seed", range(40))
def test_a_small_fleet_is_placed_as_well_as_can_be(seed: int) -> None:
    ways, jobs, capacity = a_fleet(random.Random(seed))
    best = cheapest_fleet(ways, jobs, capacity)

    solution = solve(ways, jobs, capacity)

    assert math.isfinite(best) == all(solution.placed)
    assert_kept(solution, capacity)
    if math.isfinite(best):
        assert solution.reached_g == pytest.approx(best, abs=1e-6)
        assert solution.gap_share == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_a_bound_is_below_every_plan_and_the_gap_is_said(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ways, jobs, capacity = a_fleet(random.Random(1000 + seed))
    best = cheapest_fleet(ways, jobs, capacity)
    monkeypatch.setattr(solving, "WHOLE_COLUMNS", -1)
    monkeypatch.setattr(solving, "COMPACT_VARIABLES", -1)

    solution = solve(ways, jobs, capacity, limit_s=2)

    assert_kept(solution, capacity)
    if math.isfinite(best) and all(solution.placed):
        assert solution.bound_g <= best + 1e-6
        assert solution.reached_g >= best - 1e-6


def test_a_job_that_fits_nowhere_is_left_out_and_the_others_are_placed() -> None:
    task = Task(price_g=np.ones((1, 3)), work_share=np.array([0.5]), step_s=H, first=0, deadline_s=3 * H, interruptible=False)
    ways = [Way(job=0, pool=0, node_count=1, task=task), Way(job=1, pool=0, node_count=5, task=task)]

    solution = solve(ways, 2, np.full((1, 3), 2.0))

    assert [found is not None for found in solution.placed] == [True, False]
