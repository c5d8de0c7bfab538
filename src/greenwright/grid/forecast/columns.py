"""What the forecast looks at, for every hour of a window: the zone's own habits, its last hours, the calendar and the weather.

An array of columns has the shape (windows, hours of a window, columns). Nothing in it is known later than the window's beginning,
but for the weather forecast.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from greenwright.grid.forecast.hours import DAY_H, WEEK_H, Floats, Hours, Ints

NEEDED_H = 22 * DAY_H
"""Three weeks back, and a day more: the earliest hour at which a window may begin."""
YEAR_H = 365.25 * DAY_H
KNOTS = (0.15, 0.35, 0.55, 0.75, 0.9)
"""Quantiles of a kind of weather at which its effect may bend: no turbine turns in a breeze, none turns faster in a storm."""
DECAYS_H = (2, 5, 12, 30)
"""How fast an unusual hour is forgotten."""
NEIGHBOURS_H = (-3, -2, -1, 1, 2, 3)
"""Weather a little earlier and later: fronts arrive early or late, and clocks of two sources differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What makes columns comparable: fixed at the fit, so that later hours are seen as those were."""

    level_g_per_kwh: float
    """Mean intensity of the history."""
    mean: Floats
    spread: Floats
    """Of each kind of weather."""
    knots: Floats
    """One row a kind of weather."""


def scale(hours: Hours, until: int) -> Scale:
    """From the hours before ``until``."""
    weather = hours.weather[:until]
    mean, spread = weather.mean(axis=0), weather.std(axis=0) + 1e-9
    standard = (weather - mean) / spread
    knots = np.quantile(standard, KNOTS, axis=0).T if standard.size else np.empty((0, len(KNOTS)))
    return Scale(level_g_per_kwh=float(hours.intensity[:until].mean()), mean=mean, spread=spread, knots=knots)


HABIT = 0
"""The column of the last seven days' mean at this hour."""
_OWN_COUNT = 7 + 2 * len(DECAYS_H) + 2
SEASONS = slice(_OWN_COUNT + 2 * DAY_H, _OWN_COUNT + 2 * DAY_H + 12)
"""Columns that tell seasons apart: who has not seen a year cannot know what they do."""
OWN = slice(0, SEASONS.stop)
"""Columns of habit and calendar; what follows is weather."""


def columns(hours: Hours, by: Scale, begins: Ints, length: int) -> Floats:
    """Of windows that begin at hours ``begins`` of the history and are ``length`` hours long."""
    begin = begins[:, None]
    at = begin + np.arange(length)[None, :]
    own = hours.intensity / by.level_g_per_kwh
    habit = usual_day(own, begin, at)
    level = mean_before(own, begin, DAY_H)
    found = [*own_columns(own, begin, at, habit, level), *hours_of_day(hours.first + at), *_seasons(hours.first + at)]
    found += _weather(hours, by, at, habit, level)
    return np.stack([np.broadcast_to(one, at.shape) for one in found], axis=-1)


def back(at: Ints, begin: Ints, step: int) -> Ints:
    """The same hour, as few steps ago as it takes to be known when the window begins."""
    return np.asarray(at - step * np.maximum(1, (at - begin) // step + 1), dtype=np.int64)


def usual_day(own: Floats, begin: Ints, at: Ints) -> Floats:
    """The mean of the last seven days at this hour."""
    latest = back(at, begin, DAY_H)
    return np.asarray(np.mean([own[latest - DAY_H * day] for day in range(7)], axis=0))


def mean_before(own: Floats, begin: Ints, length: int) -> Floats:
    """Of the hours just before each window."""
    total = np.concatenate([[0.0], np.cumsum(own)])
    return np.asarray((total[begin] - total[begin - length]) / length)


def own_columns(own: Floats, begin: Ints, at: Ints, habit: Floats, level: Floats) -> list[Floats]:
    """Habits of the hour, and how unusual the last hours were, fading."""
    yesterday, week = back(at, begin, DAY_H), back(at, begin, WEEK_H)
    weeks = np.mean([own[week - WEEK_H * number] for number in range(2)] + [own[week]], axis=0)
    last_two = np.mean([own[begin - 1 - hour] - usual_at(own, begin - 1 - hour) for hour in range(2)], axis=0)
    slope = own[begin - 1] - own[begin - 4] - (usual_at(own, begin - 1) - usual_at(own, begin - 4))
    drift = level - mean_before(own, begin, WEEK_H)
    ahead = at - begin
    fading = [one * np.exp(-ahead / decay) for decay in DECAYS_H for one in (last_two, drift)]
    fading += [slope * np.exp(-ahead / decay) for decay in (3, 8)]
    return [habit, own[yesterday], own[yesterday - DAY_H], own[week], weeks, habit * level, habit * last_two, *fading]


def usual_at(own: Floats, at: Ints) -> Floats:
    """The mean of the seven days before at the same hour."""
    return np.asarray(np.mean([own[at - DAY_H * day] for day in range(1, 8)], axis=0))


def hours_of_day(hour: Ints) -> list[Floats]:
    """The hour of the day, and again for weekends."""
    found = [np.asarray(hour % DAY_H == one, dtype=float) for one in range(DAY_H)]
    return found + [one * is_weekend(hour) for one in found]


def is_weekend(hour: Ints) -> NDArray[np.bool_]:
    """Saturday or Sunday, in UTC."""
    return np.asarray((hour // DAY_H + 3) % 7 >= 5)  # noqa: PLR2004 - 1970 began on a Thursday


def _seasons(hour: Ints) -> list[Floats]:
    """How the course of the day changes with the season."""
    season = 2 * np.pi * hour / YEAR_H
    return [year(season) * day for year, day in product((np.sin, np.cos), waves(hour % DAY_H, 3))]


def waves(of_day: Ints, count: int) -> list[Floats]:
    """Sines and cosines of the hour of the day, the slowest first."""
    turns = [2 * np.pi * number * of_day / DAY_H for number in range(1, count + 1)]
    return [wave(turn) for turn in turns for wave in (np.sin, np.cos)]


def _weather(hours: Hours, by: Scale, at: Ints, habit: Floats, level: Floats) -> list[Floats]:
    """Each kind of weather: bent at its knots, by hour and season, against habit, and each with each."""
    if not hours.weather.shape[1]:
        return []
    every = (hours.weather - by.mean) / by.spread
    kinds = [every[:, kind] for kind in range(every.shape[1])]
    season, day = 2 * np.pi * (hours.first + at) / YEAR_H, waves((hours.first + at) % DAY_H, 2)
    last = min(len(every), int(at.max()) + 1) - 1
    found: list[Floats] = []
    for kind, bends in zip(kinds, by.knots, strict=True):
        here = kind[at]
        usual = np.mean([kind[at - DAY_H * day] for day in range(1, 8)], axis=0)
        found += [here, here - usual, here - kind[at - DAY_H]]
        found += [kind[np.clip(at + off, 0, last)] for off in NEIGHBOURS_H]
        found += [np.maximum(here - bend, 0.0) for bend in bends]
        found += [here * wave for wave in day] + [here * np.sin(season), here * np.cos(season), here * level, here * habit]
    pairs = [(one, other) for place, one in enumerate(kinds) for other in kinds[:place]]
    return found + [one[at] * other[at] for one, other in pairs]
