"""What the weather explains of a zone, hour by hour, and what is left over: what no weather accounts for fades within hours.

First a ridge regression explains how each hour differs from the mean of the seven days before it, by the weather's same difference. Its
answer is then one column of the model that decides, beside what it left unexplained in the last hours.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from greenwright.grid.forecast.columns import DECAYS_H, YEAR_H, Scale, back, hours_of_day, usual_at, usual_day, waves
from greenwright.grid.forecast.hours import DAY_H, WEEK_H, Floats, Hours, Ints
from greenwright.grid.forecast.ridge import LEAST_PENALTY

SPANS_H = (1, 3, 6)
"""Weather so many hours to both sides, in the mean."""
EXPLAIN_DAYS = 30.0
"""Days that would have to show nothing of a column for its weight to be halved."""
LENGTH = 3 + 3 * len(DECAYS_H) + 1
"""Columns."""


def explained(hours: Hours, by: Scale, until: int) -> Floats:
    """Of every hour with weather, the past and the forecast: what the weather adds, as a share of the history's mean.

    Learnt from the hours before ``until``, at least a week of them.
    """
    table = _design(hours, by)
    known = table[:until]
    target = hours.intensity[:until] / by.level_g_per_kwh
    unusual, wanted = _unusual(known)[WEEK_H:], _unusual(target[:, None])[WEEK_H:, 0]
    spread = unusual.std(axis=0) + 1e-9
    standard = unusual / spread
    gram = standard.T @ standard / len(standard)
    penalty = LEAST_PENALTY + EXPLAIN_DAYS * DAY_H / len(standard)
    weights = np.linalg.solve(gram + penalty * np.eye(len(gram)), standard.T @ wanted / len(standard)) / spread
    return np.asarray(table @ weights)


def columns(hours: Hours, by: Scale, adds: Floats, begins: Ints, length: int) -> Floats:
    """What the weather adds beyond habit, what it left unexplained in the last hours, fading, and yesterday at the same hour."""
    begin = begins[:, None]
    at = begin + np.arange(length)[None, :]
    left = hours.intensity / by.level_g_per_kwh - adds[: hours.count]
    beyond, ahead, latest = adds[at] - usual_day(adds, begin, at), at - begin, back(at, begin, DAY_H)
    yesterday = left[latest] - usual_day(left, begin, at)
    surprise = [left[begin - 1 - hour] - usual_at(left, begin - 1 - hour) for hour in range(DAY_H)]
    last = [np.mean(surprise[:count], axis=0) for count in (1, 3, DAY_H)]
    found = [beyond, yesterday, beyond * np.exp(-ahead / 6)]
    found += [one * np.exp(-ahead / decay) for decay in DECAYS_H for one in last]
    found.append(yesterday * np.exp(-ahead / 12))
    return np.stack([np.broadcast_to(one, at.shape) for one in found], axis=-1)


def _unusual(table: Floats) -> Floats:
    """Each row less the mean of the rows at that hour of the seven days before; the first week is 0."""
    found = np.zeros_like(table)
    before = [table[WEEK_H - DAY_H * day : len(table) - DAY_H * day] for day in range(1, 8)]
    found[WEEK_H:] = table[WEEK_H:] - np.mean(before, axis=0)
    return found


def _design(hours: Hours, by: Scale) -> Floats:
    """The weather of every hour, bent, smoothed, by hour of the day and by season; and the calendar."""
    weather = (hours.weather - by.mean) / by.spread
    hour = hours.first + np.arange(len(weather))
    season, day = 2 * np.pi * hour / YEAR_H, waves(hour % DAY_H, 3)
    found = hours_of_day(hour)
    for kind, bends in zip(weather.T, by.knots, strict=True):
        found += [kind, *(np.maximum(kind - bend, 0.0) for bend in bends), *(_smooth(kind, span) for span in SPANS_H)]
        found += [kind * wave for wave in day] + [kind * np.sin(season), kind * np.cos(season)]
    found += [one * other for one, other in combinations(weather.T, 2)]
    return np.column_stack(found)


def _smooth(kind: Floats, span: int) -> Floats:
    """The mean of the hours around each, of fewer at the ends."""
    total = np.concatenate([[0.0], np.cumsum(kind)])
    place = np.arange(len(kind))
    low, high = np.maximum(0, place - span), np.minimum(len(kind), place + span + 1)
    return np.asarray((total[high] - total[low]) / (high - low))
