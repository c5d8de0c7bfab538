"""Start when the whole run is cheapest: for work that cannot be paused.

Source: Wiesner et al., "Let's Wait Awhile" (2021), non-interruptible shifting.
"""

from __future__ import annotations

import math

from greenwright.place.contract import EPSILON, PolicyMeta, Schedule, Task, single, whole_and_rest

META = PolicyMeta(
    id="lowest-window",
    title="Start when the whole run is cheapest",
    exact="for one job of a fixed width without pauses that starts with a slot",
    source="https://doi.org/10.1145/3464298.3493399",
)


def schedules(task: Task) -> list[Schedule]:
    """From the earliest start on, every start that is cheaper than all before it; sums of windows by prefix sums."""
    if len(task.work_share) > 1:
        return []
    touched, rest = whole_and_rest(float(task.run_slots[0]))
    prices = window_prices(task, touched, rest)
    found: list[Schedule] = []
    best = math.inf
    for start, price in enumerate(prices, start=task.first):
        if price < best - EPSILON * abs(price):
            best = price
            found.append(single(task, list(range(start, start + touched)), rest))
    return found


def window_prices(task: Task, touched: int, rest_share: float) -> list[float]:
    """The price of the run from every start that holds the deadline, beginning with ``task.first``."""
    import numpy as np

    latest = math.floor(task.deadline_s / task.step_s - (touched - 1 + rest_share) + EPSILON)
    latest = min(latest, task.price_g.shape[1] - touched)
    if latest < task.first:
        return []
    sums = np.concatenate([[0.0], np.cumsum(task.price_g[0])])
    starts = np.arange(task.first, latest + 1)
    whole = sums[starts + touched - 1] - sums[starts]
    return [float(price) for price in whole + rest_share * task.price_g[0, starts + touched - 1]]
