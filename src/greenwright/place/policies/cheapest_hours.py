"""Run in the cheapest hours and pause between, where every pause costs time: for work that can be interrupted.

Without a cost of pausing the cheapest slots are picked outright. With one, a dynamic programme over (slot, slots done, stretches
begun, running or not) finds the optimum for each number of stretches, and stops where even free pauses could not gain.

Source: Wiesner et al., "Let's Wait Awhile" (2021), interruptible shifting; the charge for pauses is ours.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from greenwright.place.contract import EPSILON, PolicyMeta, Schedule, Task, single, whole_and_rest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from greenwright.place.contract import Array

    Marks = NDArray[np.bool_]

META = PolicyMeta(
    id="cheapest-hours",
    title="Run in the cheapest hours and pause between",
    exact="for one job of a fixed width that starts and resumes with a slot",
    source="https://doi.org/10.1145/3464298.3493399",
)

MAX_STRETCHES = 24
"""More pauses than this are not looked for; each costs time, so an optimum with more is rare."""


def schedules(task: Task) -> list[Schedule]:
    """For every finishing slot the cheapest choice of slots, and of those each that is cheaper than all that finish before."""
    if not task.interruptible or len(task.work_share) > 1:
        return []
    if task.resume_s <= 0:
        return _cheaper_than_before(single(task, slots, rest) for slots, rest in _free_pauses(task, float(task.run_slots[0])))
    found: dict[int, Schedule] = {}
    for stretches in range(1, MAX_STRETCHES + 1):
        slot_count = float(task.run_slots[0]) + (stretches - 1) * task.resume_s / task.step_s
        if stretches > 1 and not _could_gain(task, slot_count, found):
            break
        for schedule in _with_stretches(task, slot_count, stretches):
            last = schedule.slots[-1]
            if last not in found or schedule.price_g < found[last].price_g:
                found[last] = schedule
    return _cheaper_than_before(found[last] for last in sorted(found))


def _cheaper_than_before(candidates: Iterator[Schedule]) -> list[Schedule]:
    kept: list[Schedule] = []
    for one in candidates:
        if not kept or one.price_g < kept[-1].price_g - EPSILON * abs(one.price_g):
            kept.append(one)
    return kept


def _free_pauses(task: Task, slot_count: float) -> Iterator[tuple[list[int], float]]:
    """For every last slot that improves: the cheapest whole slots before it, and the rest of the work in it."""
    touched, rest = whole_and_rest(slot_count)
    prices = [float(price) for price in task.price_g[0]]
    chosen: list[tuple[float, int]] = []  # a heap, the dearest on top
    total, best = 0.0, math.inf
    for slot in range(task.first, task.last):
        if len(chosen) == touched - 1 and _holds(task, slot, rest):
            price = total + rest * prices[slot]
            if price < best - EPSILON * abs(price):
                best = price
                yield [*sorted(-negative for _, negative in chosen), slot], rest
        total += _keep_cheapest(chosen, prices[slot], slot, touched - 1)


def _keep_cheapest(kept_g: list[tuple[float, int]], price_g: float, slot: int, most: int) -> float:
    """Offer a slot to the heap, which keeps the ``most`` cheapest; returns by how much their sum changed."""
    entry = (-price_g, -slot)
    if len(kept_g) < most:
        heapq.heappush(kept_g, entry)
        return price_g
    if most == 0:
        return 0.0
    dropped = heapq.heappushpop(kept_g, entry)
    return price_g + dropped[0]


def _holds(task: Task, slot: int, rest_share: float) -> bool:
    return (slot + rest_share) * task.step_s <= task.deadline_s * (1 + EPSILON)


def _could_gain(task: Task, slot_count: float, found: dict[int, Schedule]) -> bool:
    """Whether a run of this slot_count, its pauses free, would beat what was found for some finishing slot."""
    best, known = math.inf, sorted((last, one.price_g) for last, one in found.items())
    for slots, rest in _free_pauses(task, slot_count):
        reached = [price for last, price in known if last <= slots[-1]]
        best = min(reached, default=math.inf)
        bound = math.fsum(float(task.price_g[0, slot]) for slot in slots[:-1]) + rest * float(task.price_g[0, slots[-1]])
        if bound < best - EPSILON * abs(bound):
            return True
    return False


@dataclass(slots=True, kw_only=True, eq=False)
class _Traces:
    """Where each state came from, slot by slot, to walk back from the end."""

    started: list[Marks]
    """(slots done, stretches): the slot began a stretch, for the states that ran in it."""
    ran: list[Marks]
    """(slots done, stretches): the cheaper past of "not running from here" ran in the slot before."""


def _with_stretches(task: Task, slot_count: float, stretches: int) -> Iterator[Schedule]:
    """The cheapest schedule for every last slot, in at most ``stretches`` stretches, ``slot_count`` slots of running in all."""
    import numpy as np

    touched, rest = whole_and_rest(slot_count)
    if touched > task.last - task.first:
        return
    running = np.full((touched, stretches + 1), np.inf)
    pausing = running.copy()
    pausing[0, 0] = 0.0
    traces = _Traces(started=[], ran=[])
    best = math.inf
    for slot in range(task.first, task.last):
        price = float(task.price_g[0, slot])
        if _holds(task, slot, rest):
            end = _ending(running, pausing, touched)
            if end is not None and (total := end[0] + rest * price) < best:
                best = total
                yield single(task, [*_walk_back(traces, task.first, touched - 1, end[1], started=end[2]), slot], rest)
        shifted = np.full_like(pausing, np.inf)
        shifted[:, 1:] = pausing[:, :-1]
        traces.started.append(shifted < running)
        grown = np.full_like(running, np.inf)
        grown[1:] = (np.minimum(running, shifted) + price)[:-1]
        traces.ran.append(running < pausing)
        running, pausing = grown, np.minimum(running, pausing)


def _ending(running: Array, pausing: Array, touched: int) -> tuple[float, int, bool] | None:
    """Of all states with one slot to go the cheapest: its price, the stretches it has begun, and whether the last slot starts one."""
    import numpy as np

    go_on, begin = running[touched - 1, 1:], pausing[touched - 1, :-1]
    best = int(np.argmin(np.minimum(go_on, begin)))
    price = min(float(go_on[best]), float(begin[best]))
    if math.isinf(price):
        return None
    started = bool(begin[best] <= go_on[best])
    return price, best if started else best + 1, started


def _walk_back(traces: _Traces, first: int, done: int, begun: int, *, started: bool) -> list[int]:
    """The slots that led to the state before the last slot."""
    slots: list[int] = []
    runs = not started  # in the slot looked at
    for index in range(len(traces.started) - 1, -1, -1):
        if runs:
            slots.append(first + index)
            done -= 1
            if traces.started[index][done, begun]:
                begun -= 1
                runs = False
        else:
            runs = bool(traces.ran[index][done, begun])
    return slots[::-1]
