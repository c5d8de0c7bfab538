"""Walk through a history as it would have been lived: forecast each month from what came before, with several candidates.

The candidates differ in how much they trust the fit over habit; the last is habit itself, the mean of the last seven days at each hour.
The trusting one is followed, unless in the months before another would have saved clearly more; where none would have saved anything,
no hour is said to be better than another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from greenwright.grid.forecast.columns import HABIT, NEEDED_H, OWN, SEASONS, Scale, columns, scale
from greenwright.grid.forecast.hours import DAY_H, Floats, Hours, Ints
from greenwright.grid.forecast.ridge import Sums, Weights, apply, solve, sums

BLOCK_H = 30 * DAY_H
LEARN_EVERY_H = 3
"""Windows that begin an hour apart are almost the same."""
YEAR_DAYS = 330
"""From so many days on, seasons have been seen."""
LEAST_DAYS = 25
"""Below it, habit is all there is to go by."""
CANDIDATES: dict[str, tuple[float, float] | None] = {"trusting": (10.0, 3.0), "wary": (100.0, 100.0), "habit": None}
"""Days that would have to show nothing for the fit to be halved, of own columns and of weather; None for no fit. The first leads."""
LEADER = "trusting"
NOW = "now"
"""Who says that no hour is better than another: a job then runs at once."""
CLEARLY = 1.1
"""The leader is left for who saved this much more: less is luck."""
REMEMBERED_BLOCKS = 6
"""How many months decide which candidate to follow."""


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
    """By candidate, likewise."""
    by: Scale
    known: Sums | None
    """Of all windows of the history."""


def learn(hours: Hours, by: Scale, begins: Ints, length: int) -> Sums | None:
    """The sums of the windows that are wholly known; None where there is none. The target is the difference from habit."""
    whole = np.array([hours.known[begin : begin + length].all() for begin in begins], dtype=bool)
    begins = begins[whole]
    if not len(begins):
        return None
    seen = columns(hours, by, begins, length)
    target = hours.intensity[begins[:, None] + np.arange(length)] / by.level_g_per_kwh - seen[..., HABIT]
    return sums(seen, target, day_count=len(begins) * LEARN_EVERY_H / DAY_H)


def fit(known: Sums | None) -> dict[str, Weights | None]:
    """Every candidate's weights; None for habit, and for all where there is too little to learn from."""
    if known is None or known.day_count < LEAST_DAYS:
        return dict.fromkeys(CANDIDATES)
    unseen = None if known.day_count >= YEAR_DAYS else SEASONS
    return {name: solve(known, _prior(known, *days), unseen) if days else None for name, days in CANDIDATES.items()}


def _prior(known: Sums, own_days_count: float, weather_days_count: float) -> Floats:
    prior = np.full(len(known.within_target), weather_days_count)
    prior[OWN] = own_days_count
    return prior


def say(weights: Weights | None, seen: Floats, by: Scale) -> Floats:
    """A candidate's forecast in g/kWh."""
    beyond = apply(weights, seen) if weights is not None else 0.0
    return np.asarray(np.maximum(0.0, (seen[..., HABIT] + beyond) * by.level_g_per_kwh))


def walk(hours: Hours, length: int, every_h: int, start: int | None = None) -> Walk:
    """From hour ``start`` of the history on, a window every ``every_h`` hours; what decides scales is known by then."""
    first = max(NEEDED_H, NEEDED_H if start is None else start)
    by = scale(hours, first)
    block_of = _blocks(hours.count, first)
    known: Sums | None = None
    rows: list[tuple[Ints, Ints, Floats, dict[str, Floats]]] = []
    for block, (begin, end) in enumerate(block_of):
        if begin >= first:
            begins = np.arange(begin, min(end, hours.count - length + 1), every_h)
            if len(begins):
                rows.append((begins, np.full(len(begins), block), *_tested(hours, by, begins, length, known)))
        found = learn(hours, by, np.arange(max(begin, NEEDED_H), end - length + 1, LEARN_EVERY_H), length)
        known = found if known is None else known if found is None else known + found
    return _walk(rows, length, by, known)


def _blocks(count: int, first: int) -> list[tuple[int, int]]:
    """The hours before ``first`` in one, then months."""
    edges = [0, *range(first, count, BLOCK_H), count]
    return list(pairwise(edges))


def _tested(hours: Hours, by: Scale, begins: Ints, length: int, known: Sums | None) -> tuple[Floats, dict[str, Floats]]:
    seen = columns(hours, by, begins, length)
    truth = hours.intensity[begins[:, None] + np.arange(length)]
    truth = np.where(hours.known[begins[:, None] + np.arange(length)], truth, np.nan)
    return truth, {name: say(weights, seen, by) for name, weights in fit(known).items()}


def _walk(rows: Iterable[tuple[Ints, Ints, Floats, dict[str, Floats]]], length: int, by: Scale, known: Sums | None) -> Walk:
    given = list(rows)
    none, empty = np.empty(0, dtype=np.int64), np.empty((0, length))
    return Walk(
        begins=np.concatenate([none, *(begins for begins, _, _, _ in given)]),
        blocks=np.concatenate([none, *(blocks for _, blocks, _, _ in given)]),
        truth=np.concatenate([empty, *(truth for _, _, truth, _ in given)]),
        said={name: np.concatenate([empty, *(said[name] for _, _, _, said in given)]) for name in CANDIDATES},
        by=by,
        known=known,
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
        said = walked.said[LEADER if name == NOW else name][now]
        result[now] = said.mean(axis=1, keepdims=True) if name == NOW else said
    return result, names


def savings(walked: Walk, job_h: int) -> dict[str, Floats]:
    """What each candidate would have saved against running at once, per window; 0 where an hour is not known."""
    at_once = job_means(walked.truth, job_h)[:, 0]
    return {name: np.nan_to_num(at_once - chosen(walked.truth, said, job_h)) for name, said in walked.said.items()}


def preferred(saved: dict[str, Floats], remembered: NDArray[np.bool_]) -> str:
    """The leader; another that saved clearly more in the windows remembered; or nobody, where nobody saved."""
    if not remembered.any():
        return LEADER
    totals = {name: float(values[remembered].sum()) for name, values in saved.items()}
    best = max(totals, key=totals.__getitem__)
    if totals[best] <= 0:
        return NOW
    return best if totals[best] > CLEARLY * totals[LEADER] else LEADER
