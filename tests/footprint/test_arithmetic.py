from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from greenwright.catalogue.load import Factor, factors
from greenwright.errors import BadInputError
from greenwright.footprint.arithmetic import difference, exactly, known_total, of_factor, product, quotient, scaled, total
from greenwright.records.quantities import Grade, Quantity

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


@st.composite
def quantities(draw: st.DrawFn) -> Quantity:
    low, value, high = sorted(draw(st.lists(NUMBERS, min_size=3, max_size=3)))
    grade = draw(st.sampled_from(list(Grade)))
    return Quantity(value=value, low=low, high=high, grade=grade, source=draw(st.sampled_from("abc")))


def within(value: float, quantity: Quantity) -> bool:
    slack = 1e-9 * max(abs(value), abs(quantity.low), abs(quantity.high), 1.0)
    return quantity.low - slack <= value <= quantity.high + slack


@given(quantities(), quantities(), st.floats(0, 1), st.floats(0, 1))
def test_whatever_the_truth_is_within_the_ranges_the_result_holds_it(
    a: Quantity, b: Quantity, at_a: float, at_b: float
) -> None:
    true_a, true_b = a.low + at_a * (a.high - a.low), b.low + at_b * (b.high - b.low)

    assert within(true_a + true_b, total((a, b)))
    assert within(true_a - true_b, difference(a, b))
    assert within(true_a * true_b, product(a, b))
    assert within(true_a * -2.5, scaled(a, -2.5))


@given(quantities(), quantities(), st.floats(0, 1), st.floats(0, 1))
def test_a_quotient_holds_the_truth_or_refuses_a_divisor_that_may_be_0(
    a: Quantity, b: Quantity, at_a: float, at_b: float
) -> None:
    if b.low <= 0 <= b.high:
        with pytest.raises(BadInputError, match="may be 0"):
            quotient(a, b)
        return
    assume(min(abs(b.low), abs(b.high)) > 1e-6)

    assert within((a.low + at_a * (a.high - a.low)) / (b.low + at_b * (b.high - b.low)), quotient(a, b))


@pytest.mark.parametrize("operation", [lambda a, b: total((a, b)), difference, product])
@given(quantities(), quantities())
def test_the_result_is_as_good_as_its_weakest_part_and_names_every_source(
    operation: Callable[[Quantity, Quantity], Quantity], a: Quantity, b: Quantity
) -> None:
    result = operation(a, b)

    order = list(Grade)
    assert order.index(result.grade) == max(order.index(a.grade), order.index(b.grade))
    assert set(result.source.split("; ")) == {a.source, b.source}
    assert result.low <= result.value <= result.high


def test_what_is_unknown_is_left_out_of_a_total_and_never_taken_for_0() -> None:
    one = exactly(2.0)

    assert known_total((one, None)) == one
    assert known_total((None, None)) is None


@pytest.mark.parametrize("nothing", [total, lambda parts: product(*parts)])
def test_nothing_has_no_total(nothing: Callable[[tuple[Quantity, ...]], Quantity]) -> None:
    with pytest.raises(BadInputError, match="give at least one"):
        nothing(())


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_number_that_is_none_is_refused(wrong: float) -> None:
    with pytest.raises(BadInputError, match="give a finite number"):
        exactly(wrong)
    with pytest.raises(BadInputError, match="give a finite number"):
        scaled(exactly(1.0), wrong)


def test_a_catalogue_factor_keeps_its_range_and_says_where_it_is_from() -> None:
    factor = Factor(
        key="k",
        value=2.0,
        low=1.0,
        high=4.0,
        unit="u",
        scope="s",
        source="A report",
        url="u",
        year=2024,
        checked=date(2026, 1, 1),
    )

    assert of_factor(factor) == Quantity(value=2.0, low=1.0, high=4.0, grade=Grade.MODELLED, source="A report (2024)")


def test_a_factor_that_no_source_confirmed_is_assumed_and_says_so() -> None:
    found = of_factor(factors("mass")["server-unknown"])

    assert found.grade is Grade.ASSUMED
    assert found.source.endswith("(2026), unconfirmed")
