"""Carbon, water, mass and money as people read them."""

from __future__ import annotations

from greenwright.records.footprint import Money
from greenwright.records.quantities import Quantity
from greenwright.report.words import NOT_MEASURED, scaled_text
from greenwright.units import J_PER_WH

UNKNOWN = "not known"
_WATT_HOURS = ((1e-6, "µWh"), (1e-3, "mWh"), (1.0, "Wh"), (1e3, "kWh"), (1e6, "MWh"), (1e9, "GWh"))
_GRAMS = ((1e-6, "µg"), (1e-3, "mg"), (1.0, "g"), (1e3, "kg"), (1e6, "t"), (1e9, "kt"), (1e12, "Mt"))
_LITRES = ((1e-6, "µL"), (1e-3, "mL"), (1.0, "L"), (1e3, "m³"))
_TIMES = ((1.0, ""), (1e6, " million"), (1e9, " billion"))
_SCALES = {"kWh": (_WATT_HOURS, J_PER_WH), "kg CO2e": (_GRAMS, 1.0), "kg": (_GRAMS, 1.0), "L": (_LITRES, 1.0)}


def amount_text(value: float | None, unit: str) -> str:
    """An amount in SI units, in the size of unit that fits: ``1_250.0`` of "kg CO2e" as ``"1.25 kg CO2e"``."""
    if value is None:
        return UNKNOWN
    if unit not in _SCALES:
        text = scaled_text(value, _TIMES, zero="0")
        return f"{text.strip()} {unit}".strip()
    scale, factor = _SCALES[unit]
    text = scaled_text(value / factor, scale, zero=f"0 {unit.removesuffix(' CO2e')}")
    return f"{text} CO2e" if unit.endswith("CO2e") and text != NOT_MEASURED else text


def quantity_text(quantity: Quantity | None, unit: str) -> str:
    """The value of a quantity; "not known" where there is none."""
    return amount_text(None if quantity is None else quantity.value, unit)


def range_text(quantity: Quantity | None, unit: str) -> str:
    """``"from 1.1 kg to 1.4 kg CO2e"``; nothing where low and high read alike."""
    if quantity is None:
        return ""
    low, high = amount_text(quantity.low, unit), amount_text(quantity.high, unit)
    return "" if low == high else f"{low.removesuffix(' CO2e')} to {high}"


def money_text(money: Money | None) -> str:
    """``"1,230 EUR"``."""
    return UNKNOWN if money is None else amount_text(money.amount.value, money.currency)
