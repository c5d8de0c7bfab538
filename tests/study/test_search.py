from __future__ import annotations

from dataclasses import replace
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


# --- teaching a network to stand rounding ---


def hardened(search: Search, monkeypatch: pytest.MonkeyPatch, *, guess_j: float = 1.0) -> list[list[str]]:
    """What ``_harden`` tries, strategies and choices of the last."""
    asked: list[list[str]] = []
    monkeypatch.setattr(search, "try_recipe", lambda _, recipe: asked.append([one.key for one in recipe]))
    monkeypatch.setattr(search, "_applying", lambda **_: ["rounding-aware"])
    monkeypatch.setattr(search, "_late", lambda: False)
    monkeypatch.setattr(search, "_guess_j", lambda _: guess_j)
    monkeypatch.setattr(Search, "left_j", 10.0)
    search._harden()
    return asked


def test_a_network_is_taught_to_stand_rounding_where_that_alone_keeps_it_from_winning(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    search.trials = {
        "1": a_trial(1, "onnx-runtime", ratio=0.4, drop=0.0),
        "2": a_trial(2, "static-int8", ratio=0.1, drop=0.05),
        "3": a_trial(3, "static-int8", ratio=0.1, drop=0.03),
    }
    search.trials["3"] = replace(
        search.trials["3"], recipe=(Step(strategy="static-int8", title="", stage="quantize", choices={"nearest": True}),)
    )
    (tried,) = hardened(search, monkeypatch)

    assert tried[0].startswith("rounding-aware")
    assert tried[1] == 'static-int8{"nearest": true}'


@pytest.mark.parametrize(
    "trials",
    [
        [a_trial(1, "onnx-runtime", ratio=0.4, drop=0.0), a_trial(2, "static-int8", ratio=0.1, drop=0.0)],
        [a_trial(1, "onnx-runtime", ratio=0.4, drop=0.0), a_trial(2, "static-int8", ratio=0.5, drop=0.05)],
        [a_trial(1, "onnx-runtime", ratio=0.4, drop=0.0)],
    ],
    ids=["8 bits hold already", "8 bits would not win", "8 bits were not tried"],
)
def test_and_nowhere_else(search: Search, monkeypatch: pytest.MonkeyPatch, trials: list[Trial]) -> None:
    search.trials = {str(one.number): one for one in trials}

    assert [] == hardened(search, monkeypatch)


def test_nor_where_the_budget_has_no_room_for_it(search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    search.trials = {"2": a_trial(2, "static-int8", ratio=0.1, drop=0.05)}

    assert [] == hardened(search, monkeypatch, guess_j=9.0)


# --- money ---


def a_window(name: str, energy_j: float, duration_s: float) -> Any:
    return SimpleNamespace(name=name, energy_j=SimpleNamespace(value=energy_j), duration_s=duration_s)


def a_bench(budget_j: float, windows: list[Any], time_s: float = 1_000.0) -> Any:
    return SimpleNamespace(
        limits=Limits(max_drop=0.01, search_budget_j=budget_j, time_s=time_s),
        validation=range(100),
        test=range(200),
        windows=windows,
        spent_j=sum(one.energy_j.value for one in windows),
        spent_s=sum(one.duration_s for one in windows),
    )


def test_what_proving_takes_is_put_aside(search: Search) -> None:
    search.bench = a_bench(100.0, [a_window("measuring the baseline", 2.0, 1.0), a_window("judging quality", 5.0, 2.5)])

    # Twice the examples: 4 J for the baseline's answers, 2 J for each of three finalists, and 5 s at 2 W to compare.
    assert search.reserve_j == pytest.approx(4.0 + 3 * 2.0 + 10.0)
    assert search.left_j == pytest.approx(100.0 - 7.0 - 20.0)


def test_no_more_is_left_than_the_time_allows(search: Search) -> None:
    search.bench = a_bench(1_000.0, [a_window("screening", 20.0, 10.0)], time_s=15.0)

    assert search.left_j == pytest.approx(5.0 * 2.0)


def test_the_last_comparison_takes_what_is_left(search: Search) -> None:
    for spent_j, expected_s in ((10.0, 30.0), (66.0, 13.0), (90.0, 5.0)):
        search.bench = a_bench(100.0, [a_window("screening", spent_j, spent_j / 2)])

        assert search.final_max_s() == pytest.approx(expected_s)


def test_what_was_spent_is_told_beside_the_budget(search: Search) -> None:
    search.bench = a_bench(100.0, [a_window("screening", 60.0, 1.0)])
    assert "60 J, of its budget of 100 J" in search.account()

    search.bench = a_bench(50.0, [a_window("screening", 60.0, 1.0)])
    assert "60 J, more than its budget of 50 J" in search.account()
