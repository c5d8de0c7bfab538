from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.errors import BadInputError
from greenwright.footprint.score import band, score


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 1.0), (1000, 1.0), (2500, 0.98), (3785, 0.9), (5000, 0.77), (7300, 0.5), (7500, 0.48), (10000, 0.27), (30000, 0.0)],
)
def test_it_scores_as_lighthouse_does(value: float, expected: float) -> None:
    assert score(value, median=7300, best_tenth=3785) == pytest.approx(expected, abs=0.006)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_less_never_scores_worse(one: float, other: float) -> None:
    low, high = sorted((one, other))

    assert 0 <= score(high, 100.0, 20.0) <= score(low, 100.0, 20.0) <= 1


@pytest.mark.parametrize(("points", "word"), [(1.0, "good"), (0.9, "good"), (0.89, "average"), (0.5, "average"), (0.2, "poor")])
def test_a_band_has_a_word(points: float, word: str) -> None:
    assert band(points) == word


@pytest.mark.parametrize(("value", "median", "best"), [(-1, 2, 1), (1, 1, 2), (1, 1, 0), (float("nan"), 2, 1)])
def test_nonsense_has_no_score(value: float, median: float, best: float) -> None:
    with pytest.raises(BadInputError, match="cannot score"):
        score(value, median, best)
