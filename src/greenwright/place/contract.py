"""What a policy is: a module that lays one way of running a job over the hours it may use."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

EPSILON = 1e-9
"""Of a slot or of the work: below this, a remainder is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """One job in one way of running it, as arrays over slots of time; slot 0 begins now.

    A job that may change its width while it runs has several levels: level 0 is its narrowest width, and each level above adds
    the next nodes with what they bring and take. A job of one fixed width has one level.
    """

    price_g: Array
    """(levels, slots): grams of a whole slot of running a level, with all else that is minimised counted in as grams; at least 0."""
    work_share: Array
    """(levels,): the part of the job that a whole slot of a level does."""
    step_s: float
    """Length of a slot."""
    first: int
    """The earliest slot it may run in."""
    deadline_s: float
    """By when it must have finished, from the start of slot 0."""
    interruptible: bool
    resume_s: float = 0.0
    """Running time that every pause adds: saving, starting and loading again."""

    @property
    def run_slots(self) -> Array:
        """(levels,): slots that each level would need to do the whole job alone."""
        return 1.0 / self.work_share

    @property
    def last(self) -> int:
        """The slot after the last one that may be used."""
        return min(int(self.price_g.shape[1]), math.ceil(self.deadline_s / self.step_s - EPSILON))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Schedule:
    """When a job runs: for each level and slot, the part of the slot that it runs, from the slot's beginning."""

    running_share: Array
    """(levels, slots)."""
    price_g: float
    """Of the whole run."""
    finish_s: float
    """From the start of slot 0."""

    @property
    def slots(self) -> list[int]:
        """The slots in which anything runs."""
        return [int(slot) for slot in (self.running_share.max(axis=0) > EPSILON).nonzero()[0]]

    @property
    def pause_count(self) -> int:
        """How often it stops before it has finished."""
        used = self.slots
        return sum(after - before > 1 for before, after in pairwise(used))


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyMeta:
    """What a policy says of itself."""

    id: str
    title: str
    """An order: "Start when the whole run is cheapest"."""
    exact: str
    """When no schedule is cheaper than its own, in words."""
    source: str


class Policy(Protocol):
    """A module of ``greenwright.place.policies``."""

    META: PolicyMeta

    def schedules(self, task: Task) -> list[Schedule]:
        """The cheapest schedule for every finishing time that is worth it: each later one is cheaper than all before it.

        The last is the cheapest of all; none where the policy does not apply or the deadline cannot be held.
        """


def single(task: Task, slots: list[int], last_share: float) -> Schedule:
    """The schedule of a one-level task that runs whole ``slots``, but for the last, of which only ``last_share``."""
    import numpy as np

    running = np.zeros_like(task.price_g)
    running[0, slots] = 1.0
    running[0, slots[-1]] = last_share
    price_g = math.fsum(float(running[0, slot] * task.price_g[0, slot]) for slot in slots)
    return Schedule(running_share=running, price_g=price_g, finish_s=(slots[-1] + last_share) * task.step_s)


def whole_and_rest(slot_count: float) -> tuple[int, float]:
    """A length in slots as the number of slots it touches and the part of the last one: 2.5 is 3 slots, the last by half."""
    touched = max(1, math.ceil(slot_count - EPSILON))
    return touched, min(1.0, slot_count - (touched - 1))
