"""When a command is to run, from the hours to come: the stretches that the best policy picks."""

from __future__ import annotations

import math
from typing import cast

from greenwright import registry
from greenwright.place.contract import EPSILON, Policy, Schedule, Task
from greenwright.place.outlook import Outlook
from greenwright.records.placement import Stretch

LEAST_GAIN_SHARE = 0.01
"""Waiting that saves less is not worth it."""


def windows(  # noqa: PLR0913 - what a stretch depends on
    outlook: Outlook, *, step_s: float, run_s: float, deadline_s: float, interruptible: bool, resume_s: float
) -> list[Stretch]:
    """The cheapest stretches that hold the deadline; one from now on where waiting gains next to nothing or there is no time.

    Times count from now, which is where the outlook begins.
    """
    import numpy as np

    now = [Stretch(start_s=0.0, end_s=run_s, node_count=1)]
    if run_s <= 0 or deadline_s <= 0:
        return now
    task = Task(
        price_g=np.array([outlook.median_g_per_kwh]),
        work_share=np.array([step_s / run_s]),
        step_s=step_s,
        first=0,
        deadline_s=deadline_s,
        interruptible=interruptible,
        resume_s=resume_s,
    )
    laid = {name: _best(cast("Policy", module), task) for name, module in registry.load_all("policies").items()}
    found = [one for one in laid.values() if one is not None]
    base = laid["run-now"]
    if not found or base is None:
        return now
    best = min(found, key=lambda one: (one.price_g, one.finish_s))
    return now if best.price_g > base.price_g * (1 - LEAST_GAIN_SHARE) else _stretches(best, step_s)


def _best(policy: Policy, task: Task) -> Schedule | None:
    laid = policy.schedules(task)
    return laid[-1] if laid else None


def _stretches(schedule: Schedule, step_s: float) -> list[Stretch]:
    found: list[Stretch] = []
    for slot in schedule.slots:
        end_s = (slot + float(schedule.running_share[0, slot])) * step_s
        if found and math.isclose(found[-1].end_s, slot * step_s, abs_tol=EPSILON):
            found[-1] = Stretch(start_s=found[-1].start_s, end_s=end_s, node_count=1)
        else:
            found.append(Stretch(start_s=slot * step_s, end_s=end_s, node_count=1))
    return found
