"""A second study of such a model finds its result with fewer trials, from a real ledger; and says what it did not try, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import greenwright
from greenwright import Limits, Workload
from greenwright.records.study import Outcome
from greenwright.study.predictions import miss_bits

AddStrategy = Callable[..., str]
pytestmark = pytest.mark.usefixtures("hurry")
LIMITS = Limits(max_drop=0.2, time_s=120, strategies=("onnx-runtime", "shrink", "half-precision"))


@pytest.fixture
def said() -> list[str]:
    return []


def test_a_second_study_needs_fewer_trials_and_predicts_better(
    workload: Workload, shrinking: str, tmp_path: Path, said: list[str]
) -> None:
    first = greenwright.optimize(workload, limits=LIMITS, out=tmp_path / "first")
    second = greenwright.optimize(workload, limits=LIMITS, out=tmp_path / "second", say=said.append)

    assert first.record.outcome is second.record.outcome is Outcome.SAVES
    assert first.best is not None
    assert second.best is not None
    assert [step.strategy for step in first.best.recipe] == [step.strategy for step in second.best.recipe] == ["shrink"]
    assert len(second.record.trials) < len(first.record.trials)
    assert second.record.trials[0].recipe[0].strategy == "shrink"  # what realised most comes first

    told = {offer.strategy: offer for offer in second.record.offers if offer.predicted}
    waiting = {name for name, offer in told.items() if offer.put_off}
    tried = {trial.recipe[0].strategy for trial in second.record.trials}
    assert waiting
    assert set(told) == waiting | tried  # nothing is dropped without a word
    assert all("predicted from 1 earlier study" in told[name].put_off for name in waiting)
    assert any(line.startswith("put off: ") for line in said)
    assert any("predicted from 1 earlier study" in line for line in said)

    # What was predicted before anything was measured, with and without the ledger, against what was then measured.
    shrunk = told["shrink"].predicted
    assert shrunk is not None
    assert shrunk.realised is not None
    promised = 0.49  # what a strategy is taken to promise that promises nothing: the middle of 0.2 and 1.2
    assert miss_bits(shrunk.energy_ratio.value, shrunk.realised.value) < miss_bits(promised, shrunk.realised.value)
    page = second.report().read_text(encoding="utf-8")
    assert "Predicted from 1 earlier study" in page
    assert "Put off: predicted from" in page


def test_a_cold_study_learns_nothing(workload: Workload, shrinking: str, tmp_path: Path) -> None:
    limits = replace(LIMITS, strategies=("shrink",))
    greenwright.optimize(workload, limits=limits, out=tmp_path / "first")

    cold = greenwright.optimize(workload, limits=replace(limits, cold=True), out=tmp_path / "cold")

    assert all(offer.predicted is None for offer in cold.record.offers)


def test_what_was_put_off_is_tried_where_nothing_else_is_certain(
    workload: Workload, shrinking: str, add_strategy: AddStrategy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    greenwright.optimize(workload, limits=LIMITS, out=tmp_path / "first")
    certain: list[Any] = []

    def chance(search: Any, trial: Any) -> float:
        """Whatever is first looks certain until it has put others off, and then no longer."""
        certain.append(trial.number)
        waiting = any(offer.put_off for offer in search.offers)
        return 0.0 if trial.figures is None else 0.7 if waiting else 1.0

    monkeypatch.setattr("greenwright.study.search.Search.chance", chance)
    second = greenwright.optimize(workload, limits=LIMITS, out=tmp_path / "second")

    tried = {trial.recipe[0].strategy for trial in second.record.trials}
    assert tried >= {"shrink", "onnx-runtime"}
    assert certain
