"""The meter on every machine of the conformance suite: exact, and frank about what happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenwright.testing.conformance import CASES, DURATION_S, Case, measure


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_meter_is_exact(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = measure(case, tmp_path, monkeypatch)

    assert outcome.error_share <= case.tolerance_share
    assert outcome.low_j <= outcome.truth_j * 1.001
    assert outcome.high_j >= outcome.truth_j * 0.999
    assert bool(case.problem) == bool(outcome.window.problems)
    assert all(case.problem in problem for problem in outcome.window.problems if "filled" not in problem)
    assert DURATION_S == pytest.approx(outcome.window.duration_s)
