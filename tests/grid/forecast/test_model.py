"""A forecast is judged by what waiting where it says saves; it never looks ahead, and says how wrong it tends to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from greenwright.errors import BadInputError
from greenwright.grid.forecast.model import forecast
from greenwright.records.grid import Intensity, Weather
from greenwright.records.quantities import Grade


def _worlds() -> ModuleType:
    spec = spec_from_file_location("worlds", Path(__file__).with_name("conftest.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WORLDS = _worlds()
sunny: Callable[[int], Intensity] = WORLDS.sunny
flat: Callable[[int], Intensity] = WORLDS.flat
windy: Callable[[int], tuple[Intensity, Weather]] = WORLDS.windy
grid: Callable[..., Intensity] = WORLDS.grid
DAY_S = 86_400.0


def test_where_every_day_is_alike_almost_all_that_can_be_saved_is_caught() -> None:
    found = forecast(sunny(120), at_s=120 * DAY_S)

    assert found.worth is not None
    assert found.worth.captured_share > 0.97
    assert 9 <= int(np.argmin(np.array(found.intensity.values_g_per_kwh, dtype=float))) <= 15


def test_the_weather_is_worth_what_habit_cannot_know(texas: tuple[Intensity, Weather]) -> None:
    history, sky = texas

    with_it = forecast(history, at_s=150 * DAY_S, weather=sky)
    without = forecast(history, at_s=150 * DAY_S)

    assert with_it.worth is not None
    assert without.worth is not None
    assert with_it.worth.captured_share > 0.85
    assert with_it.worth.captured_share > without.worth.captured_share + 0.2


def test_on_a_flat_grid_no_hour_is_said_to_be_better() -> None:
    found = forecast(flat(100), at_s=100 * DAY_S)

    assert found.followed == "now"
    assert len(set(found.intensity.values_g_per_kwh)) == 1
    assert any("waiting would have saved nothing" in note for note in found.intensity.notes)


def test_it_looks_at_nothing_that_comes_later(texas: tuple[Intensity, Weather]) -> None:
    history, sky = texas
    known = round(120 * DAY_S / 3600)
    otherwise = grid(np.array([*history.values_g_per_kwh[:known], *[9999.0] * (150 * 24 - known)], dtype=float))

    assert forecast(history, at_s=120 * DAY_S, weather=sky) == forecast(otherwise, at_s=120 * DAY_S, weather=sky)


def test_nine_in_ten_of_the_true_values_lie_in_the_range(texas: tuple[Intensity, Weather]) -> None:
    history, sky = texas
    inside = []
    for day in range(120, 150, 9):
        said = forecast(history, at_s=day * DAY_S, weather=sky).intensity
        truth = history.values_g_per_kwh[day * 24 : day * 24 + 24]
        for value, low, high in zip(truth, said.low_g_per_kwh, said.high_g_per_kwh, strict=True):
            assert value is not None
            assert low is not None
            assert high is not None
            inside.append(low <= value <= high)

    assert 0.75 <= np.mean(inside) <= 0.995


@pytest.mark.parametrize(
    ("known", "followed", "words"),
    [(5, "now", "mean of no whole days"), (30, "habit", "mean of 1 whole days"), (300, "habit", "mean of 7 whole days")],
)
def test_with_little_history_it_says_how_little(known: int, followed: str, words: str) -> None:
    history = grid(np.arange(known, dtype=float) + 100)

    found = forecast(history, at_s=known * 3600.0, length_h=30)

    assert (followed, None) == (found.followed, found.worth)
    assert words in found.intensity.notes[0]
    assert len(found.intensity.values_g_per_kwh) == 30


def test_habit_keeps_the_hour_of_the_day() -> None:
    history = grid(np.array([float(hour % 24) for hour in range(24 * 5 + 7)]))

    found = forecast(history, at_s=(24 * 5 + 7) * 3600.0, length_h=24)

    assert found.intensity.values_g_per_kwh == tuple(float((7 + hour) % 24) for hour in range(24))


def test_a_history_that_ends_some_hours_ago_is_bridged() -> None:
    found = forecast(sunny(100), at_s=100 * DAY_S + 5 * 3600)

    assert found.intensity.start_s == 100 * DAY_S + 5 * 3600
    assert len(found.intensity.values_g_per_kwh) == 24


def test_gaps_in_the_history_are_no_reason_to_fail() -> None:
    values = np.array(sunny(120).values_g_per_kwh, dtype=float)
    values[500:540] = np.nan
    values[2000::97] = np.nan

    found = forecast(grid(values), at_s=120 * DAY_S)

    assert found.worth is not None
    assert found.worth.captured_share > 0.9
    assert all(value is not None and np.isfinite(value) for value in found.intensity.values_g_per_kwh)


def test_the_kind_of_number_travels_and_an_assumed_history_stays_assumed() -> None:
    history = replace(sunny(60), grade=Grade.ASSUMED)
    found = forecast(history, at_s=60 * DAY_S).intensity

    assert (history.signal, history.boundary, Grade.ASSUMED) == (found.signal, found.boundary, found.grade)
    assert found.issued_s == 60 * DAY_S
    assert found.source == "greenwright's forecast from a test"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"length_h": 97}, "from 1 to 96 h"),
        ({"length_h": 0}, "from 1 to 96 h"),
        ({"job_h": 30}, "the job within"),
        ({"at_s": 200 * DAY_S}, "ends more than a day before"),
        ({"weather": Weather(start_s=0.0, step_s=3600.0, columns={"wind": (1.0,) * 2400})}, "the weather ends before"),
        (
            {"weather": Weather(start_s=7200.0, step_s=3600.0, columns={"wind": (1.0,) * 3000})},
            "give it by the hour, from the history's first on",
        ),
        ({"weather": Weather(start_s=0.0, step_s=3600.0, columns={"wind": (float("nan"),) * 3000})}, "the weather has gaps"),
    ],
)
def test_what_cannot_be_forecast_is_named(change: dict[str, object], complaint: str) -> None:
    given: dict[str, object] = {"at_s": 100 * DAY_S, **change}
    with pytest.raises(BadInputError, match=complaint):
        forecast(sunny(100), **given)  # type: ignore[arg-type]  # a table of arguments, some of them wrong on purpose
