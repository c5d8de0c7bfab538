from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from greenwright import Limits
from greenwright.records.quantities import Interval
from greenwright.records.study import Figures, Step, Trial, TrialState
from greenwright.study.search import Search
from greenwright.study.trials import Ingredient

BENCH: Any = SimpleNamespace(limits=Limits(max_drop=0.01), validation=range(1_000), test=range(1_000))
TRAINED = Ingredient(strategy="soft-targets", choices={"keep_share": 0.4})


def a_trial(number: int, *strategies: str, ratio: float, drop: float, spread: float = 0.001) -> Trial:
    figures: Any = SimpleNamespace(energy_ratio=Interval(value=ratio, low=ratio, high=ratio, confidence=0.95))
    seen = Interval(value=drop, low=drop - spread, high=drop + spread, confidence=0.95)
    recipe = tuple(Step(strategy=name, title=name, stage="runtime") for name in strategies)
    return Trial(number=number, recipe=recipe, state=TrialState.MEASURED, reason="", figures=figures, quality_drop=seen)


@pytest.fixture
def search() -> Search:
    """What screens came to: two close to each other, one far behind, one that lost too much."""
    trials = [
        a_trial(1, "onnx-runtime", ratio=0.4, drop=0.0),
        a_trial(2, "static-int8", ratio=0.12, drop=0.002),
        a_trial(3, "nncf-int8", ratio=0.1, drop=0.003),
        a_trial(4, "dynamic-int8", ratio=0.05, drop=0.03),
        a_trial(5, "soft-targets", "static-int8", ratio=0.02, drop=0.0),
    ]
    return Search(bench=BENCH, proposals=Any, offers=(), say=print, trials={str(one.number): one for one in trials})  # type: ignore[arg-type]  # nothing is proposed here


def test_a_network_is_finished_as_the_screens_that_came_close_to_the_best_the_best_first(search: Search) -> None:
    assert [["nncf-int8"], ["static-int8"]] == [[one.strategy for one in finish] for finish in search._finishes()]


def test_with_no_screen_that_held_a_network_is_left_as_it_is(search: Search) -> None:
    search.trials = {}

    assert [()] == search._finishes()


@pytest.mark.parametrize(
    ("drop", "tried"),
    [
        (0.0, [["soft-targets", "static-int8"]]),
        (0.02, [["soft-targets", "static-int8"], ["soft-targets", "onnx-runtime"]]),
        (0.04, []),
    ],
    ids=["one that held", "one whose quantization may have cost it", "one that lost far too much"],
)
def test_a_fine_tuned_network_is_finished_otherwise_too(
    search: Search, monkeypatch: pytest.MonkeyPatch, drop: float, tried: list[list[str]]
) -> None:
    asked: list[list[str]] = []

    def try_recipe(_: str, recipe: tuple[Ingredient, ...]) -> Trial:
        asked.append([one.strategy for one in recipe])
        return a_trial(9, ratio=0.05, drop=drop)

    monkeypatch.setattr(search, "try_recipe", try_recipe)
    monkeypatch.setattr(search, "_applying", lambda **_: ["onnx-runtime"])

    search._other_finishes((TRAINED, Ingredient(strategy="nncf-int8", choices={})), a_trial(8, ratio=0.04, drop=drop))

    assert tried == asked


def test_the_best_is_the_cheapest_that_most_likely_holds(search: Search) -> None:
    best = search.best()

    assert best is not None
    assert best.number == 5
    assert search.chance(search.trials["4"]) < 0.01
    assert search.chance(search.trials["2"]) > 0.99


def test_a_candidate_that_may_need_more_than_the_baseline_has_no_chance(search: Search) -> None:
    assert search.chance(a_trial(7, "onnx-runtime", ratio=1.0, drop=0.0)) == 0.0


def test_a_trial_without_figures_has_no_chance(search: Search) -> None:
    figures: Figures | None = None

    assert search.chance(Trial(number=1, recipe=(), state=TrialState.FAILED, reason="it broke", figures=figures)) == 0.0
