"""What grids have in common is a share of a zone's own level, and holds wherever on the clock or the map the zone lies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from greenwright.grid.forecast import habits
from greenwright.grid.forecast.hours import Hours
from greenwright.grid.forecast.ridge import Sums, mean, solve, sums
from greenwright.grid.forecast.share import oracle_share
from greenwright.grid.forecast.walk import HABIT_ALONE, HABITS, follow, walk


def zone(days: int, seed: int = 0, level_g_per_kwh: float = 300.0) -> Hours:
    """Sunny at noon, and unusual for hours at a time."""
    hour = np.arange(24 * days)
    gusts = np.random.default_rng(seed).normal(size=len(hour) + 23)
    unusual = np.convolve(gusts, np.exp(-np.arange(24) / 8), mode="valid")
    values = level_g_per_kwh * (1 - 0.3 * np.clip(np.sin((hour % 24 - 6) / 12 * np.pi), 0, None) + 0.08 * unusual)
    return Hours(first=0, intensity=values, known=np.ones(len(hour), dtype=bool), weather=np.empty((len(hour), 0)))


def test_there_is_a_weight_for_every_shared_column() -> None:
    seen, level = habits.columns(zone(60), np.array([700, 900]), 24)

    assert habits.shared_weights().shape == (len(habits.NAMES),)
    assert seen.shape == (2, 24, len(habits.prior_days()))
    assert level == pytest.approx([300, 300], rel=0.2)


def test_a_grid_ten_times_as_dirty_looks_the_same() -> None:
    begins = np.array([700, 901])

    clean, level = habits.columns(zone(60), begins, 24)
    dirty, ten = habits.columns(zone(60, level_g_per_kwh=3000.0), begins, 24)

    assert dirty == pytest.approx(clean, abs=1e-9)
    assert ten == pytest.approx(10 * level)


def test_nothing_that_comes_later_is_looked_at() -> None:
    known = zone(60)
    otherwise = known.intensity.copy()
    otherwise[900:] = 1e6

    assert habits.columns(replace(known, intensity=otherwise), np.array([900]), 48)[0] == pytest.approx(
        habits.columns(known, np.array([900]), 48)[0]
    )


def test_a_zone_that_has_shown_nothing_yet_is_forecast_by_what_grids_share() -> None:
    walked = walk(zone(45, seed=3), 24, 6)
    followed, names = follow(walked, 6)
    early = walked.blocks == walked.blocks[0]

    assert set(names) == {HABITS}
    ours, habit = (oracle_share(walked.truth[early], one[early], 6) for one in (followed, walked.said[HABIT_ALONE]))
    assert ours.captured_share > habit.captured_share


def test_weights_lie_where_they_are_held_until_something_is_seen() -> None:
    rng = np.random.default_rng(5)
    columns, held = rng.normal(size=(40, 24, 3)), np.array([1.0, -2.0, 0.5])
    nothing = sums(columns, np.zeros((40, 24)), day_count=1e-6)
    plenty = sums(columns, columns @ np.array([3.0, 0.0, 0.0]), day_count=1e6)
    days = np.full(3, 10.0)

    def at(of: Sums) -> list[float]:
        return [float(one) for one in solve(of, days, towards=held).shape]

    assert at(nothing) == pytest.approx(list(held), abs=1e-4)
    assert at(plenty) == pytest.approx([3.0, 0.0, 0.0], abs=0.05)


def test_the_mean_of_models_says_the_mean_of_what_they_say() -> None:
    rng = np.random.default_rng(6)
    known = sums(rng.normal(size=(30, 24, 4)), rng.normal(size=(30, 24)), day_count=30)
    one, other = (solve(known, np.full(4, days)) for days in (1.0, 100.0))

    assert mean([one, other]).shape == pytest.approx((one.shape + other.shape) / 2)
