"""Points become evenly spaced series; series are cut and made hourly without inventing anything."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.errors import BadInputError
from greenwright.grid.contract import Ask
from greenwright.grid.series import cut, hourly, parse_time_s, regular, time_text
from greenwright.records.grid import Boundary, Intensity, Signal
from greenwright.records.quantities import Grade

SERIES = Intensity(
    zone="DE",
    start_s=0.0,
    step_s=3600.0,
    values_g_per_kwh=(1.0, None, 3.0, 4.0),
    signal=Signal.AVERAGE,
    boundary=Boundary.DIRECT,
    grade=Grade.MODELLED,
    source="a test",
    fetched_s=0.0,
)


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-01T00:00Z",
        "2024-01-01T00:00:00+00:00",
        "2024-01-01 00:00",
        "2024-01-01T01:00+01:00",
        "1704067200",
        "2024-01-01",
    ],
)
def test_a_time_is_read_in_many_spellings(text: str) -> None:
    assert parse_time_s(text) == 1_704_067_200.0
    assert time_text(parse_time_s(text)) == "2024-01-01T00:00Z"


@pytest.mark.parametrize("text", ["", "yesterday", "2024-13-01", "12"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadInputError, match="is not a time"):
        parse_time_s(text)


@given(st.permutations(range(6)), st.sets(st.integers(1, 4), max_size=3))
def test_points_in_any_order_with_any_gaps_become_the_same_series(order: list[int], gone: set[int]) -> None:
    points: list[tuple[float, float | None]] = [(place * 900.0, float(place)) for place in order if place not in gone]

    start_s, step_s, values, _ = regular(points, 900.0)

    assert (start_s, step_s) == (0.0, 900.0)
    assert values == tuple(None if place in gone else float(place) for place in range(6))


def test_times_that_keep_to_no_step_are_refused() -> None:
    with pytest.raises(BadInputError, match="does not lie on the 3600 s steps from 1970-01-01T00:00Z on"):
        regular([(0, 1.0), (3600, 2.0), (5000, 3.0), (7200, 1.0)])


def test_a_value_that_is_not_finite_is_unknown() -> None:
    assert regular([(0, float("nan")), (3600, 2.0)])[2] == (None, 2.0)


def test_a_cut_keeps_what_lies_within() -> None:
    found = cut(replace(SERIES, low_g_per_kwh=(0.0, None, 2.0, 3.0)), 3600, 3 * 3600)

    assert (found.start_s, found.values_g_per_kwh, found.low_g_per_kwh) == (3600.0, (None, 3.0), (None, 2.0))
    assert found.end_s == 3 * 3600


def test_a_cut_beyond_the_series_is_empty() -> None:
    assert cut(SERIES, 10 * 3600, 20 * 3600).values_g_per_kwh == ()


def test_half_hours_become_the_mean_of_what_is_known() -> None:
    halves = replace(SERIES, start_s=1800.0, step_s=1800.0, values_g_per_kwh=(1.0, 2.0, 4.0, None, 6.0, None, None))

    found = hourly(halves)

    assert (found.start_s, found.values_g_per_kwh) == (0.0, (1.0, 3.0, 6.0, None))


def test_a_longer_step_is_repeated() -> None:
    assert hourly(replace(SERIES, step_s=7200.0, values_g_per_kwh=(5.0, 7.0))).values_g_per_kwh == (5.0, 5.0, 7.0, 7.0)


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=40))
def test_hours_keep_the_mean_of_their_quarters(values: list[float]) -> None:
    quarters = replace(SERIES, step_s=900.0, values_g_per_kwh=tuple(value for value in values for _ in range(4)))

    assert hourly(quarters).values_g_per_kwh == pytest.approx(values)


def test_a_stretch_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(BadInputError, match="swap them"):
        Ask(zone="DE", start_s=10, end_s=10)
