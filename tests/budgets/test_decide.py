from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.budgets.decide import judge, overall
from greenwright.budgets.spread import more_repeats, ratio_of_two
from greenwright.errors import BadInputError
from greenwright.records.checks import Basis, Budget, Judgement, Metric, Outcome, QualityCondition, Side
from greenwright.records.footprint import Supply
from greenwright.records.quantities import Grade, Quantity

Sides = Callable[..., Side]
STEADY = [100.0, 100.1, 99.9, 100.2, 99.8, 100.0, 100.1, 99.9]
ABSOLUTE = Budget(name="energy", metric=Metric.ENERGY, most=10.0)
CLEAN = Quantity(value=100.0, low=90.0, high=110.0, grade=Grade.MODELLED, source="a grid")


def times(factor: float) -> list[float]:
    return [one * factor for one in STEADY]


def against(budget: Budget, head: Side, base: Side) -> Judgement:
    return judge(budget, head, {"base": base}, Supply())


@pytest.mark.parametrize(
    ("factor", "outcome"),
    [(0.9, Outcome.WITHIN), (1.0, Outcome.WITHIN), (1.05, Outcome.OVER), (2.0, Outcome.OVER), (1.0201, Outcome.CANNOT_TELL)],
)
def test_a_rise_is_over_within_or_unclear_by_its_whole_interval(
    rise: Budget, side: Sides, factor: float, outcome: Outcome
) -> None:
    noisy = [one * (1 + 0.002 * (-1) ** number) for number, one in enumerate(times(factor))]

    found = against(rise, side(noisy), side(STEADY, name="base"))

    assert found.outcome is outcome
    assert found.ratio is not None
    assert found.ratio.low <= factor <= found.ratio.high
    assert (found.basis, found.grade) == (Basis.JOULES, Grade.COUNTER)


def test_drift_that_both_share_cancels_when_they_ran_in_turn(rise: Budget, side: Sides) -> None:
    drift = [1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5]
    base = [one * more for one, more in zip(STEADY, drift, strict=True)]
    head = [one * 1.1 for one in base]

    assert against(rise, side(head), side(base, name="base")).outcome is Outcome.OVER
    assert against(rise, side(head), side(base, name="base", paired=False)).outcome is Outcome.CANNOT_TELL


def test_too_few_repeats_say_how_many_more_any_answer_needs(rise: Budget, side: Sides) -> None:
    found = against(rise, side(STEADY[:4]), side(STEADY[:4], name="base"))

    assert (found.outcome, found.more_repeats) == (Outcome.CANNOT_TELL, 2)


def test_without_a_base_nobody_can_tell(rise: Budget, side: Sides) -> None:
    found = judge(rise, side(STEADY), {}, Supply())

    assert (found.outcome, found.reason) == (Outcome.CANNOT_TELL, "there is no base to compare with")


def test_without_counters_instructions_stand_for_joules_and_are_graded_so(rise: Budget, side: Sides) -> None:
    count = [1e9] * 8
    more = [1.1e9] * 8
    noisy = [50.0, 200.0] * 4

    found = against(
        rise,
        side(noisy, grade=Grade.MODELLED, instructions=more),
        side(noisy[::-1], name="base", grade=Grade.MODELLED, instructions=count),
    )

    assert (found.outcome, found.basis, found.grade) == (Outcome.OVER, Basis.INSTRUCTIONS, Grade.MODELLED)


def test_without_counters_or_instructions_it_is_cpu_time(rise: Budget, side: Sides) -> None:
    found = against(rise, side(times(1.3), grade=Grade.ASSUMED), side(STEADY, name="base", grade=Grade.ASSUMED))

    assert (found.outcome, found.basis, found.grade) == (Outcome.OVER, Basis.CPU_TIME, Grade.MODELLED)


def test_a_size_is_exact_and_needs_one_repeat(side: Sides) -> None:
    budget = Budget(name="size", metric=Metric.SIZE, max_rise_share=0.1)
    small, big = side([1.0], name="base"), side([1.0], size_bytes=1_101.0)

    assert against(budget, big, small).outcome is Outcome.OVER
    assert against(budget, small, small).outcome is Outcome.WITHIN
    assert judge(Budget(name="size", metric=Metric.SIZE, most=1_101.0), big, {}, Supply()).outcome is Outcome.WITHIN


@pytest.mark.parametrize(("most", "outcome"), [(9.0, Outcome.OVER), (11.0, Outcome.WITHIN), (10.0, Outcome.CANNOT_TELL)])
def test_an_absolute_budget_is_per_unit(side: Sides, most: float, outcome: Outcome) -> None:
    found = judge(replace(ABSOLUTE, most=most), side(STEADY), {}, Supply())

    assert found.outcome is outcome
    assert found.measured is not None
    assert found.measured.value == pytest.approx(10.0)


def test_a_range_that_spans_the_budget_is_narrowed_by_no_repeat(side: Sides) -> None:
    found = judge(replace(ABSOLUTE, most=12.0), side(STEADY, grade=Grade.MODELLED, spread=2.0), {}, Supply())

    assert (found.outcome, found.more_repeats) == (Outcome.CANNOT_TELL, None)
    assert "which no repeat narrows" in found.reason


def test_a_budget_past_the_whole_range_fails_even_where_joules_are_modelled(side: Sides) -> None:
    assert (
        judge(replace(ABSOLUTE, most=4.0), side(STEADY, grade=Grade.MODELLED, spread=2.0), {}, Supply()).outcome is Outcome.OVER
    )


def test_carbon_water_and_cost_follow_the_energy(side: Sides) -> None:
    price = Quantity(value=0.3, low=0.3, high=0.3, grade=Grade.COUNTER, source="a bill")
    supply = Supply(location_g_per_kwh=CLEAN, grid_consumed_l_per_kwh=CLEAN, price_per_kwh=price, currency="EUR")
    kwh = 10.0 / 3.6e6

    for metric, factor in ((Metric.CARBON, 100.0), (Metric.WATER, 100.0), (Metric.COST, 0.3)):
        found = judge(Budget(name="x", metric=metric, most=1.0), side(STEADY), {}, supply)
        assert found.outcome is Outcome.WITHIN
        assert found.measured is not None
        assert found.measured.value == pytest.approx(kwh * factor)


@pytest.mark.parametrize(
    ("metric", "said"), [(Metric.CARBON, "set place"), (Metric.COST, "set price_per_kwh"), (Metric.WATER, "water at")]
)
def test_what_is_not_known_is_not_guessed(side: Sides, metric: Metric, said: str) -> None:
    found = judge(Budget(name="x", metric=metric, most=1.0), side(STEADY), {}, Supply())

    assert found.outcome is Outcome.CANNOT_TELL
    assert said in found.reason


@pytest.mark.parametrize(
    ("condition", "quality", "outcome", "said"),
    [
        (QualityCondition(metric="accuracy", min_quality=0.95), 0.97, Outcome.WITHIN, "is within"),
        (QualityCondition(metric="accuracy", min_quality=0.98), 0.97, Outcome.OVER, "at least 0.98 is asked for"),
        (QualityCondition(metric="accuracy", max_drop=0.005), 0.96, Outcome.OVER, "may lose at most 0.005"),
        (QualityCondition(metric="accuracy", max_drop=0.02), 0.96, Outcome.WITHIN, "is within"),
        (QualityCondition(metric="f1", min_quality=0.9), 0.96, Outcome.CANNOT_TELL, "told no f1"),
        (QualityCondition(metric="accuracy", min_quality=0.9, higher_is_better=False), 0.97, Outcome.OVER, "at most 0.9"),
    ],
)
def test_cheap_and_wrong_is_not_cheap(  # noqa: PLR0913, PLR0917 - a table
    rise: Budget, side: Sides, condition: QualityCondition, quality: float, outcome: Outcome, said: str
) -> None:
    found = against(replace(rise, quality=condition), side(times(0.5), quality=quality), side(STEADY, name="base"))

    assert found.outcome is outcome
    assert said in found.reason


def test_a_released_version_that_cannot_run_is_compared_by_its_range(side: Sides) -> None:
    budget = Budget(name="x", metric=Metric.ENERGY, max_rise_share=0.02, against="digits@production")
    energy = Quantity(value=5.0, low=4.0, high=6.0, grade=Grade.COUNTER, source="a counter")
    released = Side(name="digits@production", energy_j=energy)

    found = judge(budget, side(STEADY), {"digits@production": released}, Supply())
    unclear = judge(budget, side(times(0.55)), {"digits@production": released}, Supply())

    assert found.outcome is Outcome.OVER
    assert (unclear.outcome, unclear.more_repeats) == (Outcome.CANNOT_TELL, None)


def test_one_budget_over_is_the_whole_check_over(rise: Budget) -> None:
    def judged(*outcomes: Outcome) -> Outcome:
        return overall(Judgement(budget=rise, outcome=one, reason="") for one in outcomes)

    assert judged(Outcome.WITHIN, Outcome.CANNOT_TELL, Outcome.OVER) is Outcome.OVER
    assert judged(Outcome.WITHIN, Outcome.CANNOT_TELL) is Outcome.CANNOT_TELL
    assert judged(Outcome.WITHIN) is Outcome.WITHIN


@given(st.floats(0.2, 5.0), st.integers(0, 1_000))
def test_the_ratio_of_two_series_does_not_depend_on_their_unit(factor: float, seed: int) -> None:
    random = Random(seed)
    head, base = ([random.lognormvariate(0, 0.05) for _ in range(8)] for _ in range(2))

    plain, scaled = ratio_of_two(head, base, 0.95), ratio_of_two([one * factor for one in head], base, 0.95)

    assert plain.low <= plain.value <= plain.high
    assert scaled.value == pytest.approx(plain.value * factor)
    assert [scaled.low, scaled.high] == pytest.approx([plain.low * factor, plain.high * factor])


def test_the_ratio_of_two_series_holds_the_truth_as_often_as_it_says() -> None:
    random = Random(1)
    held = 0
    for _ in range(400):
        head, base = ([factor * random.lognormvariate(0, 0.05) for _ in range(9)] for factor in (1.1, 1.0))
        found = ratio_of_two(head, base, 0.95)
        held += found.low <= 1.1 <= found.high

    assert held >= 370


@pytest.mark.parametrize("values", [[], [1.0, 0.0], [1.0, -1.0]])
def test_a_ratio_of_nothing_is_refused(values: list[float]) -> None:
    with pytest.raises(BadInputError):
        ratio_of_two(values, [1.0] * 8, 0.95)


@given(st.integers(6, 100), st.floats(0.001, 1.0), st.floats(0.001, 1.0))
def test_the_advice_is_at_least_one_more_and_less_where_the_limit_is_farther(count: int, distance: float, half: float) -> None:
    near, far = more_repeats(count, distance, half), more_repeats(count, 2 * distance, half)

    assert near is None or near >= 1
    assert near is None or (far is not None and far <= near)
