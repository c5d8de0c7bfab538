"""Readings become joules: wraps, resets, ranges and sums."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.errors import BadInputError, CannotHereError
from greenwright.meter.contract import Counter
from greenwright.meter.window import gained_j, min_window_s, part, poll_s, total
from greenwright.records import Grade, Quantity, Reading

WRAP_J = 1000.0
gains = st.lists(st.floats(min_value=0, max_value=WRAP_J * 0.99), min_size=1, max_size=30)
shares = st.floats(min_value=0.01, max_value=1)


def readings(gains_j: list[float], start_j: float = 0.0, wrap_j: float | None = None) -> list[Reading]:
    energies_j = [start_j]
    for gain_j in gains_j:
        energies_j.append(energies_j[-1] + gain_j)
    return [
        Reading(counter="c", energy_j=energy_j % wrap_j if wrap_j else energy_j, at_s=float(second), wrap_j=wrap_j)
        for second, energy_j in enumerate(energies_j)
    ]


def counter(low_ratio: float = 1.0, high_ratio: float = 1.0) -> Counter:
    return Counter(
        id="c", component="cpu", handle=None, covers="all", low_ratio=low_ratio, high_ratio=high_ratio, source="a fake"
    )


def quantity(value: float, grade: Grade, source: str) -> Quantity:
    return Quantity(value=value, low=value / 2, high=value * 2, grade=grade, source=source)


def test_a_wrapped_counter_is_unwrapped_once() -> None:
    assert 30.0 == gained_j(readings([30.0], start_j=990.0, wrap_j=WRAP_J))


@given(gains_j=gains, start_j=st.floats(min_value=0, max_value=WRAP_J * 0.99))
def test_any_number_of_wraps_is_seen_when_looked_at_between(gains_j: list[float], start_j: float) -> None:
    assert sum(gains_j) == pytest.approx(gained_j(readings(gains_j, start_j, WRAP_J)), abs=1e-6)


@given(gains_j=gains, cut=st.integers(min_value=0, max_value=29))
def test_a_sum_of_windows_is_the_window_of_the_sum(gains_j: list[float], cut: int) -> None:
    seen = readings(gains_j, wrap_j=WRAP_J)
    cut = min(cut, len(seen) - 2)
    parts_j = (gained_j(seen[: cut + 1]) if cut else 0.0) + gained_j(seen[cut:])

    assert gained_j(seen) == pytest.approx(parts_j)


@given(gains_j=gains, low=shares, high=shares)
def test_the_range_of_a_part_contains_its_value(gains_j: list[float], low: float, high: float) -> None:
    energy = part(counter(low, 1 / high), readings(gains_j), Grade.MODELLED).energy_j

    assert energy.low <= energy.value <= energy.high


def test_a_counter_that_falls_and_does_not_wrap_is_an_error() -> None:
    with pytest.raises(CannotHereError, match=r"c fell from 50.0 J to 20.0 J"):
        gained_j(readings([-30.0], start_j=50.0))


def test_a_counter_beyond_its_own_wrap_is_an_error() -> None:
    beyond = Reading(counter="c", energy_j=1100.0, at_s=0.0, wrap_j=WRAP_J)

    with pytest.raises(CannotHereError):
        gained_j([beyond, Reading(counter="c", energy_j=5.0, at_s=1.0, wrap_j=WRAP_J)])


def test_one_reading_is_no_window() -> None:
    with pytest.raises(BadInputError, match="1 readings make no window"):
        gained_j(readings([])[:1])


def test_readings_of_two_counters_or_out_of_order_are_refused() -> None:
    first, second = readings([1.0])
    other = Reading(counter="d", energy_j=2.0, at_s=2.0)

    for pair in ([first, other], [second, first]):
        with pytest.raises(BadInputError, match="in order of time"):
            gained_j(pair)


def test_a_total_has_the_weakest_grade_and_each_source_once() -> None:
    summed = total(
        [quantity(10, Grade.COUNTER, "rapl"), quantity(4, Grade.MODELLED, "model"), quantity(1, Grade.COUNTER, "rapl")]
    )

    assert Quantity(value=15, low=7.5, high=30, grade=Grade.MODELLED, source="rapl; model") == summed


def test_nothing_has_no_total() -> None:
    with pytest.raises(BadInputError):
        total([])


def test_a_window_needs_twenty_updates_and_a_twentieth_of_a_second() -> None:
    assert 0.05 == min_window_s([])
    assert 0.05 == min_window_s([0.001])
    assert 2.0 == min_window_s([0.001, 0.1])


def test_polling_is_more_than_twice_as_fast_as_the_fastest_wrap() -> None:
    wait_s = poll_s([65_536.0, None, 262_143.0])

    assert wait_s is not None
    assert wait_s < 65_536.0 / 1000 / 2
    assert poll_s([None]) is None
