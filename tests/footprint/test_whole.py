from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.errors import BadInputError
from greenwright.footprint.arithmetic import exactly
from greenwright.footprint.whole import carbon_total_g, footprint, footprint_total, per_unit, scaled_footprint, water_total_l
from greenwright.records.footprint import Boundary, Footprint, HardwareUse, Supply, Water
from greenwright.records.quantities import Grade, Quantity
from greenwright.units import G_PER_KG, J_PER_KWH, S_PER_YEAR

SUPPLY = Supply(
    pue_ratio=Quantity(value=1.2, low=1.1, high=1.3, grade=Grade.MODELLED, source="operator"),
    location_g_per_kwh=exactly(400.0, "grid"),
    market_g_per_kwh=exactly(0.0, "contract"),
    marginal_g_per_kwh=exactly(700.0, "dispatch model"),
    losses_ratio=exactly(1.05, "grid losses"),
    site_consumed_l_per_kwh=exactly(0.2, "WUE"),
    grid_consumed_l_per_kwh=exactly(3.0, "EWIF"),
    hydro_included=True,
    price_per_kwh=exactly(0.1, "tariff"),
    currency="EUR",
)
GPU = HardwareUse(
    name="GPU", used_s=S_PER_YEAR, lifespan_s=4 * S_PER_YEAR, embodied_g=exactly(400 * G_PER_KG), mass_g=exactly(2_000.0)
)
TEN_KWH = exactly(10 * J_PER_KWH, "meter")


def test_everything_is_computed_on_the_energy_it_is_defined_on() -> None:
    whole = footprint(TEN_KWH, SUPPLY, [GPU], unit="1 request", units=100)

    found = {
        "facility": whole.facility_energy_j,
        "location": whole.location_g,
        "market": whole.market_g,
        "marginal": whole.marginal_g,
        "losses": whole.losses_g,
        "embodied": whole.embodied_g,
        "site": whole.site_water.consumed_l,
        "grid": whole.grid_water.consumed_l,
        "cost": whole.energy_cost.amount if whole.energy_cost else None,
        "ewaste": whole.ewaste_g,
    }
    assert {name: amount.value if amount else None for name, amount in found.items()} == pytest.approx(
        {
            "facility": 12 * J_PER_KWH,
            "location": 4_800.0,
            "market": 0.0,
            "marginal": 8_400.0,
            "losses": 240.0,
            "embodied": 100_000.0,
            "site": 2.0,  # on 10 kWh, not on 12
            "grid": 36.0,
            "cost": 1.2,
            "ewaste": 500.0,
        }
    )
    assert whole.boundary is Boundary.WITH_EMBODIED
    assert {factor.name for factor in whole.factors} >= {"pue_ratio", "location_g_per_kwh", "embodied, GPU"}


def test_views_of_the_same_energy_are_never_added() -> None:
    whole = footprint(TEN_KWH, SUPPLY, [GPU])

    total = carbon_total_g(whole)

    assert total is not None
    assert total.value == pytest.approx(4_800 + 240 + 100_000)


def test_what_is_not_given_stays_unknown_and_is_said() -> None:
    whole = footprint(TEN_KWH, Supply(location_g_per_kwh=exactly(400.0)), [replace(GPU, embodied_g=None)])

    assert whole.boundary is Boundary.IT
    assert (whole.facility_energy_j, whole.market_g, whole.embodied_g, whole.site_water.consumed_l) == (None, None, None, None)
    assert whole.location_g is not None
    assert whole.location_g.value == pytest.approx(4_000.0)
    assert len(whole.leaves_out) == 2
    assert water_total_l(whole) is None


def test_ranges_and_the_weakest_grade_reach_every_amount() -> None:
    whole = footprint(TEN_KWH, SUPPLY)

    assert whole.location_g is not None
    assert (whole.location_g.low, whole.location_g.high) == pytest.approx((4_400.0, 5_200.0))
    assert whole.location_g.grade is Grade.MODELLED
    assert whole.location_g.source == "meter; operator; grid"
    assert whole.site_water.consumed_l is not None
    assert whole.site_water.consumed_l.grade is Grade.COUNTER


@given(st.floats(1e-3, 1e12), st.floats(1, 1e9))
def test_per_unit_times_units_is_the_whole(energy_j: float, units: float) -> None:
    whole = footprint(exactly(energy_j), SUPPLY, [GPU], units=units)

    again = scaled_footprint(per_unit(whole), units)

    for name in ("it_energy_j", "facility_energy_j", "location_g", "embodied_g", "ewaste_g"):
        assert getattr(again, name).value == pytest.approx(getattr(whole, name).value)
    assert again.functional_units == pytest.approx(units)


@pytest.mark.parametrize("units", [0, 0.0, -3.0, None, float("nan")])
def test_per_no_unit_is_an_error(units: float | None) -> None:
    with pytest.raises(BadInputError, match="above 0"):
        per_unit(replace(footprint(TEN_KWH, SUPPLY), functional_units=units))


@given(st.lists(st.floats(1, 1e9), min_size=1, max_size=6))
def test_a_sum_of_footprints_is_the_footprint_of_the_sum(energies: list[float]) -> None:
    added = footprint_total([footprint(exactly(energy_j), SUPPLY) for energy_j in energies])
    whole = footprint(exactly(sum(energies)), SUPPLY)

    for name in ("facility_energy_j", "location_g", "market_g", "marginal_g", "losses_g"):
        assert getattr(added, name).value == pytest.approx(getattr(whole, name).value)
    assert added.grid_water.consumed_l is not None
    assert whole.grid_water.consumed_l is not None
    assert added.grid_water.consumed_l.value == pytest.approx(whole.grid_water.consumed_l.value)
    assert added.grid_water.hydro_included is True


def test_a_sum_says_what_only_some_of_its_parts_know() -> None:
    known, unknown = footprint(TEN_KWH, SUPPLY, [GPU]), footprint(TEN_KWH, SUPPLY)

    added = footprint_total((known, unknown))

    assert added.boundary is Boundary.FACILITY
    assert added.embodied_g == known.embodied_g
    assert "carbon of making the hardware: not known for 1 of 2 parts" in added.leaves_out


def test_water_with_and_without_reservoirs_is_not_added() -> None:
    one = Footprint(boundary=Boundary.IT, grid_water=Water(consumed_l=exactly(1.0), hydro_included=True))
    other = Footprint(boundary=Boundary.IT, grid_water=Water(consumed_l=exactly(1.0), hydro_included=False))

    with pytest.raises(BadInputError, match="reservoirs"):
        footprint_total((one, other))
    with pytest.raises(BadInputError, match="at least one"):
        footprint_total(())
