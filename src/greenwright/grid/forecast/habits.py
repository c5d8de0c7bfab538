"""What a zone's own hours say of the next, for zones that nobody has seen: learnt on many grids, and bent towards one as it is seen.

Everything is a share of the zone's recent mean, and no column but the calendar's knows which hour of the world it is, so that weights
fitted on some grids can be handed to others. They stand in ``catalogue/data/forecast_habits.toml``.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from greenwright.catalogue.load import factors
from greenwright.grid.forecast.columns import (
    DECAYS_H,
    back,
    hours_of_day,
    is_weekend,
    mean_before,
    own_columns,
    usual_at,
    usual_day,
)
from greenwright.grid.forecast.hours import DAY_H, Floats, Hours, Ints

LEVEL_H = 21 * DAY_H
"""Values are shares of the mean of so many hours before the window."""
NAMES = (
    *("habit", "yesterday", "the day before", "a week ago", "three weeks", "habit by level", "habit by last hours"),
    *(f"{what} fading in {decay} h" for decay in DECAYS_H for what in ("last hours", "drift")),
    *("slope fading in 3 h", "slope fading in 8 h"),
    *(
        "three days",
        "fourteen days",
        "days of its kind",
        "fading days",
        "shape by size",
        "shape by size, fading",
        "shape by last hours",
    ),
    *("spread", "neighbouring hours", "last hours' size, fading", "last hours squared, fading"),
)
"""Of the columns whose weights any grid can share; the hours of the day follow them."""
SHARED = slice(0, len(NAMES))
PRIOR_DAYS = 100.0
"""So many days of its own a zone must show before it counts as much as all others together."""
CALENDAR_DAYS = 10.0
"""Days that would have to show nothing of an hour of the day for its weight to be halved: no other grid knows it."""


@cache
def shared_weights() -> Floats:
    """One per name: what the catalogue's grids have in common."""
    known = factors("forecast_habits")
    return np.array([known[name].value for name in NAMES])


def prior_days() -> Floats:
    """One per column."""
    return np.array([PRIOR_DAYS] * len(NAMES) + [CALENDAR_DAYS] * 2 * DAY_H)


def towards(shared: Floats) -> Floats:
    """Where weights lie before the zone has shown anything."""
    return np.concatenate([shared, np.zeros(2 * DAY_H)])


def columns(hours: Hours, begins: Ints, length: int) -> tuple[Floats, Floats]:
    """Of windows that begin at hours ``begins``: columns of shape (windows, hours, columns), and each window's level in g/kWh."""
    begin = begins[:, None]
    at = begin + np.arange(length)[None, :]
    level = np.maximum(mean_before(hours.intensity, begin, LEVEL_H), 1e-9)
    own = hours.intensity
    habit = usual_day(own, begin, at)
    found = own_columns(own, begin, at, habit, mean_before(own, begin, DAY_H))
    by_level = [
        one / level**2 if name in {"habit by level", "habit by last hours"} else one / level
        for name, one in zip(NAMES, found, strict=False)
    ]
    by_level += [one / level for one in _more(own, hours.first, begin, at, habit, level)]
    every = [*by_level, *hours_of_day(hours.first + at)]
    return np.stack([np.broadcast_to(one, at.shape) for one in every], axis=-1), level[:, 0]


def _more(own: Floats, first: int, begin: Ints, at: Ints, habit: Floats, level: Floats) -> list[Floats]:  # noqa: PLR0913, PLR0917 - what windows are made of
    """Habits over other spans, how large yesterday's swing was, and the last hours' surprise."""
    latest, ahead = back(at, begin, DAY_H), at - begin
    days = np.stack([own[latest - DAY_H * day] for day in range(14)])
    fading = 0.75 ** np.arange(14)
    shape = habit - habit.mean(axis=1, keepdims=True)
    swing = days[0] - days[0].mean(axis=1, keepdims=True)
    size = (swing * shape).sum(axis=1, keepdims=True) / ((shape**2).sum(axis=1, keepdims=True) + 1e-9) - 1
    last = own[begin - 1] - usual_at(own, begin - 1)
    return [
        days[:3].mean(axis=0),
        days.mean(axis=0),
        _of_its_kind(days, first, latest, at, habit),
        np.tensordot(fading, days, axes=1) / fading.sum(),
        size * shape,
        size * shape * np.exp(-ahead / 12),
        last * shape / level,
        days[:7].std(axis=0),
        np.mean([own[latest - DAY_H * day + off] for day in range(7) for off in (0, -1, -2)], axis=0),
        np.abs(last) * np.exp(-ahead / 8),
        last * np.abs(last) * np.exp(-ahead / 5) / level,
    ]


def _of_its_kind(days: Floats, first: int, latest: Ints, at: Ints, habit: Floats) -> Floats:
    """The mean of the last two weeks' working days for a working day, of their weekends for a weekend."""
    alike = np.stack([is_weekend(first + latest - DAY_H * day) == is_weekend(first + at) for day in range(14)]).astype(float)
    count = alike.sum(axis=0)
    return np.where(count > 0, (alike * days).sum(axis=0) / np.maximum(count, 1), habit)
