"""A prediction starts at the promise and goes to what was realised, by how often and how much alike."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.records.predictions import Family
from greenwright.records.quantities import Interval
from greenwright.study.predictions import (
    PRIOR_HOLDS_SHARE,
    SPREAD_BITS,
    Lesson,
    Setting,
    best_choices,
    chance_below,
    expected_gain,
    holds_share,
    likeness,
    miss_bits,
    predicted_ratio,
)

RATIOS = st.floats(0.02, 3.0)
WEIGHTS = st.floats(0.1, 1.0)
PROMISES = st.tuples(st.floats(0.05, 0.9), st.floats(0.9, 3.0))


def lesson(ratio: float | None, weight: float = 1.0, *, held: bool = True, study: int = 0, **choices: int) -> Lesson:
    return Lesson(strategy="s", choices=dict(choices), energy_ratio=ratio, held=held, likeness_share=weight, study=study)


LESSONS = st.lists(st.builds(lesson, RATIOS, WEIGHTS), max_size=8)
OURS = Setting(
    family=Family(kind="transformer", weight_count=10_000_000, runtime="torch"),
    cpu="a",
    features=frozenset({"avx512_vnni"}),
    batch=8,
    thread_count=1,
)


# --- the ratio ---


@given(PROMISES)
def test_without_lessons_it_is_what_was_promised(promised: tuple[float, float]) -> None:
    told = predicted_ratio(promised, [])

    assert told.value == pytest.approx((promised[0] * promised[1]) ** 0.5)
    assert told.low <= promised[0] * 1.0001
    assert told.high >= promised[1] * 0.9999
    assert told.low < told.value < told.high


@given(PROMISES, LESSONS)
def test_it_lies_between_the_promise_and_what_was_realised(promised: tuple[float, float], lessons: list[Lesson]) -> None:
    told = predicted_ratio(promised, lessons)
    known = [(promised[0] * promised[1]) ** 0.5, *(one.energy_ratio for one in lessons if one.energy_ratio)]

    assert min(known) * 0.9999 <= told.value <= max(known) * 1.0001
    assert 0 < told.low < told.value < told.high


@given(PROMISES, RATIOS, st.integers(1, 30))
def test_every_observation_shrinks_what_is_left_of_the_promise(promised: tuple[float, float], seen: float, count: int) -> None:
    gaps = [miss_bits(predicted_ratio(promised, [lesson(seen)] * n).value, seen) for n in (0, count, count + 1)]
    widths = [(told := predicted_ratio(promised, [lesson(seen)] * n)).high / told.low for n in (count, count + 1)]

    assert gaps[0] >= gaps[1] - 1e-9
    assert gaps[1] >= gaps[2] - 1e-9
    assert widths[0] >= widths[1] - 1e-9


@given(PROMISES, RATIOS)
def test_a_hundred_observations_leave_nothing_of_the_promise(promised: tuple[float, float], seen: float) -> None:
    assert miss_bits(predicted_ratio(promised, [lesson(seen)] * 300).value, seen) < 0.05


@given(PROMISES, RATIOS, WEIGHTS, WEIGHTS)
def test_what_is_more_alike_pulls_harder(promised: tuple[float, float], seen: float, one: float, other: float) -> None:
    weak, strong = sorted((one, other))

    near, far = (miss_bits(predicted_ratio(promised, [lesson(seen, weight)]).value, seen) for weight in (strong, weak))

    assert near <= far + 1e-9


@given(PROMISES, LESSONS, st.randoms())
def test_the_order_of_the_studies_does_not_matter(promised: tuple[float, float], lessons: list[Lesson], chance: object) -> None:
    mixed = list(lessons)
    chance.shuffle(mixed)  # type: ignore[attr-defined]  # Hypothesis' own Random

    assert predicted_ratio(promised, lessons).value == pytest.approx(predicted_ratio(promised, mixed).value)


def test_the_mean_is_the_textbook_s() -> None:
    reach = NormalDist().inv_cdf(0.95)
    told = predicted_ratio((0.25, 1.0), [lesson(0.125)])
    prior, noise = (1 / reach) ** 2, SPREAD_BITS**2  # a promise of ±1 bit around -1

    expected = (-1 / prior - 3 / noise) / (1 / prior + 1 / noise)

    assert told.value == pytest.approx(2**expected)


def test_a_study_that_measured_nothing_says_nothing_of_the_ratio() -> None:
    assert predicted_ratio((0.2, 0.9), [lesson(None, held=False)]) == predicted_ratio((0.2, 0.9), [])


# --- quality ---


@given(st.lists(st.tuples(st.booleans(), WEIGHTS), max_size=12))
def test_how_often_it_holds_is_a_share_that_each_success_raises(seen: list[tuple[bool, float]]) -> None:
    lessons = [lesson(0.5, weight, held=held) for held, weight in seen]

    share = holds_share(lessons)

    assert 0 < share < 1
    assert holds_share([*lessons, lesson(0.5)]) > share
    assert holds_share([*lessons, lesson(0.5, held=False)]) < share


def test_without_lessons_it_is_the_prior() -> None:
    assert holds_share([]) == PRIOR_HOLDS_SHARE


# --- what follows ---


def test_what_fails_again_and_again_comes_later_and_what_costs_more_last() -> None:
    good, doubtful = (Interval(value=0.3, low=0.2, high=0.4, confidence=0.9) for _ in range(2))
    dear = Interval(value=1.5, low=1.2, high=2.0, confidence=0.9)

    assert expected_gain(good, 0.9) > expected_gain(doubtful, 0.2) > expected_gain(dear, 0.9)
    assert expected_gain(dear, 0.1) == expected_gain(dear, 0.9)  # holding quality makes a loss no smaller


@given(RATIOS, RATIOS)
def test_the_chance_of_less_is_even_at_the_prediction_itself(value: float, bound: float) -> None:
    told = Interval(value=value, low=value / 2, high=value * 2, confidence=0.9)

    assert chance_below(told, value) == pytest.approx(0.5)
    assert chance_below(told, value * 2) == pytest.approx(0.95)
    assert (chance_below(told, bound) > 0.5) == (bound > value) or bound == pytest.approx(value)


def test_of_choices_that_held_the_cheapest_come_first_and_those_that_did_not_never() -> None:
    seen = [lesson(0.1, held=False, bits=4), lesson(0.3, bits=8), lesson(0.2, bits=6), lesson(0.05, 0.2, bits=2)]

    assert best_choices(seen) == {"bits": 6}  # what is hardly alike does not outbid what is
    assert best_choices(seen[:1]) == {}


# --- likeness ---


def test_the_same_again_is_entirely_alike() -> None:
    assert likeness(OURS, OURS) == 1.0


@pytest.mark.parametrize(
    "other",
    [
        replace(OURS, cpu="b"),
        replace(OURS, features=frozenset()),
        replace(OURS, batch=1),
        replace(OURS, thread_count=4),
        replace(OURS, family=replace(OURS.family, weight_count=100_000_000)),
    ],
    ids=["another processor", "other features", "another batch", "more threads", "ten times the weights"],
)
def test_what_differs_is_less_alike_either_way(other: Setting) -> None:
    assert 0 < likeness(OURS, other) < 1
    assert likeness(OURS, other) == pytest.approx(likeness(other, OURS))


@pytest.mark.parametrize("family", [{"kind": "convolutional"}, {"runtime": "onnxruntime"}], ids=str)
def test_other_kinds_and_other_runtimes_say_nothing(family: dict[str, str]) -> None:
    other = replace(OURS, family=replace(OURS.family, **family))  # type: ignore[arg-type]  # two texts

    assert likeness(OURS, other) == 0.0
