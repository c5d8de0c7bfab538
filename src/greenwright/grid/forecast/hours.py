"""History and weather as arrays of whole hours, without gaps: what the forecast computes on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from greenwright.errors import BadInputError
from greenwright.grid.series import HOUR_S, hourly, time_text
from greenwright.records.grid import Intensity, Weather

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAY_H = 24
WEEK_H = 168


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A zone's hours. Weather may reach further than the history: that is the weather forecast."""

    first: int
    """Hours since 1970, UTC."""
    intensity: Floats
    """g/kWh, gaps filled."""
    known: NDArray[np.bool_]
    """False where a gap was filled."""
    weather: Floats
    """One row an hour, one column a kind; no column where there is no weather."""

    @property
    def count(self) -> int:
        """Hours of history."""
        return len(self.intensity)


def as_hours(history: Intensity, weather: Weather | None = None) -> Hours:
    """Both on one clock. Unknown hours take the value of the day before, of the week before, or the mean.

    Raises:
        BadInputError: no hour is known, or the weather begins after the history or has gaps.
    """
    series = hourly(history)
    given = np.array([np.nan if value is None else value for value in series.values_g_per_kwh], dtype=float)
    known = np.isfinite(given)
    if not known.any():
        raise BadInputError(f"the history of {history.zone} knows no hour; give one that does")
    first = round(series.start_s / HOUR_S)
    return Hours(first=first, intensity=_filled(given), known=known, weather=_weather(weather, first, len(given)))


def _filled(given: Floats) -> Floats:
    filled = given.copy()
    for back in (DAY_H, WEEK_H, -DAY_H):
        for place in np.flatnonzero(~np.isfinite(filled)):
            if 0 <= place - back < len(filled):
                filled[place] = filled[place - back]
    filled[~np.isfinite(filled)] = np.nanmean(given)
    return filled


def _weather(weather: Weather | None, first: int, count: int) -> Floats:
    if weather is None or not weather.columns:
        return np.empty((count, 0))
    skip = first - round(weather.start_s / HOUR_S)
    if weather.step_s != HOUR_S or skip < 0:
        begin = time_text(weather.start_s)
        raise BadInputError(
            f"the weather begins at {begin}, every {weather.step_s:g} s; give it by the hour, from the history's first on"
        )
    table = np.column_stack([np.array(column, dtype=float)[skip:] for column in weather.columns.values()])
    if not np.isfinite(table).all():
        raise BadInputError("the weather has gaps; fill them, or leave the weather out")
    return table
