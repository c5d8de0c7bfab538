"""Exact conversions. Inside the package there are only joules, watts, seconds, grams, litres and bytes."""

from __future__ import annotations

import re

from greenwright.errors import BadInputError

J_PER_WH = 3_600.0
J_PER_KWH = 3_600_000.0
J_PER_UJ = 1e-6
J_PER_MJ = 1e-3  # millijoule, as NVML counts
W_PER_MW = 1e-3  # milliwatt, as NVML counts
S_PER_US = 1e-6  # microsecond, as cgroups count
S_PER_NS = 1e-9  # nanosecond, as macOS counts
W_PER_UW = 1e-6  # microwatt, as hwmon shows
BYTES_PER_GB = 1_000_000_000
BYTES_PER_KIB = 1_024  # as Linux counts memory
BYTES_PER_TB = 1_000_000_000_000
S_PER_H = 3_600.0
S_PER_DAY = 24 * S_PER_H
S_PER_YEAR = 365 * 24 * S_PER_H
G_PER_KG = 1_000.0
G_PER_T = 1_000_000.0
G_PER_LB = 453.59237
L_PER_GALLON = 3.785411784  # US liquid gallon

_ENERGY_J = {"uJ": J_PER_UJ, "mJ": 1e-3, "J": 1.0, "kJ": 1e3, "MJ": 1e6, "Wh": J_PER_WH, "kWh": J_PER_KWH}
_DURATION_S = {"ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0}
_SIZE_BYTES = {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15}
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
        BadInputError: not a positive number with one of ms, s, m, min, h, d.
    """
    return _parse(text, _DURATION_S, "a duration, such as 90s, 10m or 2h")


def parse_size_bytes(text: str) -> float:
    """Read ``"200 GB"`` or ``"1.5TB"``.

    Raises:
        BadInputError: not a positive number with one of B, kB, MB, GB, TB, PB.
    """
    return _parse(text, _SIZE_BYTES, "a size, such as 200GB or 1.5TB")


def _parse(text: str, scale: dict[str, float], wanted: str) -> float:
    match = _AMOUNT.fullmatch(text)
    if match is None or match[2] not in scale or float(match[1]) <= 0:
        raise BadInputError(f"{text!r} is not {wanted}")
    return float(match[1]) * scale[match[2]]
