"""Readings become joules. Pure arithmetic: no clock, no file, no thread."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from greenwright.errors import BadInputError, CannotHereError
from greenwright.records import Grade, Part, Quantity, Reading, weakest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from greenwright.meter.contract import Counter

MIN_UPDATES = 20
"""A window this many updates long is wrong by at most one update at each end: 10 %; hardware does better."""
MIN_WINDOW_S = 0.05
MAX_POWER_W = 1000.0
"""No counter that wraps, which are those of CPU packages and their memory, is fed more than this."""


def gained_j(readings: Sequence[Reading]) -> float:
    """Joules between the first and the last of one counter's readings; it may wrap once between each two.

    Raises:
        BadInputError: fewer than two readings, of several counters, or not in order of time.
        CannotHereError: the counter fell though it does not wrap: it was reset, and the window is lost.
    """
    if len(readings) < 2:  # noqa: PLR2004 - a difference takes two
        raise BadInputError(f"{len(readings)} readings make no window; read before and after")
    return math.fsum(_step_j(before, after) for before, after in pairwise(readings))


def _step_j(before: Reading, after: Reading) -> float:
    if before.counter != after.counter or after.at_s < before.at_s:
        raise BadInputError(
            f"{after.counter} at {after.at_s} s cannot follow {before.counter} at {before.at_s} s; "
            "pass the readings of one counter in order of time"
        )
    gain_j = after.energy_j - before.energy_j
    if gain_j >= 0:
        return gain_j
    if after.wrap_j is None or before.energy_j > after.wrap_j:
        raise CannotHereError(
            f"{after.counter} fell from {before.energy_j} J to {after.energy_j} J within a window, and does not wrap: "
            "it was reset (driver reloaded, machine suspended?); measure again"
        )
    return gain_j + after.wrap_j


def part(counter: Counter, readings: Sequence[Reading], grade: Grade) -> Part:
    """What one counter contributed, with the range its ratios give."""
    energy_j = gained_j(readings)
    quantity = Quantity(
        value=energy_j,
        low=energy_j * counter.low_ratio,
        high=energy_j * counter.high_ratio,
        grade=grade,
        source=counter.source or counter.id,
    )
    return Part(counter=counter.id, covers=counter.covers, energy_j=quantity)


def total(quantities: Iterable[Quantity]) -> Quantity:
    """Their sum: as good as its weakest part, its range the sum of the ranges, because errors may all point one way.

    Raises:
        BadInputError: nothing to add.
    """
    parts = list(quantities)
    if not parts:
        raise BadInputError("no energy to add up; give at least one part")
    return Quantity(
        value=math.fsum(one.value for one in parts),
        low=math.fsum(one.low for one in parts),
        high=math.fsum(one.high for one in parts),
        grade=weakest(one.grade for one in parts),
        source="; ".join(dict.fromkeys(one.source for one in parts)),
    )


def min_window_s(update_s: Iterable[float]) -> float:
    """The shortest window worth believing when the counters move this often."""
    return max([MIN_WINDOW_S, *(MIN_UPDATES * one for one in update_s)])


def poll_s(wrap_j: Iterable[float | None]) -> float | None:
    """How often to look so that no counter wraps twice unseen; None if none wraps."""
    wraps_j = [one for one in wrap_j if one is not None]
    return min(wraps_j) / MAX_POWER_W / 2.5 if wraps_j else None
