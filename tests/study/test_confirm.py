from __future__ import annotations

from collections.abc import Mapping

import pytest

from greenwright.records.quantities import Grade, Interval, Quantity
from greenwright.records.study import Figures, Trial, TrialState
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
        ({1: 0.99, 2: 0.9, 3: 0.8, 4: 0.6, 5: 0.5}, [3, 4, 5]),
        ({1: 0.99, 2: 0.9, 3: 0.3, 4: 0.25, 5: 0.1}, [2, 3, 4]),
        ({1: 0.99, 2: 0.9, 3: 0.45, 4: 0.3, 5: 0.4}, [2, 3, 5]),
        ({1: 0.9, 2: 0.1, 3: 0.1, 4: 0.1, 5: 0.3}, [1, 5]),
        ({1: 0.1, 2: 0.3, 3: 0.1, 4: 0.1, 5: 0.1}, [2]),
        ({1: 0.1, 2: 0.1, 3: 0.1, 4: 0.1, 5: 0.1}, []),
    ],
    ids=["all likely", "bolder ones", "the likelier bolder ones", "none between", "one that may fail", "none"],
)
def test_the_cheapest_likely_one_is_tested_before_those_that_save_more_and_may_fail(
    chances: Mapping[int, float], tested: list[int]
) -> None:
    assert tested == [trial.number for trial in finalists(TRIALS, lambda trial: chances[trial.number])]
