"""What more training alone would have gained is told beside what fine-tuning with compression did."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from torch import nn

import greenwright
from greenwright import Limits, Workload
from greenwright.strategies.contract import Real, Whole

pytestmark = pytest.mark.usefixtures("hurry")


@pytest.mark.parametrize(("asked", "trains"), [(True, True), (False, True), (True, False)])
def test_the_baseline_is_given_the_same_training_where_asked_and_where_there_was_any(  # noqa: PLR0913, PLR0917  fixtures
    workload: Workload, add_strategy: Any, small: nn.Module, digits: Any, tmp_path: Path, asked: bool, trains: bool
) -> None:
    monkeyed = add_strategy("shrink", lambda plan, given: replace(plan, model=small), trains=False)
    if trains:
        monkeyed = add_strategy(
            "heads-and-neurons",
            lambda plan, given: replace(plan, model=small),
            trains=True,
            choices={"epoch_count": Whole(low=1, high=2, default=1), "keep_share": Real(low=0.2, high=0.8, default=0.4)},
        )
    limits = Limits(max_drop=0.1, time_s=30, strategies=(monkeyed,), control=asked, search_budget_j=50_000.0)

    study = greenwright.optimize(replace(workload, train=digits.train), limits=limits, out=tmp_path / "out")

    assert study.certificate is not None
    told = study.certificate.control
    assert (told is not None) == (asked and trains)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert ("control of equal budget" in page) == (told is not None)
    if told is not None:
        assert told.epoch_count >= 1
        assert told.drop.value < 0.1
        assert "the control of equal budget" in {one.purpose for one in study.record.spending}
