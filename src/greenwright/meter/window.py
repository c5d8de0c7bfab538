"""What counters added up to becomes the parts of a window, with ranges. Pure arithmetic: no clock, no file, no thread."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from greenwright.errors import BadInputError
from greenwright.meter.tally import MAX_POWER_W, Tally, settled
from greenwright.records.energy import Part
from greenwright.records.quantities import Grade, Quantity, weakest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from greenwright.meter.contract import Counter

MIN_UPDATES = 20
"""A window this many updates long is wrong by at most one update at each end: 10 %; hardware does better."""
MIN_WINDOW_S = 0.05
CHECK_LOOKS = 5
CHECK_S = 2.0
"""Joules are checked against power once there are so many looks at both, over so long."""
CHECK_RATIO = 1.25
"""Joules and power that differ by more than this disagree: power is read to about 5 %, and not at the same instant."""
FILLED_MODELLED_SHARE = 0.01
FILLED_ASSUMED_SHARE = 0.5
"""From these shares of a window without readings on, a part is a model, or an assumption, whatever its counter."""


class Held(NamedTuple):
    """What one counter holds of a window."""

    value_j: float
    low_j: float
    high_j: float
    doubtful_s: float
    """How much of the window has no readings."""


def held(counter: Counter, tally: Tally, duration_s: float) -> Held | None:
    """What one counter contributed to a window of ``duration_s``; None where too little was read to say.

    Time without readings (a gap, a reset, a look that failed at an end) is filled with the mean power of the rest of
    the window; the range then reaches from the least to the most power seen. Joules that disagree with the power that
    was read beside them keep their value, and the range reaches to what power says.
    """
    if _is_plain(counter, tally, duration_s):
        return Held(tally.seen_j, tally.seen_j * counter.low_ratio, tally.seen_j * counter.high_ratio, 0.0)
    tally = settled(tally)
    known_s, known_j = tally.seen_s + tally.gap_s, tally.seen_j + tally.gap_j
    if known_s <= 0 and (duration_s > 0 and known_j <= 0):
        return None
    blank_s = _blank_s(counter, tally, duration_s)
    stretch_ratio = duration_s / known_s if counter.sample_s is not None and known_s > duration_s > 0 else 1.0
    energy_j = known_j * stretch_ratio + (blank_s * known_j / known_s if blank_s else 0.0)
    doubtful_s = tally.gap_s + blank_s
    low_j = tally.seen_low_j * stretch_ratio + (doubtful_s * tally.least_w if doubtful_s else 0.0)
    high_j = tally.seen_high_j * stretch_ratio + doubtful_s * tally.most_w
    if disagreement(tally) is not None:
        other_j = energy_j * tally.power_j / tally.checked_j if tally.checked_j > 0 else tally.power_j
        low_j, high_j = min(low_j, other_j), max(high_j, other_j)
    low_j, high_j = min(low_j, energy_j) * counter.low_ratio, max(high_j, energy_j) * counter.high_ratio
    return Held(energy_j, low_j, high_j, doubtful_s)


def _is_plain(counter: Counter, tally: Tally, duration_s: float) -> bool:
    """Whether a counter of joules was read throughout and nothing befell it, as nearly always: asked at every look, in a hurry."""
    return (
        counter.sample_s is None
        and tally.reset_count == tally.failed_count == tally.gap_s == 0
        and 0 < tally.seen_s >= duration_s - MIN_WINDOW_S
        and tally.power_j <= tally.checked_j * CHECK_RATIO
        and tally.checked_j <= tally.power_j * CHECK_RATIO
    )


def part(counter: Counter, tally: Tally, duration_s: float, grade: Grade) -> Part | None:
    """``held``, with what there is to know of the counter: where too much was filled in, a lower grade than its own."""
    told = held(counter, tally, duration_s)
    if told is None:
        return None
    quantity = Quantity(
        value=told.value_j,
        low=told.low_j,
        high=told.high_j,
        grade=_graded(grade, told.doubtful_s / duration_s if duration_s > 0 else 0.0),
        source=counter.source or counter.id,
    )
    return Part(counter=counter.id, covers=counter.covers, energy_j=quantity, component=counter.component)


def problems(counter: Counter, tally: Tally, duration_s: float) -> list[str]:
    """What went wrong with one counter in a window, and what was done about it."""
    tally = settled(tally)
    if tally.seen_s + tally.gap_s <= 0 and tally.seen_j <= 0 and duration_s > 0:
        cause = "was reset" if tally.reset_count else "could not be read twice"
        return [f"{counter.id} {cause} within the window: what it covers ({counter.covers}) is not in the total"]
    said = []
    if tally.failed_count:
        said.append(f"{counter.id} could not be read {_times(tally.failed_count)}")
    if tally.reset_count:
        said.append(f"{counter.id} was reset {_times(tally.reset_count)} (driver reloaded, machine suspended?)")
    doubtful_s = tally.gap_s + _blank_s(counter, tally, duration_s)
    if doubtful_s > 2 * (counter.sample_s or 0.0):
        said.append(
            f"{counter.id} has no readings for {doubtful_s:.3g} of {duration_s:.3g} s: filled from those around, with a range"
        )
    if (other_j := disagreement(tally)) is not None:
        said.append(
            f"{counter.id} counted {tally.checked_j:.4g} J in {tally.power_s:.3g} s in which the power it shows adds up to "
            f"{other_j:.4g} J: the range holds both"
        )
    return said


def disagreement(tally: Tally) -> float | None:
    """What power adds up to, where joules and power were read together for long enough and do not agree."""
    if tally.power_s < CHECK_S or tally.looks_count < CHECK_LOOKS:
        return None
    low_j, high_j = sorted((tally.power_j, tally.checked_j))
    return tally.power_j if high_j > low_j * CHECK_RATIO else None


def _blank_s(counter: Counter, tally: Tally, duration_s: float) -> float:
    """How much of a window has no readings at all, beyond the microseconds that the looks themselves take."""
    blank_s = max(0.0, duration_s - tally.seen_s - tally.gap_s)
    if tally.seen_s + tally.gap_s <= 0:
        return 0.0  # a clock too coarse to see the window
    is_hurt = tally.reset_count > 0 or tally.failed_count > 0 or counter.sample_s is not None
    return blank_s if is_hurt or blank_s > MIN_WINDOW_S else 0.0


def _graded(grade: Grade, filled_share: float) -> Grade:
    if filled_share >= FILLED_ASSUMED_SHARE:
        return Grade.ASSUMED
    return weakest((grade, Grade.MODELLED)) if filled_share >= FILLED_MODELLED_SHARE else grade


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


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
