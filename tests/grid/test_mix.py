"""Generation times factors is what published series show."""

from __future__ import annotations

import pytest

from greenwright.catalogue.load import factors
from greenwright.grid.mix import intensities, intensity_g_per_kwh
from greenwright.grid.sources import eia, entsoe
from greenwright.records.grid import Boundary


def test_the_mean_of_the_factors_weighed_by_generation() -> None:
    assert intensity_g_per_kwh({"coal": 1.0, "wind": 3.0}, Boundary.LIFE_CYCLE) == pytest.approx((820 + 33) / 4)
    assert intensity_g_per_kwh({"gas": 1.0, "nuclear": 1.0}, Boundary.DIRECT) == pytest.approx(185)


def test_a_fuel_that_nobody_knows_is_unknown_not_clean() -> None:
    assert intensity_g_per_kwh({"peat": 2.0}, Boundary.LIFE_CYCLE) == pytest.approx(700)


def test_where_nothing_was_generated_nothing_is_known() -> None:
    assert intensities({3600.0: {"coal": 1.0}, 0.0: {}}, Boundary.DIRECT) == [(0.0, None), (3600.0, 760.0)]


@pytest.mark.parametrize("name", ["fuel_life_cycle", "fuel_direct"])
def test_every_fuel_of_every_source_has_a_factor(name: str) -> None:
    assert {*eia.FUELS.values(), *entsoe.FUELS.values(), "unknown"} <= set(factors(name))


def test_direct_emissions_are_never_above_those_of_the_life_cycle() -> None:
    direct, whole = factors("fuel_direct"), factors("fuel_life_cycle")

    assert [] == [key for key in direct if direct[key].value > whole[key].value]
