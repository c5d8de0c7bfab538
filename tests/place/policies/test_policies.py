from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog

from greenwright import registry
from greenwright.place.contract import Schedule, Task
from greenwright.place.policies import cheapest_hours, elastic_width, lowest_window, run_now
from greenwright.testing.schedules import cheapest_by_last_slot

H = 3600.0


def a_task(rng: random.Random, *, interruptible: bool) -> Task:
    slots = rng.randint(2, 9)
    return Task(
        price_g=np.array([[rng.choice([0.0, 1.0, 2.0, 3.0, 5.0, 8.0, 13.5]) for _ in range(slots)]]),
        work_share=np.array([1 / rng.choice([0.5, 1, 1.5, 2, 2.25, 3, 4])]),
        step_s=H,
        first=rng.randint(0, 2),
        deadline_s=H * rng.uniform(0.4, slots),
        interruptible=interruptible,
        resume_s=rng.choice([0.0, 240.0, 900.0, H, 5000.0]) if interruptible else 0.0,
    )


def as_points(schedules: list[Schedule]) -> list[tuple[int, float]]:
    return [(one.slots[-1], one.price_g) for one in schedules]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("interruptible", [True, False])
def test_no_schedule_is_cheaper_for_any_finish(seed: int, interruptible: bool) -> None:
    rng = random.Random(seed)
    policy = cheapest_hours if interruptible else lowest_window
    for _ in range(20):
        task = a_task(rng, interruptible=interruptible)

        best, found = cheapest_by_last_slot(task), as_points(policy.schedules(task))

        assert [last for last, _ in best] == [last for last, _ in found]
        assert [price for _, price in best] == pytest.approx([price for _, price in found], abs=1e-9)


def test_every_schedule_does_the_work_and_pays_for_its_pauses() -> None:
    rng = random.Random(7)
    for _ in range(100):
        task = a_task(rng, interruptible=True)
        for schedule in cheapest_hours.schedules(task):
            needed = float(task.run_slots[0]) + schedule.pause_count * task.resume_s / task.step_s

            assert schedule.running_share.sum() == pytest.approx(needed)
            assert schedule.finish_s <= task.deadline_s * (1 + 1e-9)


def test_run_now_starts_in_the_first_slot_or_not_at_all() -> None:
    task = Task(
        price_g=np.ones((1, 6)), work_share=np.array([1 / 2.5]), step_s=H, first=1, deadline_s=4 * H, interruptible=False
    )

    (schedule,) = run_now.schedules(task)

    assert schedule.slots == [1, 2, 3]
    assert schedule.finish_s == 3.5 * H
    assert run_now.schedules(replace(task, deadline_s=3.4 * H)) == []


@pytest.mark.parametrize("seed", range(30))
def test_mixing_widths_is_the_optimum_of_the_linear_programme(seed: int) -> None:
    rng = np.random.default_rng(seed)
    levels, slots = int(rng.integers(2, 5)), int(rng.integers(2, 8))
    work = rng.uniform(0.05, 0.6, levels)
    task = Task(
        price_g=rng.uniform(1, 20, (levels, slots)),
        work_share=work,
        step_s=H,
        first=0,
        deadline_s=slots * H,
        interruptible=True,
    )
    found = elastic_width.schedules(task)
    # level k may run no more than level k - 1
    above = np.zeros((slots * (levels - 1), levels * slots))
    for row, (level, slot) in enumerate((level, slot) for level in range(1, levels) for slot in range(slots)):
        above[row, level * slots + slot], above[row, (level - 1) * slots + slot] = 1, -1
    best = linprog(
        task.price_g.ravel(), A_ub=above, b_ub=np.zeros(len(above)), A_eq=[np.repeat(work, slots)], b_eq=[1.0], bounds=(0, 1)
    )

    assert (best.status == 0) == bool(found)
    if found:
        assert found[-1].price_g == pytest.approx(best.fun, rel=1e-6)
        assert float((work @ found[-1].running_share).sum()) == pytest.approx(1.0)


def test_every_policy_says_when_it_is_exact_and_where_it_comes_from() -> None:
    for name, module in registry.load_all("policies").items():
        assert name == module.META.id
        assert module.META.exact
        assert module.META.source.startswith("https://")
