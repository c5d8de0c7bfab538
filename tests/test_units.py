from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.errors import BadInputError
from greenwright.units import J_PER_KWH, kwh, parse_duration_s, parse_energy_j

AMOUNTS = st.floats(min_value=1e-3, max_value=1e9).map(lambda amount: float(f"{amount:.6f}"))


@pytest.mark.parametrize(
    ("text", "energy_j"),
    [
        ("500J", 500.0),
        ("50kJ", 50_000.0),
        ("1.5 Wh", 5_400.0),
        (" 2 kWh ", 7_200_000.0),
        (".5MJ", 500_000.0),
        ("1e3 J", 1_000.0),
    ],
)
def test_an_energy_is_read_with_its_unit(text: str, energy_j: float) -> None:
    assert parse_energy_j(text) == energy_j


@pytest.mark.parametrize(("text", "duration_s"), [("90s", 90.0), ("10m", 600.0), ("10 min", 600.0), ("2h", 7_200.0)])
def test_a_duration_is_read_with_its_unit(text: str, duration_s: float) -> None:
    assert parse_duration_s(text) == duration_s


@pytest.mark.parametrize("text", ["", "50", "kJ", "0J", "-5J", "5 kj", "5 J s", "nanJ", "infJ", "5W"])
def test_what_is_no_energy_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadInputError, match="is not an energy, such as 500J"):
        parse_energy_j(text)


@pytest.mark.parametrize("text", ["", "10", "0s", "-1h", "1w", "10M"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadInputError, match="is not a duration, such as 90s"):
        parse_duration_s(text)


@given(AMOUNTS)
def test_a_thousand_joules_are_a_kilojoule(amount: float) -> None:
    assert parse_energy_j(f"{amount}kJ") == pytest.approx(1_000 * parse_energy_j(f"{amount}J"))


@given(AMOUNTS)
def test_what_is_read_in_kilowatt_hours_is_printed_in_them(amount: float) -> None:
    assert kwh(parse_energy_j(f"{amount}kWh")) == pytest.approx(amount)


def test_a_kilowatt_hour_is_3_6_million_joules() -> None:
    assert kwh(J_PER_KWH) == 1.0
