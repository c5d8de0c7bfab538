from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.footprint.claims.reading.amounts import Dimension, amounts, number, plain, unit_of_heading


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("124.98 kWh", Dimension.ENERGY, 124.98 * 3.6e6),
        ("1,287 MWh", Dimension.ENERGY, 1_287 * 3.6e9),
        ("12 megawatt-hours", Dimension.ENERGY, 12 * 3.6e9),
        ("3 MJ", Dimension.ENERGY, 3e6),
        ("552.1 tCO2e", Dimension.MASS, 552.1e6),
        ("59.99 kg CO2eq", Dimension.MASS, 59_990),
        ("12 metric tons of CO₂", Dimension.MASS, 12e6),
        ("626,155 lbs CO2", Dimension.MASS, 626_155 * 453.59237),
        ("0.429 kgCO2e/kWh", Dimension.INTENSITY, 429.0),
        ("480 g CO2 per kWh", Dimension.INTENSITY, 480.0),
        ("731.6 kg/MWh", Dimension.INTENSITY, 731.6),
        ("0.2 L/kWh", Dimension.WATER_INTENSITY, 0.2),
        ("1.8 m³/MWh", Dimension.WATER_INTENSITY, 1.8),
        ("400 W", Dimension.POWER, 400.0),
        ("1.46M GPU hours", Dimension.DEVICE_TIME, 1.46e6 * 3_600),
        ("1,082,990 GPU-hours", Dimension.DEVICE_TIME, 1_082_990 * 3_600.0),
        ("2.5 million litres", Dimension.VOLUME, 2.5e6),
        ("0,43 kWh", Dimension.ENERGY, 0.43 * 3.6e6),
    ],
)
def test_a_number_is_read_in_si_units(text: str, dimension: Dimension, value: float) -> None:
    (found,) = amounts(plain(text))

    assert found.dimension is dimension
    assert found.value == pytest.approx(value)


@pytest.mark.parametrize(
    "text", ["v1.2 of the model", "24 layers", "7B parameters", "in 2023.", "$12.50", "arXiv:2104.10350", "3-shot"]
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert list(amounts(plain(text))) == []


@pytest.mark.parametrize(
    ("heading", "dimension", "factor"),
    [
        ("Energy (MWh)", Dimension.ENERGY, 3.6e9),
        ("energy_kwh", Dimension.ENERGY, 3.6e6),
        ("it_energy_j", Dimension.ENERGY, 1.0),
        ("tCO2eq", Dimension.MASS, 1e6),
        ("emissions_kg", Dimension.MASS, 1e3),
        ("intensity_g_per_kwh", Dimension.INTENSITY, 1.0),
        ("Carbon intensity [kgCO2e/kWh]", Dimension.INTENSITY, 1e3),
        ("power_w", Dimension.POWER, 1.0),
        ("Water (kL)", Dimension.VOLUME, 1e3),
    ],
)
def test_a_heading_says_the_unit_of_its_column(heading: str, dimension: Dimension, factor: float) -> None:
    found = unit_of_heading(heading)

    assert found is not None
    assert found.dimension is dimension
    assert found.factor == pytest.approx(factor)


def test_a_heading_without_a_unit_says_nothing() -> None:
    assert unit_of_heading("Model") is None


@pytest.mark.parametrize(
    ("text", "value", "slack"),
    [("1,200", 1_200, 0.5), ("3.10", 3.1, 0.005), ("~12", 12, 0.5), ("1.5e3", 1_500, 50), ("7.0M", 7e6, 5e4)],
)
def test_a_cell_has_a_number_and_half_of_its_last_digit(text: str, value: float, slack: float) -> None:
    assert number(text) == pytest.approx((value, slack))


@pytest.mark.parametrize("text", ["12%", "5e8765ab", "12:30:00", "1.2.3", "2-03:00:00", "8xA100", "", "n/a"])
def test_a_cell_without_a_number_has_none(text: str) -> None:
    assert number(text) is None


@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    list(amounts(plain(text)))
    number(text)
    unit_of_heading(text)
