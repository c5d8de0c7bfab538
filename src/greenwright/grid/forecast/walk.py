"""Walk through a history as it would have been lived: forecast each month from what came before, by several candidates.

"sky" learns from the weather and the zone's own hours, "habits" from its hours alone, starting from what many grids have in common, and
"habit" is the mean of the last seven days at each hour. The first of them that can be made is followed, unless in the months before
another would have saved clearly more; where none would have saved anything, no hour is said to be better than another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from greenwright.grid.forecast import habits, sky
from greenwright.grid.forecast.columns import HABIT, NEEDED_H, OWN, SEASONS, Scale, columns, scale
from greenwright.grid.forecast.hours import DAY_H, Floats, Hours, Ints
from greenwright.grid.forecast.ridge import Sums, Weights, apply, mean, solve, sums

BLOCK_H = 30 * DAY_H
LEARN_EVERY_H = 3
"""Windows that begin an hour apart are almost the same."""
YEAR_DAYS = 330
"""From so many days on, seasons have been seen."""
LEAST_DAYS = 25
"""Below it, a zone has shown nothing of its own."""
EXPLAIN_BLOCKS = 3
"""Months after which what the weather explains is learnt anew."""
OWN_DAYS, SKY_DAYS = 10.0, 3.0
"""Days that would have to show nothing for the weight of an own column, or of the weather, to be halved."""
SKY, HABITS, HABIT_ALONE = "sky", "habits", "habit"
NOW = "now"
"""Who says that no hour is better than another: a job then runs at once."""
CLEARLY = 1.1
"""The leader is left for who saved this much more: less is luck."""
REMEMBERED_BLOCKS = 6
"""How many months decide which candidate to follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """All that is needed to forecast a window."""

    by: Scale
    shared: Floats
    """What habits start from: one weight per shared column."""
    own: Sums | None = None
    """Of the zone's own hours; None where no window was wholly known."""
    adds: Floats | None = None
    """What the weather adds, hour by hour; None without weather."""
    sky: Sums | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What each candidate would have said, for windows that were never learnt from."""

    begins: Ints
    """Hours of the history."""
    blocks: Ints
    """The month of each window."""
    truth: Floats
    """g/kWh: one row a window."""
    said: dict[str, Floats]
    """By candidate, the leader first, likewise."""


def learn(hours: Hours, shared: Floats, by: Scale, until: int, length: int) -> Learnt:
    """From every window that ends before hour ``until``."""
    made = Learnt(by=by, shared=shared, own=_own(hours, NEEDED_H, until, length))
    return _with_sky(made, hours, until, length)


def _with_sky(made: Learnt, hours: Hours, until: int, length: int) -> Learnt:
    """The same, with what the weather explains learnt anew from the hours before ``until``."""
    if not hours.weather.shape[1]:
        return made
    adds = sky.explained(hours, made.by, until)
    return Learnt(
        by=made.by, shared=made.shared, own=made.own, adds=adds, sky=_sky(hours, made.by, adds, NEEDED_H, until, length)
    )


def _more(made: Learnt, hours: Hours, begin: int, end: int, length: int) -> Learnt:
    """The same, with the windows between ``begin`` and ``end``."""
    found = None if made.adds is None else _sky(hours, made.by, made.adds, begin, end, length)
    return Learnt(
        by=made.by,
        shared=made.shared,
        own=_added(made.own, _own(hours, begin, end, length)),
        adds=made.adds,
        sky=_added(made.sky, found),
    )


def _added(first: Sums | None, second: Sums | None) -> Sums | None:
    return second if first is None else first if second is None else first + second


def _own(hours: Hours, begin: int, end: int, length: int) -> Sums | None:
    """The target is the difference from habit, as a share of each window's level."""
    found: Sums | None = None
    for begins in _known(hours, begin, end, length):
        seen, level = habits.columns(hours, begins, length)
        target = hours.intensity[begins[:, None] + np.arange(length)] / level[:, None] - seen[..., HABIT]
        found = _added(found, sums(seen, target, day_count=len(begins) * LEARN_EVERY_H / DAY_H))
    return found


def _sky(hours: Hours, by: Scale, adds: Floats, begin: int, end: int, length: int) -> Sums | None:  # noqa: PLR0913, PLR0917 - what to learn from, and from where to where
    """The target is the difference from habit, as a share of the history's level."""
    found: Sums | None = None
    for begins in _known(hours, begin, end, length):
        seen = _seen(hours, by, adds, begins, length)
        target = hours.intensity[begins[:, None] + np.arange(length)] / by.level_g_per_kwh - seen[..., HABIT]
        found = _added(found, sums(seen, target, day_count=len(begins) * LEARN_EVERY_H / DAY_H))
    return found


def _seen(hours: Hours, by: Scale, adds: Floats, begins: Ints, length: int) -> Floats:
    return np.concatenate([columns(hours, by, begins, length), sky.columns(hours, by, adds, begins, length)], axis=-1)


def _known(hours: Hours, begin: int, end: int, length: int) -> Iterable[Ints]:
    """Where windows begin that are wholly known and end before ``end``, a month at a time."""
    begins = np.arange(max(begin, NEEDED_H), end - length + 1, LEARN_EVERY_H)
    whole = begins[[bool(hours.known[one : one + length].all()) for one in begins]] if len(begins) else begins
    step = BLOCK_H // LEARN_EVERY_H
    return [whole[place : place + step] for place in range(0, len(whole), step)]


def fit(made: Learnt) -> dict[str, Weights | None]:
    """Every candidate's weights, the leader's first; None for habit alone."""
    found: dict[str, Weights | None] = {}
    if made.sky is not None and made.sky.day_count >= LEAST_DAYS:
        found[SKY] = _fit_sky(made.sky)
    start = habits.towards(made.shared)
    if made.own is None or made.own.day_count < LEAST_DAYS:
        found[HABITS] = Weights(shape=start, level=np.zeros(len(start) + 1))
    else:
        found[HABITS] = solve(made.own, habits.prior_days(), towards=start)
    return {**found, HABIT_ALONE: None}


def _fit_sky(known: Sums) -> Weights:
    """The mean of three views: all columns but what the weather adds, all, and all but the weather itself."""
    count = len(known.within_target)
    place = np.arange(count)
    prior = np.full(count, SKY_DAYS)
    prior[OWN] = OWN_DAYS
    ready = np.ones(count, dtype=bool)
    if known.day_count < YEAR_DAYS:
        ready[SEASONS] = False
    added, raw = place >= count - sky.LENGTH, (place >= OWN.stop) & (place < count - sky.LENGTH)
    return mean([solve(known, prior, ready & view) for view in (~added, np.ones(count, dtype=bool), ~raw)])


def say(name: str, weights: Weights | None, made: Learnt, hours: Hours, begins: Ints, length: int) -> Floats:  # noqa: PLR0913, PLR0917 - who says it, and of which windows
    """A candidate's forecast in g/kWh."""
    if name == SKY and weights is not None and made.adds is not None:
        seen = _seen(hours, made.by, made.adds, begins, length)
        return np.asarray(np.maximum(0.0, (seen[..., HABIT] + apply(weights, seen)) * made.by.level_g_per_kwh))
    seen, level = habits.columns(hours, begins, length)
    beyond = apply(weights, seen) if weights is not None else 0.0
    return np.asarray(np.maximum(0.0, (seen[..., HABIT] + beyond) * level[:, None]))


def walk(hours: Hours, length: int, every_h: int, start: int | None = None, shared: Floats | None = None) -> Walk:
    """From hour ``start`` of the history on, a window every ``every_h`` hours; whatever decides is known by then.

    Args:
        hours: the history.
        length: hours of a window.
        every_h: from one window's beginning to the next one's.
        start: of the first window.
        shared: what habits start from; the catalogue's if None.
    """
    first = max(NEEDED_H, NEEDED_H if start is None else start)
    made = Learnt(by=scale(hours, first), shared=habits.shared_weights() if shared is None else shared)
    rows: list[tuple[Ints, Ints, Floats, dict[str, Floats]]] = []
    for block, (begin, end) in enumerate(_blocks(hours.count, first)):
        if begin >= first:
            if block % EXPLAIN_BLOCKS == 1 % EXPLAIN_BLOCKS:
                made = _with_sky(made, hours, begin, length)
            begins = np.arange(begin, min(end, hours.count - length + 1), every_h)
            if len(begins):
                rows.append((begins, np.full(len(begins), block), *_tested(made, hours, begins, length)))
        made = _more(made, hours, begin, end, length)
    return _walk(rows, length)


def _blocks(count: int, first: int) -> list[tuple[int, int]]:
    """The hours before ``first`` in one, then months."""
    edges = [0, *range(first, count, BLOCK_H), count]
    return list(pairwise(edges))


def _tested(made: Learnt, hours: Hours, begins: Ints, length: int) -> tuple[Floats, dict[str, Floats]]:
    place = begins[:, None] + np.arange(length)
    truth = np.where(hours.known[place], hours.intensity[place], np.nan)
    return truth, {name: say(name, weights, made, hours, begins, length) for name, weights in fit(made).items()}


def _walk(rows: Iterable[tuple[Ints, Ints, Floats, dict[str, Floats]]], length: int) -> Walk:
    """Where a candidate could not be made yet, the next one stands in for it."""
    given = list(rows)
    none, empty = np.empty(0, dtype=np.int64), np.empty((0, length))
    names = [name for name in (SKY, HABITS, HABIT_ALONE) if any(name in said for _, _, _, said in given)] or [HABIT_ALONE]
    return Walk(
        begins=np.concatenate([none, *(begins for begins, _, _, _ in given)]),
        blocks=np.concatenate([none, *(blocks for _, blocks, _, _ in given)]),
        truth=np.concatenate([empty, *(truth for _, _, truth, _ in given)]),
        said={name: np.concatenate([empty, *(said.get(name, said[HABITS]) for _, _, _, said in given)]) for name in names},
    )


def job_means(windows: Floats, job_h: int) -> Floats:
    """Of a job that takes ``job_h`` hours, by the hour of the window at which it starts."""
    total = np.cumsum(np.pad(windows, ((0, 0), (1, 0))), axis=1)
    return np.asarray((total[:, job_h:] - total[:, :-job_h]) / job_h)


def chosen(truth: Floats, said: Floats, job_h: int) -> Floats:
    """What a job would have emitted per kWh if started where the forecast was lowest; the earliest of equals."""
    starts = np.argmin(job_means(said, job_h).round(9), axis=1)
    return np.asarray(job_means(truth, job_h)[np.arange(len(truth)), starts])


def follow(walked: Walk, job_h: int) -> tuple[Floats, list[str]]:
    """The forecasts of whoever was to be followed each month, and who that was."""
    saved = savings(walked, job_h)
    result = np.empty_like(walked.truth)
    names = []
    for block in np.unique(walked.blocks):
        name = preferred(saved, (walked.blocks < block) & (walked.blocks >= block - REMEMBERED_BLOCKS))
        names.append(name)
        now = walked.blocks == block
        said = walked.said[leader(walked) if name == NOW else name][now]
        result[now] = said.mean(axis=1, keepdims=True) if name == NOW else said
    return result, names


def savings(walked: Walk, job_h: int) -> dict[str, Floats]:
    """What each candidate would have saved against running at once, per window; 0 where an hour is not known."""
    at_once = job_means(walked.truth, job_h)[:, 0]
    return {name: np.nan_to_num(at_once - chosen(walked.truth, said, job_h)) for name, said in walked.said.items()}


def leader(walked: Walk) -> str:
    """Who is followed while nothing speaks against it."""
    return next(iter(walked.said))


def preferred(saved: dict[str, Floats], remembered: NDArray[np.bool_]) -> str:
    """The leader, who comes first; another that saved clearly more in the windows remembered; or nobody, where nobody saved."""
    first = next(iter(saved))
    if not remembered.any():
        return first
    totals = {name: float(values[remembered].sum()) for name, values in saved.items()}
    best = max(totals, key=totals.__getitem__)
    if totals[best] <= 0:
        return NOW
    return best if totals[best] > CLEARLY * totals[first] else first
