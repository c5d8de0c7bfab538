"""Exact conversions. Inside the package there are only joules, watts, seconds, grams, litres and bytes."""

from __future__ import annotations

import re

from greenwright.errors import BadInputError

J_PER_WH = 3_600.0
J_PER_KWH = 3_600_000.0
J_PER_UJ = 1e-6
J_PER_MJ = 1e-3  # millijoule, as NVML counts
W_PER_MW = 1e-3  # milliwatt, as NVML counts
BYTES_PER_MB = 1_000_000

_ENERGY_J = {"J": 1.0, "kJ": 1e3, "MJ": 1e6, "Wh": J_PER_WH, "kWh": J_PER_KWH}
_DURATION_S = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3_600.0}
_AMOUNT = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*([A-Za-z]+)\s*")


def kwh(energy_j: float) -> float:
    """Joules as kilowatt-hours, for the edges where people read them."""
    return energy_j / J_PER_KWH


def parse_energy_j(text: str) -> float:
    """Read ``"50kJ"``, ``"1.5 Wh"`` or ``"300 J"``.

    Raises:
        BadInputError: not a positive number with one of J, kJ, MJ, Wh, kWh.
    """
    return _parse(text, _ENERGY_J, "an energy, such as 500J, 50kJ or 2Wh")


def parse_duration_s(text: str) -> float:
    """Read ``"90s"``, ``"10m"`` or ``"2h"``.

    Raises:
        BadInputError: not a positive number with one of s, m, min, h.
    """
    return _parse(text, _DURATION_S, "a duration, such as 90s, 10m or 2h")


def _parse(text: str, scale: dict[str, float], wanted: str) -> float:
    match = _AMOUNT.fullmatch(text)
    if match is None or match[2] not in scale or float(match[1]) <= 0:
        raise BadInputError(f"{text!r} is not {wanted}")
    return float(match[1]) * scale[match[2]]
