"""Readings add up: wraps, resets, gaps, looks that failed. Pure arithmetic: no clock, no file, no thread."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from greenwright.errors import BadInputError, CannotHereError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from greenwright.meter.contract import Counter
    from greenwright.records.energy import Reading

MAX_POWER_W = 1000.0
"""No counter that wraps, which are those of CPU packages and their memory, is fed more than this."""
LOOK_S = 1.0
"""How often every hardware counter is looked at, so that a reset, or a look that failed, costs no more than this."""
MIN_STEP_S = 0.25
"""Looks closer together than this tell no power worth going on with."""
GAP_LOOKS = 3.0
"""Looks at power that lie further apart than this many times the asked distance leave a gap between them."""
FROM_ZERO_SHARE = 0.5
"""A counter that after a reset shows more than its step can hold, by this share of it, did not begin at 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """The step in which a counter was reset, until the two steps behind it tell what power there was."""

    step_s: float
    since_j: float
    """What the counter shows at its end: joules since the reset, if it began at 0."""
    earlier_w: float | None
    before_w: float | None
    """Mean power of the two steps before."""
    behind_w: float | None = None
    """And of the one behind."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What the readings of one counter came to so far, in one window. It is added to in place: a look must cost little."""

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
    earlier_w: float | None = None
    last_w: float | None = None
    """Mean power of the last two steps of a counter of joules that were long enough to tell."""
    restart: Restart | None = None
    """A step that is in none of the sums yet; ``settled`` puts it there."""
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


def follow(tally: Tally, reading: Reading, counter: Counter) -> None:
    """Add one reading; one that is late, because two threads looked at once, changes nothing."""
    before = tally.last
    if before is None:
        tally.last, tally.looks_count = reading, 1
    elif reading.at_s >= before.at_s:
        if reading.energy_j is None or before.energy_j is None:
            _add_power(tally, before, reading, counter)
        else:
            _add_energy(tally, before, reading)
        tally.last = reading
        tally.looks_count += 1


def failed(tally: Tally) -> None:
    """Add one look that failed. A counter of joules catches up at the next; for power it is a longer step."""
    tally.failed_count += 1


def settled(tally: Tally) -> Tally:
    """A tally with the step of a reset in its sums, where no step has followed that would tell more of it."""
    if tally.restart is None:
        return tally
    copy = replace(tally)
    _settle(copy, tally.restart, None)
    return copy


def _add_power(tally: Tally, before: Reading, after: Reading, counter: Counter) -> None:
    step_j, step_s = _trapezoid_j(before, after), after.at_s - before.at_s
    assert before.power_w is not None
    assert after.power_w is not None
    low_w, high_w = sorted((before.power_w, after.power_w))
    if counter.bounds_w is not None:
        low_w, high_w = counter.bounds_w(low_w)[0], counter.bounds_w(high_w)[1]
    if step_s <= GAP_LOOKS * (counter.sample_s or LOOK_S):
        _add_seen(tally, step_j, step_s, low_w, high_w)
    else:
        tally.gap_j += step_j
        tally.gap_s += step_s
        tally.least_w, tally.most_w = min(tally.least_w, low_w), max(tally.most_w, high_w)


def _add_energy(tally: Tally, before: Reading, after: Reading) -> None:
    gain_j, step_s = _rise_j(before, after), after.at_s - before.at_s
    has_power = before.power_w is not None and after.power_w is not None and step_s <= GAP_LOOKS * LOOK_S
    if gain_j is None:
        _begin_anew(tally, before, after, has_power=has_power)
        return
    if step_s >= MIN_STEP_S:
        tally.earlier_w, tally.last_w = tally.last_w, gain_j / step_s
        if tally.restart is not None:
            _step_behind(tally, tally.restart, tally.last_w)
    if has_power:
        tally.power_j += _trapezoid_j(before, after)
        tally.power_s += step_s
        tally.checked_j += gain_j
    _add_mean(tally, gain_j, step_s)


def _rise_j(before: Reading, after: Reading) -> float | None:
    """What a counter gained in a step; None where it began anew."""
    assert before.energy_j is not None
    assert after.energy_j is not None
    rise_j = after.energy_j - before.energy_j
    if rise_j >= 0:
        return rise_j
    gain_j, most_j = _unwrapped_j(rise_j, before, after), 2 * MAX_POWER_W * (after.at_s - before.at_s + LOOK_S)
    # No CPU draws more than that: it did not wrap.
    return gain_j if gain_j is not None and gain_j <= most_j else None


def _begin_anew(tally: Tally, before: Reading, after: Reading, *, has_power: bool) -> None:
    """A step in which a counter was reset: power that was read beside it stands in, else the steps around it will."""
    if tally.restart is not None:  # reset again: no step will tell more
        _settle(tally, tally.restart, None)
    tally.reset_count += 1
    step_s = after.at_s - before.at_s
    if has_power:
        _add_mean(tally, _trapezoid_j(before, after), step_s)
    else:
        tally.restart = Restart(step_s=step_s, since_j=after.energy_j or 0.0, earlier_w=tally.earlier_w, before_w=tally.last_w)
        tally.earlier_w = tally.last_w = None


def _step_behind(tally: Tally, restart: Restart, power_w: float) -> None:
    if restart.behind_w is None:
        tally.restart = replace(restart, behind_w=power_w)
    else:
        _settle(tally, restart, power_w)


def _settle(tally: Tally, restart: Restart, last_w: float | None) -> None:
    """Put the step of a reset into the sums, by the power of the steps around it as far as they are known.

    A counter begins anew at 0: what it shows was counted since. At the power behind the reset that took so long, and for the
    time before, which nothing counted, the power before it went on. Each is the middle of three steps, so that one in
    which a look came late does not decide. A counter that shows more than the whole step can hold began elsewhere, and none
    of the step was counted.
    """
    tally.restart = None
    before_w = _middle_w(restart.before_w, restart.earlier_w, restart.behind_w)
    behind_w = _middle_w(restart.behind_w, last_w, restart.before_w)
    if before_w is None or behind_w is None:
        return
    since_j, gap_w = restart.since_j, before_w
    if since_j > max(before_w, behind_w) * restart.step_s * (1 + FROM_ZERO_SHARE):
        since_j, gap_w = 0.0, (before_w + behind_w) / 2
    since_s = min(restart.step_s, since_j / behind_w) if behind_w > 0 else 0.0
    _add_mean(tally, since_j, since_s)
    tally.gap_j += gap_w * (restart.step_s - since_s)
    tally.gap_s += restart.step_s - since_s


def _middle_w(near_w: float | None, beyond_w: float | None, across_w: float | None) -> float | None:
    """Of three steps the middle; of fewer the nearest, on its own side first."""
    if near_w is not None and beyond_w is not None and across_w is not None:
        return sorted((near_w, beyond_w, across_w))[1]
    return near_w if near_w is not None else across_w if across_w is not None else beyond_w


def _add_mean(tally: Tally, step_j: float, step_s: float) -> None:
    """Joules of which only the sum is known."""
    if step_s > 0:
        mean_w = step_j / step_s
        tally.least_w, tally.most_w = min(tally.least_w, mean_w), max(tally.most_w, mean_w)
    tally.seen_j += step_j
    tally.seen_low_j += step_j
    tally.seen_high_j += step_j
    tally.seen_s += step_s


def _add_seen(tally: Tally, step_j: float, step_s: float, low_w: float, high_w: float) -> None:
    """Joules from power that was at least the one and at most the other."""
    tally.seen_j += step_j
    tally.seen_low_j += low_w * step_s
    tally.seen_high_j += high_w * step_s
    tally.seen_s += step_s
    tally.least_w, tally.most_w = min(tally.least_w, low_w), max(tally.most_w, high_w)


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
