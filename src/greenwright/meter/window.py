"""Readings become joules. Pure arithmetic: no clock, no file, no thread."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from greenwright.errors import BadInputError, CannotHereError
from greenwright.records.energy import Part, Reading
from greenwright.records.quantities import Grade, Quantity, weakest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from greenwright.meter.contract import Counter

MIN_UPDATES = 20
"""A window this many updates long is wrong by at most one update at each end: 10 %; hardware does better."""
MIN_WINDOW_S = 0.05
MAX_POWER_W = 1000.0
"""No counter that wraps, which are those of CPU packages and their memory, is fed more than this."""
LOOK_S = 1.0
"""How often every hardware counter is looked at, so that a reset, or a look that failed, costs no more than this."""
MIN_STEP_S = 0.25
"""Looks closer together than this tell no power worth going on with."""
GAP_LOOKS = 3.0
"""Looks at power that lie further apart than this many times the asked distance leave a gap between them."""
CHECK_LOOKS = 5
CHECK_S = 2.0
"""Joules are checked against power once there are so many looks at both, over so long."""
CHECK_RATIO = 1.25
"""Joules and power that differ by more than this disagree: power is read to about 5 %, and not at the same instant."""
FILLED_MODELLED_SHARE = 0.01
FILLED_ASSUMED_SHARE = 0.5
"""From these shares of a window without readings on, a part is a model, or an assumption, whatever its counter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the readings of one counter came to so far, in one window."""

    last: Reading | None = None
    seen_j: float = 0.0
    seen_low_j: float = 0.0
    seen_high_j: float = 0.0
    """Between looks at power it may have been as low as the lower, or as high as the higher of the two."""
    seen_s: float = 0.0
    """How long the readings cover: without gaps and resets."""
    gap_j: float = 0.0
    gap_s: float = 0.0
    """Between looks at power that lie too far apart: joules by the same rule, but it may have been any power seen."""
    least_w: float = math.inf
    most_w: float = 0.0
    """Mean power between two looks, or power at a look."""
    last_w: float | None = None
    """Mean power between the last two looks of a counter of joules that lay far enough apart to tell."""
    power_j: float = 0.0
    power_s: float = 0.0
    """Power added up beside a counter of joules, to check it."""
    checked_j: float = 0.0
    """What the counter gained in that time."""
    looks_count: int = 0
    failed_count: int = 0
    reset_count: int = 0


def gained_j(readings: Sequence[Reading]) -> float:
    """Joules between the first and the last of one counter's readings; it may wrap once between each two.

    Power is added up by the trapezoid rule.

    Raises:
        BadInputError: fewer than two readings, of several counters, or not in order of time.
        CannotHereError: the counter fell though it does not wrap: it was reset, and the window is lost.
    """
    if len(readings) < 2:  # noqa: PLR2004 - a difference takes two
        raise BadInputError(f"{len(readings)} readings make no window; read before and after")
    for before, after in pairwise(readings):
        if before.counter != after.counter or after.at_s < before.at_s:
            raise BadInputError(
                f"{after.counter} at {after.at_s} s cannot follow {before.counter} at {before.at_s} s; "
                "pass the readings of one counter in order of time"
            )
    return math.fsum(_step_j(before, after) for before, after in pairwise(readings))


def _step_j(before: Reading, after: Reading) -> float:
    if before.energy_j is None or after.energy_j is None:
        return _trapezoid_j(before, after)
    gain_j = after.energy_j - before.energy_j
    if gain_j >= 0:
        return gain_j
    wrapped_j = _unwrapped_j(gain_j, before, after)
    if wrapped_j is None:
        raise CannotHereError(
            f"{after.counter} fell from {before.energy_j} J to {after.energy_j} J within a window, and does not wrap: "
            "it was reset (driver reloaded, machine suspended?); measure again"
        )
    return wrapped_j


def _unwrapped_j(gain_j: float, before: Reading, after: Reading) -> float | None:
    """The gain of a counter that started again from 0 at its wrap; None where it cannot have been a wrap."""
    if after.wrap_j is None or before.energy_j is None or before.energy_j > after.wrap_j:
        return None
    return gain_j + after.wrap_j


def _trapezoid_j(before: Reading, after: Reading) -> float:
    if before.power_w is None or after.power_w is None:
        raise BadInputError(f"{after.counter} shows neither joules nor watts; a reading needs one of them")
    return (before.power_w + after.power_w) / 2 * (after.at_s - before.at_s)


def follow(tally: Tally, reading: Reading, counter: Counter) -> Tally:
    """``tally`` with one more reading; one that is late, because two threads looked at once, changes nothing."""
    before = tally.last
    if before is None:
        return replace(tally, last=reading, looks_count=1)
    if reading.at_s < before.at_s:
        return tally
    if reading.energy_j is None or before.energy_j is None:
        more = _more_power(tally, before, reading, counter.sample_s or LOOK_S)
    else:
        more = _more_energy(tally, before, reading)
    return replace(tally, last=reading, looks_count=tally.looks_count + 1, **more)


def failed(tally: Tally) -> Tally:
    """``tally`` with one look that failed. A counter of joules catches up at the next; for power it is a longer step."""
    return replace(tally, failed_count=tally.failed_count + 1)


def _more_power(tally: Tally, before: Reading, after: Reading, sample_s: float) -> dict[str, Any]:
    step_j, step_s = _trapezoid_j(before, after), after.at_s - before.at_s
    assert before.power_w is not None
    assert after.power_w is not None
    low_w, high_w = sorted((before.power_w, after.power_w))
    if step_s <= GAP_LOOKS * sample_s:
        return _seen(tally, step_j, step_s, low_w=low_w, high_w=high_w)
    return {
        "gap_j": tally.gap_j + step_j,
        "gap_s": tally.gap_s + step_s,
        "least_w": min(tally.least_w, low_w),
        "most_w": max(tally.most_w, high_w),
    }


def _more_energy(tally: Tally, before: Reading, after: Reading) -> dict[str, Any]:
    assert before.energy_j is not None
    assert after.energy_j is not None
    step_s = after.at_s - before.at_s
    rise_j = after.energy_j - before.energy_j
    gain_j = rise_j if rise_j >= 0 else _unwrapped_j(rise_j, before, after)
    if rise_j < 0 and gain_j is not None and gain_j > 2 * MAX_POWER_W * (step_s + LOOK_S):
        gain_j = None  # no CPU draws that much: it did not wrap, it began anew
    has_power = before.power_w is not None and after.power_w is not None and step_s <= GAP_LOOKS * LOOK_S
    if gain_j is None:
        stand_in = _seen(tally, _trapezoid_j(before, after), step_s) if has_power else _as_before(tally, step_s)
        return {"reset_count": tally.reset_count + 1, **stand_in}
    last_w = gain_j / step_s if step_s >= MIN_STEP_S else tally.last_w
    if not has_power:
        return {"last_w": last_w, **_seen(tally, gain_j, step_s)}
    return {
        "last_w": last_w,
        "power_j": tally.power_j + _trapezoid_j(before, after),
        "power_s": tally.power_s + step_s,
        "checked_j": tally.checked_j + gain_j,
        **_seen(tally, gain_j, step_s),
    }


def _as_before(tally: Tally, step_s: float) -> dict[str, Any]:
    """A step in which a counter began anew: the power of the step before goes on, and is in doubt."""
    if tally.last_w is None:
        return {}
    return {"gap_j": tally.gap_j + tally.last_w * step_s, "gap_s": tally.gap_s + step_s}


def _seen(
    tally: Tally, step_j: float, step_s: float, low_w: float | None = None, high_w: float | None = None
) -> dict[str, Any]:
    mean_w = step_j / step_s if step_s > 0 else None
    low_w, high_w = mean_w if low_w is None else low_w, mean_w if high_w is None else high_w
    return {
        "seen_j": tally.seen_j + step_j,
        "seen_low_j": tally.seen_low_j + (step_j if low_w is None else low_w * step_s),
        "seen_high_j": tally.seen_high_j + (step_j if high_w is None else high_w * step_s),
        "seen_s": tally.seen_s + step_s,
        "least_w": tally.least_w if low_w is None else min(tally.least_w, low_w),
        "most_w": tally.most_w if high_w is None else max(tally.most_w, high_w),
    }


def part(counter: Counter, tally: Tally, duration_s: float, grade: Grade) -> Part | None:
    """What one counter contributed to a window of ``duration_s``; None where too little was read to say.

    Time without readings (a gap, a reset, a look that failed at an end) is filled with the mean power of the rest of
    the window; the range then reaches from the least to the most power seen. Joules that disagree with the power that
    was read beside them keep their value, and the range reaches to what power says.
    """
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
    quantity = Quantity(
        value=energy_j,
        low=min(low_j, energy_j) * counter.low_ratio,
        high=max(high_j, energy_j) * counter.high_ratio,
        grade=_graded(grade, doubtful_s / duration_s if duration_s > 0 else 0.0),
        source=counter.source or counter.id,
    )
    return Part(counter=counter.id, covers=counter.covers, energy_j=quantity, component=counter.component)


def problems(counter: Counter, tally: Tally, duration_s: float) -> list[str]:
    """What went wrong with one counter in a window, and what was done about it."""
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
