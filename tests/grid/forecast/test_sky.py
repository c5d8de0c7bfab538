"""The weather explains what it can; what is left over fades, and what is forecast of the sky is all that is known of later hours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from greenwright.grid.forecast import sky
from greenwright.grid.forecast.columns import scale
from greenwright.grid.forecast.hours import Hours


def windy(days: int, ahead: int = 48) -> Hours:
    rng = np.random.default_rng(1)
    wind = np.clip(6 + 10 * np.convolve(rng.normal(size=24 * days + ahead + 17), np.ones(18) / 18, mode="valid"), 0, None)
    values = 500 - 25 * np.clip(wind[: 24 * days] - 2, 0, 10) + rng.normal(0, 5, size=24 * days)
    return Hours(first=0, intensity=values, known=np.ones(24 * days, dtype=bool), weather=wind[:, None])


def test_what_the_wind_does_is_found_in_the_days_it_was_not_learnt_from() -> None:
    hours = windy(120)

    adds = sky.explained(hours, scale(hours, 100 * 24), 100 * 24)

    assert len(adds) == len(hours.weather)
    assert np.corrcoef(adds[100 * 24 : 120 * 24], hours.intensity[100 * 24 :])[0, 1] > 0.95


def test_of_later_hours_it_sees_the_sky_and_nothing_else() -> None:
    hours = windy(60)
    otherwise = hours.intensity.copy()
    otherwise[1200:] = 1e6
    by, begins = scale(hours, 1200), np.array([1200])

    def seen(given: Hours) -> np.ndarray:
        return sky.columns(given, by, sky.explained(given, by, 1200), begins, 48)

    assert seen(replace(hours, intensity=otherwise)) == pytest.approx(seen(hours))
    assert seen(hours).shape == (1, 48, sky.LENGTH)
