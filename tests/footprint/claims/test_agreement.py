from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.footprint.claims.agreement import disagreement, explanation


@given(st.floats(1e-6, 1e12), st.floats(-0.009, 0.009))
def test_numbers_within_the_tolerance_agree(published: float, off: float) -> None:
    assert disagreement(published, published * (1 + off), 0.01) is None


@pytest.mark.parametrize(
    ("published", "computed", "says"),
    [
        (101.0, 80.73, "-20.1%"),
        (539.0, 385.08, "-28.6%"),
        (3.379, 0.339, "9.97 times apart"),
        (0.0, 5.0, "0 is published, and 5 follows"),
    ],
)
def test_it_says_how_far_apart_they_are(published: float, computed: float, says: str) -> None:
    assert says in (disagreement(published, computed) or "")


@pytest.mark.parametrize(
    ("ratio", "why"), [(1000.0, "kg and g"), (0.001, "kg and g"), (2.2046, "pounds"), (3.6, "MJ"), (3.667, "carbon dioxide")]
)
def test_a_known_mistake_is_named(ratio: float, why: str) -> None:
    assert why in (explanation(ratio) or "")


def test_a_ratio_that_no_mistake_explains_stays_unexplained() -> None:
    assert explanation(1.37) is None
    assert explanation(1.21, {"PUE twice": 1.21}) == "PUE twice"
