from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.errors import BadInputError
from greenwright.footprint.arithmetic import exactly
from greenwright.footprint.energy import (
    device_energy_j,
    energy_at_j,
    energy_layers,
    facility_energy_j,
    implied_power_w,
    it_energy_of_facility_j,
    network_energy_j,
    power_at_load_w,
    storage_energy_j,
)
from greenwright.records.energy import Part
from greenwright.records.footprint import Boundary
from greenwright.records.quantities import Grade, Quantity
from greenwright.units import BYTES_PER_GB, BYTES_PER_TB, J_PER_KWH, J_PER_WH, S_PER_H, kwh

GPU = Part(
    counter="nvml:0", covers="gpu", energy_j=Quantity(value=800.0, low=760.0, high=840.0, grade=Grade.COUNTER, source="nvml")
)
CPU = Part(
    counter="cpu-time", covers="cpu", energy_j=Quantity(value=200.0, low=100.0, high=400.0, grade=Grade.MODELLED, source="m")
)


def test_a_published_training_run_is_reproduced() -> None:
    """Patterson et al. (2021), table 4, T5 11B: 512 chips at 310 W for 20 days, PUE 1.12: 85.7 MWh."""
    it_j = device_energy_j(exactly(310.0), duration_s=20 * 24 * S_PER_H, count=512)

    assert kwh(facility_energy_j(it_j, exactly(1.12)).value) == pytest.approx(85_700, rel=0.025)


@given(st.floats(1.0, 3.0), st.floats(1.0, 3.0))
def test_each_boundary_holds_the_one_before_and_parts_stay_as_measured(node: float, pue: float) -> None:
    layers = energy_layers((GPU, CPU), exactly(node), exactly(pue))

    assert layers.parts == (GPU, CPU)
    assert layers.device_j.value == pytest.approx(1_000.0)
    assert layers.it_j.value == pytest.approx(layers.device_j.value + layers.rest_of_node_j.value)
    assert layers.facility_j.value == pytest.approx(layers.it_j.value + layers.overhead_j.value)
    at = [energy_at_j(layers, boundary).value for boundary in Boundary]
    assert at == sorted(at)
    assert at[-1] == at[-2]
    assert layers.facility_j.grade is Grade.MODELLED


def test_without_ratios_nothing_is_added() -> None:
    layers = energy_layers((GPU,))

    assert layers.facility_j == layers.it_j == layers.device_j
    assert (layers.rest_of_node_j.value, layers.overhead_j.value) == (0.0, 0.0)
    assert layers.facility_j.grade is Grade.COUNTER


def test_the_range_of_the_pue_widens_the_facility_s_energy() -> None:
    pue = Quantity(value=1.2, low=1.1, high=1.5, grade=Grade.MODELLED, source="survey")

    facility = facility_energy_j(GPU.energy_j, pue)

    assert (facility.low, facility.value, facility.high) == pytest.approx((836.0, 960.0, 1260.0))
    assert facility.source == "nvml; survey"


def test_energy_of_a_facility_goes_back_to_its_machines() -> None:
    assert it_energy_of_facility_j(exactly(112.0), exactly(1.12)).value == pytest.approx(100.0)


@pytest.mark.parametrize("ratio", [0.0, 0.9, -1.1])
def test_an_overhead_below_1_cannot_be(ratio: float) -> None:
    with pytest.raises(BadInputError, match="at least 1"):
        facility_energy_j(exactly(1.0), exactly(ratio))
    with pytest.raises(BadInputError, match="at least 1"):
        energy_layers((GPU,), rest_of_node_ratio=exactly(ratio))


def test_power_follows_load_between_idle_and_busy() -> None:
    """Cloud Carbon Footprint's H100: 60 W idle, 700 W busy; eight of them at half load."""
    power_w = power_at_load_w(exactly(60.0), exactly(700.0), 0.5)

    assert kwh(device_energy_j(power_w, S_PER_H, count=8).value) == pytest.approx(3.04)


@pytest.mark.parametrize(("idle_w", "busy_w", "load_share"), [(60.0, 700.0, 1.5), (60.0, 700.0, -0.1), (700.0, 60.0, 0.5)])
def test_a_load_that_cannot_be_is_refused(idle_w: float, busy_w: float, load_share: float) -> None:
    with pytest.raises(BadInputError, match="share between|swapped"):
        power_at_load_w(exactly(idle_w), exactly(busy_w), load_share)


def test_data_kept_and_moved_has_its_energy() -> None:
    """SPRUCE: 10 TB of S3 for a month, six copies at 0.65 Wh/TB-h, 28.47 kWh; 10 TB to the internet, 590 kWh."""
    kept = storage_energy_j(10 * BYTES_PER_TB, 730 * S_PER_H, exactly(0.65 * J_PER_WH / (BYTES_PER_TB * S_PER_H)), 6)
    moved = network_energy_j(10_000 * BYTES_PER_GB, exactly(0.059 * J_PER_KWH / BYTES_PER_GB))

    assert kwh(kept.value) == pytest.approx(28.47)
    assert kwh(moved.value) == pytest.approx(590.0)


def test_negative_amounts_are_refused() -> None:
    with pytest.raises(BadInputError, match="negative"):
        device_energy_j(exactly(1.0), -1.0)
    with pytest.raises(BadInputError, match="negative"):
        storage_energy_j(-1.0, 1.0, exactly(1.0))
    with pytest.raises(BadInputError, match="negative"):
        network_energy_j(-1.0, exactly(1.0))


def test_energy_and_device_time_imply_a_power() -> None:
    """Dodge et al. (2022): 237.6 kWh for 4 GPUs over 216 h."""
    assert implied_power_w(exactly(237.6 * J_PER_KWH), 864 * S_PER_H).value == pytest.approx(275.0)
    with pytest.raises(BadInputError, match="give the time"):
        implied_power_w(exactly(1.0), 0.0)
