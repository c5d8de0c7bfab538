"""A quality proof in words and on a line."""

from __future__ import annotations

from dataclasses import replace
from math import nan
from typing import TYPE_CHECKING

import pytest

from greenwright.records.quantities import Interval
from greenwright.report.proof import bound_text, lost_text, scales

if TYPE_CHECKING:
    from greenwright.records.study import StudyRecord


def test_marks_stand_in_their_order_inside_the_line(saving: StudyRecord) -> None:
    failed, passed = scales(saving.proofs)

    assert failed is not None
    assert passed is not None
    assert 0 < passed.low < passed.zero < passed.value < passed.high < passed.limit < 100
    assert failed.limit < failed.value < failed.high < 100
    assert (failed.zero, failed.limit) == (passed.zero, passed.limit)


def test_a_proof_without_numbers_has_no_line(saving: StudyRecord) -> None:
    broken = replace(saving.proofs[0], drop=Interval(value=nan, low=nan, high=nan, confidence=0.95))

    assert scales([broken]) == [None]


def test_a_bound_below_zero_is_a_gain(saving: StudyRecord) -> None:
    better = replace(saving.proofs[1], drop=Interval(value=-0.006, low=-0.01, high=-0.002, confidence=0.95))

    assert bound_text(better) == "at least 0.2 points gained; 1 point of loss is allowed"


@pytest.mark.parametrize(
    ("drop", "said"),
    [(0.003, "0.3 points lost"), (-0.001, "0.1 points gained"), (0.0, "the same"), (nan, "not measured")],
)
def test_a_drop_is_lost_or_gained(drop: float, said: str) -> None:
    assert lost_text(drop, "accuracy") == said
