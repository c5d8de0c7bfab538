from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from greenwright.records.quantities import Grade, Interval, Quantity
from greenwright.records.study import Figures, Step, Trial, TrialState
from greenwright.study.confirm import finalists, pareto_front


def a_trial(number: int, ratio: float, drop: float) -> Trial:
    energy_j = Quantity(value=ratio, low=ratio, high=ratio, grade=Grade.COUNTER, source="a test")
    figures = Figures(
        energy_j=energy_j,
        energy_ratio=Interval(value=ratio, low=ratio, high=ratio, confidence=0.95),
        cpu_s=ratio,
        latency_p50_s=1.0,
        latency_p95_s=1.0,
        throughput_per_s=1.0,
        size_bytes=1,
        peak_memory_bytes=None,
        quality=0.9 - drop,
    )
    seen = Interval(value=drop, low=drop, high=drop, confidence=0.95)
    return Trial(number=number, recipe=(), state=TrialState.MEASURED, reason="", figures=figures, quality_drop=seen)


TRIALS = [a_trial(number, ratio, 0.1 - ratio / 10) for number, ratio in enumerate((0.9, 0.5, 0.3, 0.2, 0.1), start=1)]


def test_the_front_leaves_out_what_another_beats_on_both() -> None:
    beaten = a_trial(9, 0.55, 0.09)

    assert [5, 4, 3, 2, 1] == [trial.number for trial in pareto_front([*TRIALS, beaten])]


@pytest.mark.parametrize(
    ("chances", "tested"),
    [
        ({1: 0.99, 2: 0.95, 3: 0.8, 4: 0.6, 5: 0.5}, [2, 3, 5]),
        ({1: 0.99, 2: 0.95, 3: 0.3, 4: 0.25, 5: 0.1}, [2, 3, 4]),
        ({1: 0.99, 2: 0.95, 3: 0.45, 4: 0.3, 5: 0.4}, [2, 3, 5]),
        ({1: 0.95, 2: 0.1, 3: 0.1, 4: 0.1, 5: 0.3}, [1, 5]),
        ({1: 0.8, 2: 0.7, 3: 0.6, 4: 0.5, 5: 0.4}, [1, 2, 5]),
        ({1: 0.1, 2: 0.3, 3: 0.1, 4: 0.1, 5: 0.1}, [2]),
        ({1: 0.1, 2: 0.1, 3: 0.1, 4: 0.1, 5: 0.1}, []),
        ({1: 0.91, 2: 0.92, 3: 0.93, 4: 0.94, 5: 0.95}, [5]),
    ],
    ids=[
        "many",
        "few",
        "one dearer and less likely",
        "none between",
        "none sure",
        "one that may fail",
        "none",
        "the cheapest surest",
    ],
)
def test_one_that_is_all_but_sure_is_tested_before_those_that_save_more_and_may_fail(
    chances: Mapping[int, float], tested: list[int]
) -> None:
    assert tested == [trial.number for trial in finalists(TRIALS, lambda trial: chances[trial.number])]


def test_what_was_never_trained_is_tested_before_what_was_however_well_that_did_on_few_examples() -> None:
    taught = (Step(strategy="soft-targets", title="", stage="distil"),)
    trials = [*TRIALS[:3], *(replace(trial, recipe=taught) for trial in TRIALS[3:])]
    chances = {1: 0.7, 2: 0.7, 3: 0.7, 4: 0.8, 5: 0.7}

    assert [3, 4, 5] == [trial.number for trial in finalists(trials, lambda trial: chances[trial.number])]
