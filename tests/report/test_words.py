"""How numbers are worded."""

from __future__ import annotations

from math import inf, nan
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.records.quantities import Grade, Interval, Quantity
from greenwright.records.study import Step
from greenwright.report import words

if TYPE_CHECKING:
    from collections.abc import Callable

SCALES = {"nJ": 1e-9, "µJ": 1e-6, "mJ": 1e-3, "J": 1.0, "kJ": 1e3, "MJ": 1e6, "GJ": 1e9}
NUMBER_WORDS = (
    words.energy_text,
    words.watt_hours_text,
    words.size_text,
    words.duration_text,
    words.count_text,
    words.about_text,
    words.rate_text,
    words.share_text,
    words.factor_text,
    words.ratio_text,
    words.points_text,
)


@pytest.mark.parametrize("say", NUMBER_WORDS)
@pytest.mark.parametrize("value", [None, nan, inf, -inf])
def test_what_is_not_there_reads_not_measured(say: Callable[[float | None], str], value: float | None) -> None:
    assert say(value) == "not measured"


@pytest.mark.parametrize("say", NUMBER_WORDS)
@given(value=st.floats(min_value=-1e15, max_value=1e15))
def test_every_finite_number_has_words(say: Callable[[float | None], str], value: float | None) -> None:
    said = say(value)

    assert said
    assert "nan" not in said
    assert "inf" not in said


@pytest.mark.parametrize(
    ("energy_j", "said"),
    [
        (0.00124, "1.24 mJ"),
        (0.0, "0 J"),
        (0.9999, "1 J"),
        (0.000_999_6, "1 mJ"),
        (41_500.0, "41.5 kJ"),
        (2.5e-7, "250 nJ"),
        (-0.5, "−500 mJ"),
        (3.0e12, "3,000 GJ"),
    ],
)
def test_energy_is_said_in_the_unit_that_fits(energy_j: float, said: str) -> None:
    assert words.energy_text(energy_j) == said


@given(energy_j=st.floats(min_value=1e-9, max_value=1e11))
def test_the_energy_that_is_said_is_the_energy_within_rounding(energy_j: float) -> None:
    number, unit = words.energy_text(energy_j).split()

    assert float(number.replace(",", "")) * SCALES[unit] == pytest.approx(energy_j, rel=0.0051)


@given(energies=st.tuples(*[st.floats(min_value=1e-9, max_value=1e11)] * 2))
def test_more_energy_never_reads_as_less(energies: tuple[float, float]) -> None:
    less, more = (
        float(number.replace(",", "")) * SCALES[unit]
        for number, unit in map(str.split, map(words.energy_text, sorted(energies)))
    )

    assert less <= more * (1 + 1e-9)


def test_a_range_is_said_in_one_unit() -> None:
    quantity = Quantity(value=0.0011, low=0.0004, high=0.0021, grade=Grade.MODELLED, source="")

    assert words.energy_range_text(quantity) == "0.4 to 2.1 mJ"


def test_a_range_without_width_is_said_once() -> None:
    quantity = Quantity(value=1.0, low=1.0, high=1.0, grade=Grade.COUNTER, source="")

    assert words.energy_range_text(quantity) == "1 J"


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (0.081, "12.3× less"),
        (1.4, "1.4× more"),
        (0.5, "2× less"),
        (0.95, "1.05× less"),
        (1.0, "the same"),
        (0.999, "the same"),
        (1 / 1234, "1,230× less"),
        (0.0, "not measured"),
        (-0.2, "not measured"),
    ],
)
def test_a_ratio_is_said_as_times_less_or_more(ratio: float, said: str) -> None:
    assert words.ratio_text(ratio) == said


@given(ratio=st.floats(min_value=1e-6, max_value=1e6))
def test_a_ratio_and_its_inverse_say_the_same_factor_with_opposite_words(ratio: float) -> None:
    there, back = words.ratio_text(ratio).split(), words.ratio_text(1 / ratio).split()

    assert there[0] == back[0] or abs(_factor(there[0]) - _factor(back[0])) <= 0.0051 * _factor(there[0]) + 0.01
    assert there[1:] != back[1:] or there == ["the", "same"]


def _factor(said: str) -> float:
    return 1.0 if said == "the" else float(said.rstrip("×").replace(",", ""))


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.078, 0.084, "11.9× to 12.8× less"),
        (0.9, 1.2, "1.2× more to 1.11× less"),
        (1.2, 1.5, "1.2× to 1.5× more"),
        (0.5, 0.5, "2× less"),
        (0.9, inf, "not measured"),
    ],
)
def test_the_interval_of_a_ratio_goes_from_the_smaller_saving_to_the_larger(low: float, high: float, said: str) -> None:
    assert words.ratio_range_text(Interval(value=low, low=low, high=high, confidence=0.95)) == said


@pytest.mark.parametrize(
    ("duration_s", "said"),
    [
        (0.0012, "1.2 ms"),
        (59.4, "59.4 s"),
        (59.9, "1 min"),
        (90, "1 min 30 s"),
        (3599.9, "1 h"),
        (7500, "2 h 5 min"),
        (0, "0 s"),
    ],
)
def test_a_duration_carries_into_the_next_unit(duration_s: float, said: str) -> None:
    assert words.duration_text(duration_s) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [(12_300, "12,300"), (0, "0"), (999_999.6, "1 million"), (12_300_000, "12.3 million"), (2.5e9, "2.5 billion")],
)
def test_a_count_has_every_digit_below_a_million(count: float, said: str) -> None:
    assert words.count_text(count) == said


@pytest.mark.parametrize(
    ("drop", "said"),
    [(0.004, "0.4 points"), (0.01, "1 point"), (-0.002, "−0.2 points"), (0.0, "0 points"), (-1e-9, "0 points")],
)
def test_a_drop_is_said_in_points_and_a_gain_is_negative(drop: float, said: str) -> None:
    assert words.points_text(drop) == said


def test_a_metric_that_is_no_share_keeps_its_own_scale() -> None:
    said = (words.quality_text(0.87654, "spearman"), words.drop_text(0.004, "spearman"), words.drop_text(1e-17, "spearman"))

    assert said == ("0.8765", "0.004", "0")


@pytest.mark.parametrize(
    ("count", "unit", "said"),
    [
        (12_345, "1 image", "12,300 images"),
        (1, "1 image", "1 image"),
        (5, "1 query", "5 queries"),
        (7, "1,000 tokens", "7 × 1,000 tokens"),
        (3, "", "3 units"),
        (inf, "1 image", "not measured"),
    ],
)
def test_units_are_counted_with_their_plural(count: float, unit: str, said: str) -> None:
    assert words.units_text(count, unit) == said


def test_a_recipe_reads_in_order_with_its_choices() -> None:
    recipe = (
        Step(strategy="prune_channels", title="Prune channels", stage="prune", choices={"keep_share": 0.5, "global": True}),
        Step(strategy="int8", title="Store weights in 8 bits", stage="quantize"),
    )

    assert words.recipe_text(recipe) == "Prune channels (keep share 0.5, global yes) → Store weights in 8 bits"


def test_an_empty_recipe_says_that_nothing_changed() -> None:
    assert words.recipe_text(()) == "nothing changed"


def test_every_grade_is_explained() -> None:
    assert set(words.GRADE_WORDS) == set(Grade)
