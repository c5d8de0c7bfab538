"""Flat, copied, missing and absurd stretches are found, and a healthy series is left in peace."""

from __future__ import annotations

import math
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from greenwright.grid.checks import copies, doubts
from greenwright.records.grid import Boundary, Intensity, Signal
from greenwright.records.quantities import Grade

DAYS = 14


def healthy(hours: int = 24 * DAYS) -> tuple[float | None, ...]:
    """A grid that breathes by day and wanders by week, never twice the same."""
    return tuple(
        300 + 80 * math.sin(hour / 24 * 2 * math.pi) + 40 * math.sin(hour / 31.7) + 0.01 * hour for hour in range(hours)
    )


SERIES = Intensity(
    zone="DE",
    start_s=0.0,
    step_s=3600.0,
    values_g_per_kwh=healthy(),
    signal=Signal.AVERAGE,
    boundary=Boundary.DIRECT,
    grade=Grade.MODELLED,
    source="a test",
    fetched_s=0.0,
)


def kinds(*values: float | None) -> set[str]:
    return {doubt.kind for doubt in doubts(replace(SERIES, values_g_per_kwh=values))}


def test_a_healthy_series_is_left_in_peace() -> None:
    assert doubts(SERIES) == []


@given(st.integers(0, 24 * DAYS - 30), st.integers(12, 30))
def test_a_flat_run_is_found_where_it_is(place: int, length: int) -> None:
    values = [*healthy()]
    values[place : place + length] = [123.0] * length

    found = [doubt for doubt in doubts(replace(SERIES, values_g_per_kwh=tuple(values))) if doubt.kind == "flat"]

    assert [(doubt.start_s, doubt.duration_s) for doubt in found] == [(place * 3600.0, length * 3600.0)]


@given(st.integers(1, DAYS - 2))
def test_a_day_copied_from_the_day_before_is_found(day: int) -> None:
    values = [*healthy()]
    values[24 * day : 24 * day + 24] = values[24 * day - 24 : 24 * day]

    found = [doubt for doubt in doubts(replace(SERIES, values_g_per_kwh=tuple(values))) if doubt.kind == "copied"]

    assert [doubt.start_s for doubt in found] == [day * 86400.0]
    assert "as a day before" in found[0].text


def test_a_long_gap_and_many_short_ones_are_found() -> None:
    long = [*healthy()]
    long[50:60] = [None] * 10
    short = [None if hour % 20 == 0 else value for hour, value in enumerate(healthy())]

    assert kinds(*long) == {"missing"}
    assert kinds(*short) == {"missing"}


def test_zeros_that_stand_for_gaps_are_found() -> None:
    assert kinds(*(0.0 if hour == 77 else value for hour, value in enumerate(healthy()))) == {"absurd"}


def test_a_grid_that_may_touch_zero_is_no_mistake() -> None:
    assert kinds(*(max(0.0, (value or 0) - 250) for value in healthy())) <= {"flat"}


def test_a_flat_grid_is_told_that_waiting_saves_nothing() -> None:
    found = doubts(replace(SERIES, values_g_per_kwh=tuple(480 + (value or 0) / 100 for value in healthy())))

    assert [doubt.kind for doubt in found] == ["nothing to choose"]
    assert "waiting saves nothing" in found[0].text


def test_two_zones_with_the_same_column_are_found() -> None:
    own = {float(hour): value for hour, value in enumerate(healthy()) if value is not None}
    near = {at: value for at, value in own.items() if at != 5}
    other = {at: value + 1 for at, value in own.items()}

    found = copies("us-east-1", {"us-east-1": own, "us-east-2": near, "us-west-1": other})

    assert len(found) == 1
    assert "us-east-1 and us-east-2" in found[0].text
