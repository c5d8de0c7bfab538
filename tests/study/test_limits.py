from __future__ import annotations

import math
from typing import Any

import pytest

from greenwright.errors import BadInputError
from greenwright.study.limits import Limits


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("max_drop", [-0.01, math.nan, math.inf]),
        ("max_slice_drop", [-0.01, math.nan, math.inf]),
        ("batch", [0, -1]),
        ("gap_s", [-0.1, 1.5, math.nan]),
        ("time_s", [0.0, -1.0, math.nan, math.inf]),
        ("search_budget_j", [0.0, -5.0, math.nan, math.inf]),
        ("horizon_units", [0.0, math.nan, math.inf]),
        ("thread_count", [0]),
        ("confidence", [0.5, 1.0, math.nan]),
    ],
)
def test_a_limit_that_no_study_could_keep_to_is_refused_with_its_value(name: str, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(BadInputError, match=f"{name} must be .*, got {value}"):
            Limits(**{name: value})


def test_nothing_may_be_lost_is_a_limit_like_any_other() -> None:
    assert Limits(max_drop=0.0).max_drop == 0.0
