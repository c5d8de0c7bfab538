from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from greenwright.errors import BadInputError
from greenwright.records.quantities import Interval
from greenwright.study.proof import chance_of_passing, prove, quality_drop
from greenwright.study.quality import NAMED, Quality

ACCURACY = NAMED["accuracy"]
ANY_METRIC = Quality(name="accuracy of any kind", function=ACCURACY.function)
"""The same metric as a function alone, which the proof has to evaluate on every resample."""


def logits(classes: Any, class_count: int = 10) -> Any:
    return np.eye(class_count, dtype=np.float32)[classes]


def with_failures(example_count: int, failure_count: int, class_count: int = 10) -> tuple[Any, Any, Any]:
    """A faultless baseline, a candidate that fails on some, and the targets."""
    targets = np.random.default_rng(0).integers(class_count, size=example_count)
    answered = targets.copy()
    answered[:failure_count] = (targets[:failure_count] + 1) % class_count
    return logits(targets, class_count), logits(answered, class_count), targets


def passed_share(*, example_count: int, limit: float, loses: float, class_count: int, reps: int = 400) -> float:
    """How often a candidate passes that fails where its baseline does not with the chance ``loses``."""
    rng = np.random.default_rng(1)
    passed = 0
    for seed in range(reps):
        targets = rng.integers(class_count, size=example_count)
        right = rng.random(example_count) < 0.97
        fails = right & (rng.random(example_count) < loses / 0.97)
        wrong = (targets + 1) % class_count
        baseline, candidate = np.where(right, targets, wrong), np.where(right & ~fails, targets, wrong)
        outputs = logits(baseline, class_count), logits(candidate, class_count)
        passed += prove(ACCURACY, *outputs, targets, max_drop=limit, seed=seed).passed
    return passed / reps


def noise(share: float, reps: int) -> float:
    return float(np.sqrt(share * (1 - share) / reps))


@pytest.mark.parametrize("class_count", [2, 10])
@pytest.mark.parametrize(("example_count", "limit"), [(300, 0.01), (400, 0.01), (250, 0.04)])
def test_a_candidate_that_loses_a_little_more_than_the_limit_passes_at_most_one_time_in_twenty(
    class_count: int, example_count: int, limit: float
) -> None:
    share = passed_share(example_count=example_count, limit=limit, loses=1.02 * limit, class_count=class_count)

    assert share <= 0.05 + 2 * noise(0.05, 400)


def test_a_candidate_that_loses_nothing_passes_once_there_are_enough_examples() -> None:
    assert passed_share(example_count=330, limit=0.01, loses=0.0, class_count=10, reps=50) == 1.0


def test_an_equal_candidate_whose_errors_fall_elsewhere_passes_most_of_the_time() -> None:
    rng = np.random.default_rng(2)
    passed = 0
    for seed in range(100):
        targets = rng.integers(10, size=2000)
        answers = [np.where(rng.random(2000) < 0.99, targets, (targets + 1) % 10) for _ in range(2)]
        passed += prove(ACCURACY, logits(answers[0]), logits(answers[1]), targets, max_drop=0.01, seed=seed).passed

    assert passed >= 80


@pytest.mark.slow
def test_a_regressor_that_loses_a_little_more_than_the_limit_passes_at_most_one_time_in_twenty() -> None:
    rng = np.random.default_rng(3)
    reps, passed = 100, 0
    limit = (np.sqrt(0.5**2 + 0.2**2) - 0.5) / 1.02
    for seed in range(reps):
        targets = rng.normal(size=200)
        baseline = targets + rng.normal(scale=0.5, size=200)
        candidate = baseline + rng.normal(scale=0.2, size=200)
        passed += prove(NAMED["rmse"], baseline, candidate, targets, max_drop=limit, seed=seed).passed

    assert passed / reps <= 0.05 + 2 * noise(0.05, reps)


@pytest.mark.parametrize("quality", [ACCURACY, ANY_METRIC], ids=["scores", "metric"])
@pytest.mark.parametrize("class_count", [2, 10])
def test_with_no_failure_seen_the_bound_is_three_by_the_number_of_examples(quality: Quality, class_count: int) -> None:
    drop = quality_drop(quality, *with_failures(300, 0, class_count))

    assert drop.value == 0.0
    assert drop.high == pytest.approx(3 / 300, rel=0.15)


@pytest.mark.parametrize("failure_count", [1, 2, 3, 5, 10, 40])
def test_with_failures_seen_the_bound_is_that_of_clopper_and_pearson(failure_count: int) -> None:
    exact = beta.ppf(0.95, failure_count + 1, 300 - failure_count)
    drops = with_failures(300, failure_count)

    assert quality_drop(ACCURACY, *drops).high == pytest.approx(exact, rel=0.05)
    assert quality_drop(ANY_METRIC, *drops).high == pytest.approx(exact, rel=0.12)


def test_the_bound_is_one_sided_at_the_confidence_asked_for() -> None:
    drops = with_failures(300, 3)

    bounds = [quality_drop(ACCURACY, *drops, confidence=confidence).high for confidence in (0.8, 0.95, 0.99)]

    assert bounds == pytest.approx([beta.ppf(confidence, 4, 297) for confidence in (0.8, 0.95, 0.99)], rel=0.08)


def test_a_metric_where_less_is_better_is_worse_when_it_rises() -> None:
    rng = np.random.default_rng(4)
    targets = rng.normal(size=400)
    near, far = (targets + rng.normal(scale=scale, size=400) for scale in (0.1, 0.3))

    for name in ("mae", "rmse"):
        worse = prove(NAMED[name], near, far, targets, max_drop=0.05)
        better = prove(NAMED[name], far, near, targets, max_drop=0.05)

        assert worse.drop.value > 0.1
        assert not worse.passed
        assert better.drop.high < 0
        assert better.passed


def test_spearman_holds_for_a_copy_and_falls_for_noise() -> None:
    rng = np.random.default_rng(5)
    targets = rng.normal(size=200)
    baseline = targets + rng.normal(scale=0.1, size=200)

    same = prove(NAMED["spearman"], baseline, baseline, targets, max_drop=0.05)
    noisy = prove(NAMED["spearman"], baseline, baseline + rng.normal(size=200), targets, max_drop=0.05)

    assert same.drop.value == 0.0
    assert 0 < same.drop.high < 0.05
    assert same.passed
    assert noisy.drop.low > 0.05
    assert not noisy.passed


def test_examples_of_one_group_are_drawn_together() -> None:
    """Twins fail together: half as many independent examples, so a bound almost twice as wide."""
    targets = np.arange(400) % 10
    answered = np.where(np.arange(400) < 4, (targets + 1) % 10, targets)

    for quality in (ACCURACY, ANY_METRIC):
        alone = quality_drop(quality, logits(targets), logits(answered), targets)
        paired = quality_drop(quality, logits(targets), logits(answered), targets, group_size=2)

        assert alone.high == pytest.approx(beta.ppf(0.95, 5, 396), rel=0.1)
        assert paired.high > 1.1 * alone.high
        assert (
            "200 groups of 2" in prove(quality, logits(targets), logits(answered), targets, max_drop=0.1, group_size=2).method
        )


def test_a_metric_that_needs_its_groups_whole_never_sees_one_torn() -> None:
    """Outputs are numbered, so that the metric can tell whether neighbours stayed neighbours."""
    targets = np.arange(60.0)

    def whole(outputs: Any, chosen: Any) -> float:
        firsts, seconds = np.asarray(chosen)[::2], np.asarray(chosen)[1::2]
        assert len(outputs) == len(chosen) == 60
        assert (firsts % 2 == 0).all()
        assert (seconds == firsts + 1).all()
        return float(np.mean(np.asarray(outputs) == chosen))

    drop = quality_drop(Quality(name="whole", function=whole), targets, targets, targets, group_size=2)

    assert drop.value == 0.0
    assert drop.high > 0


def test_outputs_that_differ_in_shape_are_judged_as_lists() -> None:
    rng = np.random.default_rng(6)
    targets = [rng.integers(5, size=size) for size in rng.integers(2, 9, size=60)]
    baseline = [logits(target, 5) for target in targets]
    candidate = [logits((target + (index < 6)) % 5, 5) for index, target in enumerate(targets)]

    def tokens(outputs: Any, chosen: Any) -> float:
        return float(np.mean([(out.argmax(-1) == target).mean() for out, target in zip(outputs, chosen, strict=True)]))

    drop = quality_drop(Quality(name="tokens", function=tokens), baseline, candidate, targets)

    assert drop.value == pytest.approx(0.1)
    assert 0.1 < drop.high < 0.25


def test_a_resample_without_a_value_is_drawn_again() -> None:
    """One positive in eighty: a third of the resamples lacks it, and recall is then not defined."""
    targets = np.arange(80) == 40

    def recall(outputs: Any, chosen: Any) -> float:
        if not np.any(chosen):
            raise ValueError("no positives")
        return float(np.mean(np.asarray(outputs)[np.asarray(chosen)] > 0))

    drop = quality_drop(Quality(name="recall", function=recall), targets - 0.5, targets - 0.5, targets)

    assert drop.value == 0.0


def test_a_metric_that_fails_on_most_resamples_is_named() -> None:
    calls = iter(range(10_000))

    def seldom(outputs: Any, chosen: Any) -> float:
        if next(calls) % 100 > 70:
            return 1.0
        raise ValueError("too few")

    quality = Quality(name="seldom", function=seldom)

    with pytest.raises(BadInputError, match="'seldom' failed: ValueError: too few"):
        quality_drop(quality, np.zeros(20), np.zeros(20), np.zeros(20))


def test_the_same_seed_gives_the_same_bound() -> None:
    drops = with_failures(200, 4)

    assert quality_drop(ACCURACY, *drops, seed=7) == quality_drop(ACCURACY, *drops, seed=7)


@settings(max_examples=30, deadline=None)
@given(
    answers=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)),
        min_size=2,
        max_size=60,
    ),
    seed=st.integers(0, 1000),
)
def test_the_bounds_enclose_the_drop_that_was_seen(answers: list[tuple[int, int, int]], seed: int) -> None:
    baseline, candidate, targets = np.array(answers).T

    drop = quality_drop(ACCURACY, logits(baseline, 4), logits(candidate, 4), targets, seed=seed)

    assert drop.low <= drop.value <= drop.high
    assert drop.value == pytest.approx((baseline == targets).mean() - (candidate == targets).mean())
    assert -1 <= drop.low
    assert drop.high <= 1


@settings(max_examples=20, deadline=None)
@given(wrong=st.sets(st.integers(0, 199), min_size=5, max_size=40), mended_count=st.integers(1, 5))
def test_a_candidate_that_mends_errors_has_a_lower_bound_than_one_that_does_not(wrong: set[int], mended_count: int) -> None:
    targets = np.arange(200) % 10
    places = sorted(wrong)
    baseline, better = targets.copy(), targets.copy()
    baseline[places] = (targets[places] + 1) % 10
    better[places[mended_count:]] = baseline[places[mended_count:]]

    unchanged = quality_drop(ACCURACY, logits(baseline), logits(baseline), targets)
    mended = quality_drop(ACCURACY, logits(baseline), logits(better), targets)

    assert mended.value == pytest.approx(-mended_count / 200)
    assert mended.high < unchanged.high


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000))
@pytest.mark.parametrize("quality", [ACCURACY, NAMED["rmse"]], ids=["scores", "metric"])
def test_the_order_of_the_examples_hardly_matters(quality: Quality, seed: int) -> None:
    baseline, candidate, targets = with_failures(150, 6)
    if quality.scores is None:
        baseline, candidate = baseline.argmax(1) + 0.1, candidate.argmax(1) + 0.2
    order = np.random.default_rng(seed).permutation(150)

    before = quality_drop(quality, baseline, candidate, targets)
    after = quality_drop(quality, baseline[order], candidate[order], targets[order])

    assert after.value == pytest.approx(before.value)
    assert after.high == pytest.approx(before.high, rel=0.25)


# --- before the test set is opened ---


def test_the_chance_of_passing_is_how_often_candidates_pass_that_lost_as_much_on_other_examples() -> None:
    rng = np.random.default_rng(2)
    seen_count, test_count, true_drops = 1_000, 2_500, rng.uniform(-0.06, 0.09, 8_000)
    spread, test_spread = (float(np.sqrt(0.1 / count)) for count in (seen_count, test_count))
    seen, tested = rng.normal(true_drops, spread), rng.normal(true_drops, test_spread)
    passed = tested + 1.6449 * test_spread <= 0.015
    chances = np.array([chance_of_passing(interval(drop, spread), 0.015, seen_count, test_count) for drop in seen])

    for low, high in ((0.2, 0.4), (0.4, 0.6)):
        inside = (chances >= low) & (chances < high)
        assert passed[inside].mean() == pytest.approx(chances[inside].mean(), abs=0.06)


def interval(drop: float, spread: float) -> Interval:
    return Interval(value=drop, low=drop - 1.6449 * spread, high=drop + 1.6449 * spread, confidence=0.95)


@given(st.floats(-0.05, 0.05), st.floats(1e-4, 0.05), st.floats(0.0, 0.05))
def test_the_chance_of_passing_is_a_half_where_the_bound_is_expected_at_the_limit(
    drop: float, spread: float, more: float
) -> None:
    limit = drop + 1.6449 * spread * 0.5  # a test of four times as many examples

    assert chance_of_passing(interval(drop, spread), limit, 100, 400) == pytest.approx(0.5, abs=1e-3)
    assert chance_of_passing(interval(drop + more, spread), limit, 100, 400) <= 0.501
