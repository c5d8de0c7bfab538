"""Grids with a known truth: a sun that rises every day, a wind that blows as the weather says, and some noise."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from greenwright.records.grid import Boundary, Intensity, Signal, Weather
from greenwright.records.quantities import Grade

HOUR_S = 3600.0


def wind(days: int, seed: int = 1) -> NDArray[np.float64]:
    """Between 0 and about 12, for days at a time."""
    gusts = np.random.default_rng(seed).normal(size=24 * days + 200)
    slow = np.convolve(gusts, np.ones(18) / 18, mode="same")[100:-100]
    return np.asarray(np.clip(6 + 10 * slow, 0, None))


def grid(values: NDArray[np.float64], zone: str = "TEST") -> Intensity:
    return Intensity(
        zone=zone,
        start_s=0.0,
        step_s=HOUR_S,
        values_g_per_kwh=tuple(None if not np.isfinite(value) else float(value) for value in values),
        signal=Signal.AVERAGE,
        boundary=Boundary.LIFE_CYCLE,
        grade=Grade.MODELLED,
        source="a test",
        fetched_s=0.0,
    )


def sunny(days: int) -> Intensity:
    """A California: every day alike, cleanest at noon."""
    hour = np.arange(24 * days)
    noise = np.random.default_rng(0).normal(0, 5, size=24 * days)
    return grid(300 - 120 * np.clip(np.sin((hour % 24 - 6) / 12 * np.pi), 0, None) + noise)


def windy(days: int) -> tuple[Intensity, Weather]:
    """A Texas: habit knows nothing, the weather forecast almost everything."""
    blows = wind(days + 5)
    noise = np.random.default_rng(2).normal(0, 5, size=24 * days)
    values = 500 - 25 * np.clip(blows[: 24 * days] - 2, 0, 10) + noise
    return grid(values), Weather(start_s=0.0, step_s=HOUR_S, columns={"wind": tuple(map(float, blows))})


def flat(days: int) -> Intensity:
    """A Singapore: gas, day and night."""
    return grid(np.full(24 * days, 470.0))


@pytest.fixture
def texas() -> tuple[Intensity, Weather]:
    return windy(150)
