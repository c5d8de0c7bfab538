from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.catalogue.places import Place, place
from greenwright.place.distance import great_circle_km, latency_s

DEGREES = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def at(latitude_deg: float, longitude_deg: float) -> Place:
    return replace(place("DE"), latitude_deg=latitude_deg, longitude_deg=longitude_deg)


def test_the_equator_is_as_long_as_it_is() -> None:
    assert great_circle_km(at(0, 0), at(0, 180)) == pytest.approx(20_015, abs=1)
    assert great_circle_km(at(0, 179), at(0, -179)) == pytest.approx(222.4, abs=0.1)


@given(DEGREES, DEGREES)
def test_a_way_is_as_far_back_and_never_longer_than_half_around(one: tuple[float, float], other: tuple[float, float]) -> None:
    there, back = great_circle_km(at(*one), at(*other)), great_circle_km(at(*other), at(*one))

    assert there == pytest.approx(back)
    assert there is not None
    assert 0 <= there <= 20_016


def test_a_latency_lies_in_its_range_and_grows_with_the_way() -> None:
    near, far = latency_s(at(50, 8), at(52, 4)), latency_s(at(50, 8), at(40, -74))

    assert near is not None
    assert far is not None
    assert near.low < near.value < near.high < far.value


def test_where_nobody_knows_where_it_lies_no_latency_is_made_up() -> None:
    assert latency_s(place("DE"), replace(place("DE"), latitude_deg=None)) is None
