from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.errors import BadInputError
from greenwright.footprint.arithmetic import exactly
from greenwright.footprint.water import ewif_of_mix_l_per_kwh, site_water_l, water_l, wue_at_wet_bulb_l_per_kwh
from greenwright.units import J_PER_KWH


def test_a_published_request_is_reproduced() -> None:
    """Li et al. (2023), table 1, Netherlands: 0.004 kWh, WUE 0.06, PUE 1.14, EWIF 3.445."""
    litres = water_l(exactly(0.004 * J_PER_KWH), exactly(0.06), exactly(1.14), exactly(3.445))

    assert litres.value == pytest.approx(0.015948, rel=1e-3)


@given(st.floats(0, 3), st.floats(1, 2), st.floats(0, 20))
def test_pue_multiplies_the_power_station_s_water_and_not_the_site_s(wue: float, pue: float, ewif: float) -> None:
    site = site_water_l(exactly(J_PER_KWH), exactly(wue))
    both = water_l(exactly(J_PER_KWH), exactly(wue), exactly(pue), exactly(ewif))

    assert site.value == pytest.approx(wue)
    assert both.value == pytest.approx(wue + pue * ewif)


@pytest.mark.parametrize(("wet_bulb_f", "expected"), [(70.0, 4.656), (45.0, 2.721), (10.0, 0.05)])
def test_a_cooling_tower_evaporates_with_the_wet_bulb_temperature(wet_bulb_f: float, expected: float) -> None:
    assert wue_at_wet_bulb_l_per_kwh(wet_bulb_f).value == pytest.approx(expected)


def test_a_tower_without_recirculation_is_refused() -> None:
    with pytest.raises(BadInputError, match="more than 1"):
        wue_at_wet_bulb_l_per_kwh(70.0, cycles=1.0)


@pytest.mark.parametrize(("mix", "expected"), [({"nuclear": 1.0}, 2.271247), ({"gas": 100.0}, 1.135624), ({"hydro": 1.0}, 0.0)])
def test_a_mix_has_the_water_of_its_fuels(mix: dict[str, float], expected: float) -> None:
    assert ewif_of_mix_l_per_kwh(mix).value == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("mix", [{"peat": 1.0}, {"gas": -1.0, "coal": 2.0}, {}, {"gas": 0.0}])
def test_a_mix_that_cannot_be_is_refused(mix: dict[str, float]) -> None:
    with pytest.raises(BadInputError, match="known fuels|generates nothing"):
        ewif_of_mix_l_per_kwh(mix)
