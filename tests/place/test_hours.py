from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.place.hours import Era, Hours, Part
from greenwright.place.outlook import Outlook, from_arrays, later
from greenwright.records.quantities import Grade, Quantity

KWH = Quantity(value=3.6e6, low=3.6e6, high=3.6e6, grade=Grade.COUNTER, source="a test's own joules")


def hours(*values: float) -> Outlook:
    median = np.array(values)
    return from_arrays(median, median * 0.5, median * 2, grade=Grade.MODELLED, source="a test's own hours")


def test_an_outlook_begins_later_with_the_part_of_the_slot_that_is_left() -> None:
    found = later(hours(100, 200, 400), 0.25)

    assert found.median_g_per_kwh.tolist() == [125, 250, 400]
    assert found.high_g_per_kwh.tolist() == [250, 500, 800]


def test_what_is_known_last_holds_on() -> None:
    assert later(hours(100, 200), 7).median_g_per_kwh.tolist() == [200]


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=20), st.floats(0, 25))
def test_no_moment_is_outside_what_was_known(values: list[float], passed: float) -> None:
    found = later(hours(*values), passed).median_g_per_kwh

    assert len(found) >= 1
    assert min(values) - 1e-6 <= found.min() <= found.max() <= max(values) + 1e-6


def test_carbon_is_that_of_the_hours_it_ran_in_as_each_was_expected_when_it_came() -> None:
    known = Hours(step_s=10, eras=[Era(begun_s=1000, outlook=hours(100, 100, 100)), Era(begun_s=1010, outlook=hours(400, 400))])

    found = known.carbon_g(KWH, [Part(start_s=1000, end_s=1020)])

    assert (found.value, found.low, found.high) == pytest.approx((250, 125, 500))
    assert found.grade is Grade.MODELLED


def test_a_time_between_two_slots_has_its_part_of_each() -> None:
    known = Hours(step_s=10, eras=[Era(begun_s=0, outlook=hours(100, 300))])

    assert known.price([Part(start_s=5, end_s=20)]) == pytest.approx(5 * 100 + 10 * 300)
    assert known.price([Part(start_s=50, end_s=60)]) == pytest.approx(10 * 300)


def test_a_new_forecast_is_looked_for_once_on_every_full_hour() -> None:
    asked: list[float] = []

    def again(at_s: float) -> Outlook | None:
        asked.append(at_s)
        return hours(1, 2) if len(asked) > 1 else None

    known = Hours(step_s=10, eras=[Era(begun_s=100, outlook=hours(5, 5))], again=again, every_s=60)

    assert [known.renewed(at_s) for at_s in (110, 119, 121, 130, 179, 181, 190)] == [False] * 5 + [True, False]
    assert asked == [121, 181]
    assert known.ahead(181).median_g_per_kwh.tolist() == [1, 2]
