from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.errors import BadInputError
from greenwright.footprint.arithmetic import exactly
from greenwright.footprint.carbon import (
    carbon_g,
    carbon_over_time_g,
    implied_intensity_g_per_kwh,
    losses_g,
    mean_intensity_g_per_kwh,
)
from greenwright.records.quantities import Grade, Quantity
from greenwright.units import G_PER_T, J_PER_KWH


def test_a_published_footprint_is_reproduced() -> None:
    """Patterson et al. (2021), table 4, GPT-3: 1,287 MWh at 0.429 kg/kWh, 552.1 t."""
    emitted = carbon_g(exactly(1_287_000 * J_PER_KWH), exactly(429.0))

    assert emitted.value / G_PER_T == pytest.approx(552.1, rel=1e-3)


def test_range_and_grade_of_the_intensity_reach_the_grams() -> None:
    intensity = Quantity(value=400.0, low=50.0, high=900.0, grade=Grade.ASSUMED, source="world mean")

    emitted = carbon_g(exactly(J_PER_KWH, "meter"), intensity)

    assert (emitted.low, emitted.value, emitted.high) == pytest.approx((50.0, 400.0, 900.0))
    assert emitted.grade is Grade.ASSUMED
    assert emitted.source == "meter; world mean"


HOURS = st.lists(st.tuples(st.floats(0.1, 1e9), st.floats(0, 1_200)), min_size=1, max_size=48)


@given(HOURS)
def test_the_mean_intensity_gives_the_grams_of_the_hours(hours: list[tuple[float, float]]) -> None:
    series = [(exactly(energy), exactly(intensity)) for energy, intensity in hours]
    energy_j = exactly(sum(energy for energy, _ in hours))

    by_hour = carbon_over_time_g(series)

    assert carbon_g(energy_j, mean_intensity_g_per_kwh(series)).value == pytest.approx(by_hour.value, rel=1e-9, abs=1e-9)


def test_the_hour_matters() -> None:
    at_night, at_noon = exactly(100.0), exactly(500.0)

    emitted = carbon_over_time_g([(exactly(9 * J_PER_KWH), at_night), (exactly(J_PER_KWH), at_noon)])

    assert emitted.value == pytest.approx(1_400.0)


def test_hours_without_energy_have_no_mean() -> None:
    with pytest.raises(BadInputError, match="no mean intensity"):
        mean_intensity_g_per_kwh([(exactly(0.0), exactly(100.0))])
    with pytest.raises(BadInputError, match="no mean intensity"):
        mean_intensity_g_per_kwh([])


@given(st.floats(1, 1e12), st.floats(1, 1_200))
def test_grams_and_joules_imply_the_intensity_they_came_of(energy: float, intensity: float) -> None:
    emitted = carbon_g(exactly(energy), exactly(intensity))

    assert implied_intensity_g_per_kwh(emitted, exactly(energy)).value == pytest.approx(intensity)


def test_a_negative_intensity_is_an_offset_in_disguise() -> None:
    with pytest.raises(BadInputError, match="report it apart"):
        carbon_g(exactly(1.0), exactly(-5.0))


def test_losses_stand_beside_what_was_delivered() -> None:
    assert losses_g(exactly(100.0), exactly(1.08)).value == pytest.approx(8.0)
    with pytest.raises(BadInputError, match="at least 1"):
        losses_g(exactly(100.0), exactly(0.92))
