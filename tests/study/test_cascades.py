"""Which two models make a cascade, and how sure the first must be: foretold from their answers, then made, measured and proven."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from greenwright.records.models import Inference
from greenwright.records.quantities import Grade, Interval, Quantity
from greenwright.records.study import Figures, Outcome, Shared, Trial, TrialState
from greenwright.strategies.cascading import margins
from greenwright.strategies.gate import cascade
from greenwright.study import cascades, running
from greenwright.study.cascades import Member
from greenwright.study.confirm import finalists
from greenwright.study.data import split_of
from greenwright.study.limits import Limits
from greenwright.study.optimize import Study, optimize
from greenwright.study.quality import Quality, quality_of
from greenwright.study.trials import Ingredient, recipe_key, recipe_of, steps
from greenwright.study.workbench import open_workbench
from greenwright.study.workload import Workload

from .conftest import Digits

INFERENCE = Inference(runtime="onnxruntime")
ACCURACY = quality_of("accuracy")


def member(outputs: Any, energy_ratio: float, inference: Inference = INFERENCE) -> Member:
    return Member(recipe=(), inference=inference, energy_ratio=energy_ratio, outputs=np.asarray(outputs, dtype=np.float32))


def logits(rng: np.random.Generator, targets: Any, skill: float) -> Any:
    """``(examples, 10)`` that are right the more often, and the surer, the more skill there is."""
    made = rng.normal(size=(len(targets), 10)).astype(np.float32)
    made[np.arange(len(targets)), targets] += np.abs(rng.normal(skill, 2, len(targets))).astype(np.float32)
    return made


@pytest.fixture
def targets() -> Any:
    return np.random.default_rng(0).integers(0, 10, 500)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(0.5, 4))
def test_what_a_pair_answers_is_the_ones_or_the_others_row(seed: int, skill: float) -> None:
    rng = np.random.default_rng(seed)
    aims = rng.integers(0, 10, 60)
    first, second = member(logits(rng, aims, skill), 0.01), member(logits(rng, aims, 6), 0.2)

    for pair in cascades.steps(first, second):
        answered = cascades.outputs_of(pair)
        asked = margins(first.outputs) < np.float32(pair.threshold)

        np.testing.assert_array_equal(np.where(asked[:, None], second.outputs, first.outputs), answered)
        assert pair.asked_share == asked.mean()
        assert pair.expected_ratio == pytest.approx(0.01 + 0.2 * asked.mean())


def test_thresholds_ask_more_and_more(targets: Any) -> None:
    rng = np.random.default_rng(1)
    shares = [
        pair.asked_share for pair in cascades.steps(member(logits(rng, targets, 2), 0.01), member(logits(rng, targets, 6), 0.2))
    ]

    assert shares == sorted(shares)
    assert len(shares) > cascades.STEP_COUNT / 2
    assert shares[0] < 0.05


def test_the_cheapest_pair_within_its_part_of_the_limit_comes_first(targets: Any) -> None:
    rng = np.random.default_rng(1)
    best = logits(rng, targets, 8)
    found = [member(logits(rng, targets, 3), 0.02), member(logits(rng, targets, 4), 0.05), member(best, 0.4)]
    ranked = cascades.pairs(ACCURACY, found, best, targets, max_drop=0.02)
    before = ACCURACY.of(best, targets)

    assert [pair.expected_ratio for pair in ranked] == sorted(pair.expected_ratio for pair in ranked)
    for pair in ranked:
        assert pair.first.energy_ratio < pair.second.energy_ratio
        assert before - ACCURACY.of(cascades.outputs_of(pair), targets) <= 0.01


def test_models_that_run_otherwise_make_no_pair(targets: Any) -> None:
    rng = np.random.default_rng(1)
    best = logits(rng, targets, 8)
    found = [member(logits(rng, targets, 4), 0.02, Inference(runtime="openvino")), member(best, 0.4)]

    assert cascades.pairs(ACCURACY, found, best, targets, max_drop=0.5) == []


def test_a_first_model_that_knows_nothing_makes_no_pair(targets: Any) -> None:
    rng = np.random.default_rng(1)
    best = logits(rng, targets, 8)

    assert cascades.pairs(ACCURACY, [member(rng.normal(size=(500, 10)), 0.02), member(best, 0.4)], best, targets, 0.01) == []


def test_a_recipe_remembers_how_the_first_model_was_made() -> None:
    first = (Ingredient(strategy="onnx-runtime", choices={}),)
    recipe = (
        Ingredient(strategy="static-int8", choices={"per_channel": True}),
        Ingredient(strategy="cascade", choices={"threshold": 0.7}, first=first),
    )

    assert recipe_of(steps(recipe)) == recipe
    assert recipe_key(recipe) != recipe_key((recipe[0], replace(recipe[1], first=())))


@given(st.integers(1, 300), st.integers(1, 40), st.floats(0, 1), st.integers(0, 99))
def test_a_mixed_sample_holds_as_many_of_each_kind_as_the_whole(count: int, batch: int, hard_share: float, seed: int) -> None:
    asked = np.random.default_rng(seed).random(count) < hard_share
    split = split_of("validation", (asked.astype(np.float32)[:, None], np.zeros(count)))
    drawn = np.concatenate(running.mixed_sample(split, batch, asked))
    size = min(batch, count)

    assert len(drawn) % size == 0
    assert abs(drawn.mean() - asked.mean()) <= 0.5 / len(drawn) + 1e-6


def test_regressors_and_answers_judged_in_groups_do_not_say_how_sure_they_are(digits: Digits, tmp_path: Path) -> None:
    grouped = Quality(name="pairs", function=lambda *_: 1.0, reduce=lambda outputs: outputs[::2], loss="cross-entropy")
    quality = Quality(name="closeness", function=lambda outputs, _: float(np.mean(outputs)), loss="squared-error")
    validation, test = ((inputs[:20], targets[:20]) for inputs, targets in (digits.validation, digits.test))
    usual = Workload(model=nn.Linear(64, 10), validation=validation, test=test)
    for number, workload in enumerate((replace(usual, quality=quality), replace(usual, quality=grouped, group_size=2), usual)):
        bench = open_workbench(workload, Limits(), tmp_path / str(number), None)
        refused = bench.refuse(cascade.META)

        assert ("logits" in refused) is (workload is not usual)


def study_of(large: nn.Module, digits: Digits, folder: Path, **limits: Any) -> Study:
    """A study that may only teach a shallow network and put it before the large one."""
    workload = Workload(
        name="digits",
        model=large,
        train=digits.train,
        validation=digits.validation,
        test=digits.test,
        slices="class",
        unit="1 image",
    )
    asked = Limits(max_drop=0.02, time_s=60, strategies=("onnx-runtime", "shallow", "cascade"), **limits)
    return optimize(workload, limits=asked, out=folder)


@pytest.mark.slow
def test_a_study_puts_a_shallow_network_before_a_large_one(
    large: nn.Module, digits: Digits, hurry: None, tmp_path: Path
) -> None:
    study = study_of(large, digits, tmp_path, search_budget_j=1_000)
    gated = [trial for trial in study.record.trials if trial.shared]
    alone = next(trial for trial in study.record.trials if [step.strategy for step in trial.recipe] == ["onnx-runtime"])

    assert gated
    assert all(0 < trial.shared.validation_share < 1 for trial in gated if trial.shared)
    assert min(_ratio(trial) for trial in gated) < _ratio(alone)
    assert study.best is not None
    assert study.record.outcome is Outcome.SAVES
    if study.best.shared:
        assert study.certificate is not None
        assert study.certificate.shared == study.best.shared
        assert study.best.shared.test_share is not None
        assert any("first model answered" in line for line in study.certificate.proves)
        assert any("Energy on other inputs" in line for line in study.certificate.not_proven)
        assert study.best.recipe[-1].first[0].strategy == "shallow"
        assert "Answers first" in study.report().read_text()


def _ratio(trial: Trial) -> float:
    assert trial.figures is not None
    return trial.figures.energy_ratio.value


def test_the_safer_pair_gives_away_half_of_the_gain(targets: Any) -> None:
    rng = np.random.default_rng(1)
    bold = cascades.steps(member(logits(rng, targets, 2), 0.01), member(logits(rng, targets, 6), 0.2))[4]
    safe = cascades.safer(bold, 0.2)

    assert bold.asked_share < safe.asked_share
    assert safe.expected_ratio <= (bold.expected_ratio * 0.2) ** 0.5 < safe.expected_ratio + 0.01


def test_cascades_are_tested_last_and_what_answers_first_in_them_after_them() -> None:
    first = steps((Ingredient(strategy="onnx-runtime", choices={}),))
    trials = [
        trial(1, 0.3),
        trial(2, 0.1),
        trial(3, 0.04, 0.9, first),
        trial(4, 0.05, 0.8, first),
        trial(5, 0.03, recipe=first),
    ]

    assert [one.number for one in finalists(trials, lambda _: 0.95)] == [2, 4, 5]
    assert [one.number for one in finalists(trials[:4], lambda _: 0.95)] == [2, 4, 3]


def trial(number: int, ratio: float, answered_share: float | None = None, first: Any = (), *, recipe: Any = ()) -> Trial:
    """One measured, at this energy ratio; a cascade where ``first`` made the model that answers a share."""
    energy = Quantity(value=1.0, low=1.0, high=1.0, grade=Grade.COUNTER, source="a test")
    figures = Figures(
        energy_j=energy,
        energy_ratio=Interval(value=ratio, low=ratio, high=ratio, confidence=0.95),
        cpu_s=1.0,
        latency_p50_s=1.0,
        latency_p95_s=1.0,
        throughput_per_s=1.0,
        size_bytes=1,
        peak_memory_bytes=None,
        quality=0.9,
    )
    shared = None if answered_share is None else Shared(validation_share=answered_share, expected_ratio=ratio)
    if shared is not None:
        recipe = steps((Ingredient(strategy="cascade", choices={"threshold": 1.0}, first=recipe_of(first)),))
    return Trial(number=number, recipe=recipe, state=TrialState.MEASURED, reason="", figures=figures, shared=shared)
