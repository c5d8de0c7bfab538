"""Numbers with units, as people and columns spell them, in joules, watts, seconds, grams and litres."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from greenwright.units import G_PER_KG, G_PER_LB, G_PER_T, J_PER_KWH, J_PER_WH, L_PER_GALLON, S_PER_H, S_PER_YEAR


class Dimension(StrEnum):
    """What a unit measures."""

    ENERGY = "energy"
    POWER = "power"
    TIME = "time"
    DEVICE_TIME = "device time"
    MASS = "mass"
    INTENSITY = "mass per energy"
    VOLUME = "volume"
    WATER_INTENSITY = "volume per energy"


ENERGY = {"Wh": J_PER_WH, "kWh": J_PER_KWH, "MWh": 1e3 * J_PER_KWH, "GWh": 1e6 * J_PER_KWH, "TWh": 1e9 * J_PER_KWH}
ENERGY |= {"mWh": 1e-3 * J_PER_WH, "J": 1.0, "kJ": 1e3, "MJ": 1e6, "GJ": 1e9, "TJ": 1e12, "mJ": 1e-3}
ENERGY |= {"joules": 1.0, "kilojoules": 1e3, "megajoules": 1e6}
ENERGY |= {
    "watt-hours": J_PER_WH,
    "kilowatt-hours": J_PER_KWH,
    "megawatt-hours": 1e3 * J_PER_KWH,
    "gigawatt-hours": 1e6 * J_PER_KWH,
}
POWER = {"mW": 1e-3, "W": 1.0, "kW": 1e3, "MW": 1e6, "watts": 1.0, "kilowatts": 1e3, "megawatts": 1e6}
TIME = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "min": 60.0, "minutes": 60.0, "h": S_PER_H, "hr": S_PER_H, "hrs": S_PER_H}
TIME |= {"hours": S_PER_H, "d": 24 * S_PER_H, "days": 24 * S_PER_H, "weeks": 168 * S_PER_H, "years": S_PER_YEAR}
MASS = {"mg": 1e-3, "g": 1.0, "grams": 1.0, "kg": G_PER_KG, "kilograms": G_PER_KG, "t": G_PER_T, "tonnes": G_PER_T}
MASS |= {"tons": G_PER_T, "metric tons": G_PER_T, "metric tonnes": G_PER_T, "kt": 1e3 * G_PER_T, "Mt": 1e6 * G_PER_T}
MASS |= {"lb": G_PER_LB, "lbs": G_PER_LB, "pounds": G_PER_LB}
VOLUME = {"mL": 1e-3, "L": 1.0, "litres": 1.0, "liters": 1.0, "kL": 1e3, "ML": 1e6, "m3": 1e3, "cubic metres": 1e3}
VOLUME |= {"gallons": L_PER_GALLON, "gal": L_PER_GALLON}
SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "": 1.0}

_CO2 = r"CO2(?:[\s-]?(?:equivalents?|equiv|eq|e)\b)?"
_DEVICE = r"(?:GPU|TPU|NPU|device|chip|accelerator|card|core|A100|H100|H200|B200|V100|T4|P100|L4|L40S)s?"
_GROUPED = r"\d{1,3}(?:[,\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]\d{3})+(?:\.\d+)?"
_NUMBER = rf"[-\N{{MINUS SIGN}}]?(?:{_GROUPED}|\d+,\d{{1,2}}(?!\d)|\d*\.?\d+(?:[eE][+-]?\d{{1,2}}(?!\d))?)"


def _any(units: dict[str, float]) -> str:
    """Longest first, and of a word the singular too."""
    spelt = {name for unit in units for name in (unit, unit.removesuffix("s") if len(unit) > 3 else unit)}  # noqa: PLR2004 - "hrs" is no plural to undo
    return "|".join(re.escape(one).replace(r"\-", r"[-\s]?") for one in sorted(spelt, key=len, reverse=True))


_UNITS: tuple[tuple[Dimension, str], ...] = (
    (Dimension.INTENSITY, rf"(?P<unit>{_any(MASS)})\s*(?:of\s+)?(?:{_CO2})?\s*(?:/|per)\s*(?P<per>{_any(ENERGY)})\b"),
    (Dimension.WATER_INTENSITY, rf"(?P<unit>{_any(VOLUME)})\s*(?:/|per)\s*(?P<per>{_any(ENERGY)})\b"),
    (
        Dimension.DEVICE_TIME,
        rf"(?P<scale>thousand|million|k|K|M)?\s*{_DEVICE}(?:[-\s]+{_DEVICE})?(?:[-\s·]+|(?=h))(?P<unit>{_any(TIME)})\b",
    ),
    (Dimension.MASS, rf"(?P<scale>thousand|million)?\s*(?P<unit>{_any(MASS)})\s*(?:of\s+)?(?P<co2>{_CO2}|carbon\b)"),
    (Dimension.ENERGY, rf"(?P<scale>thousand|million)?\s*(?P<unit>{_any(ENERGY)})\b"),
    (Dimension.POWER, rf"(?P<unit>{_any(POWER)})\b(?!\s*/)"),
    (Dimension.VOLUME, rf"(?P<scale>thousand|million|billion)?\s*(?P<unit>{_any(VOLUME)})\b"),
    (Dimension.MASS, rf"(?P<unit>{_any(MASS)})\b"),
    (Dimension.TIME, rf"(?P<unit>{_any(TIME)})\b"),
)
_AMOUNTS = tuple((dimension, re.compile(rf"(?<![\w.,$€£-])(?P<number>{_NUMBER})\s*{unit}")) for dimension, unit in _UNITS)
_HEADS = tuple((dimension, re.compile(rf"(?:^|[\s(\[/]){unit}(?=$|[\s)\],])")) for dimension, unit in _UNITS)
_LOWER = {
    Dimension.ENERGY: ENERGY,
    Dimension.POWER: POWER,
    Dimension.TIME: TIME,
    Dimension.DEVICE_TIME: TIME,
    Dimension.MASS: MASS,
    Dimension.INTENSITY: MASS,
    Dimension.VOLUME: VOLUME,
    Dimension.WATER_INTENSITY: VOLUME,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A number with its unit, found in a text."""

    dimension: Dimension
    value: float
    slack: float
    printed: str
    start: int
    end: int
    names_co2: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What a heading says its numbers are."""

    dimension: Dimension
    factor: float
    names_co2: bool = False


def plain(text: str) -> str:
    """One spelling of CO2, cubic metres, litres and marks of emphasis."""
    text = re.sub(r"CO\s?(?:₂|<sub>2</sub>|\$_\{?2\}?\$|_2|~2~)", "CO2", text)
    text = re.sub(r"co2(?=e|\b|_)", "CO2", text, flags=re.IGNORECASE)
    return re.sub(r"m(?:³|\^3)", "m3", text).replace("**", "").replace("`", "").replace("\N{SCRIPT SMALL L}", "L")


def amounts(text: str) -> Iterator[Amount]:
    """Every number that has a unit, in order; a longer unit wins over one that it begins with."""
    found: list[Amount] = []
    for dimension, pattern in _AMOUNTS:
        for match in pattern.finditer(text):
            if not any(one.start < match.end("number") and match.start("number") < one.end for one in found):
                found.append(_amount(dimension, match))
    yield from sorted(found, key=lambda one: one.start)


def unit_of_heading(heading: str) -> Unit | None:
    """``"Energy (MWh)"``, ``"energy_kwh"``, ``"tCO2eq"``: what the numbers beneath are; None where it does not say."""
    text = plain(re.sub(r"[_]+", " ", heading)).replace(" per ", "/").replace(" kw h", " kWh")
    for dimension, pattern in _HEADS:
        if match := pattern.search(text):
            return _unit(dimension, match)
    return _unit_in_lower_case(text.lower())


def number(text: str) -> tuple[float, float] | None:
    """A cell's number and half of its last digit; None where it holds none. A percentage is none."""
    match = re.match(
        rf"^[~≈<>\s$€£]*(?P<number>{_NUMBER})\s*(?P<scale>[kKMB]\b|thousand|million|billion)?(?![\w%-]|\s*%|[.:]\d)",
        text.strip(),
    )
    if not match:
        return None
    scale = SCALES[match["scale"] or ""]
    return _value(match["number"]) * scale, _slack(match["number"]) * scale


def _unit(dimension: Dimension, match: re.Match[str]) -> Unit:
    names_co2 = bool(match.groupdict().get("co2")) or "CO2" in match[0]
    scale = SCALES[match.groupdict().get("scale") or ""]
    return Unit(dimension=dimension, factor=_factor(dimension, match) * scale, names_co2=names_co2)


def _unit_in_lower_case(text: str) -> Unit | None:
    """Column names are in lower case: ``energy kwh``, ``carbon kg``, ``power w``; a mega is meant where a milli makes no sense."""
    words = re.findall(r"[a-z0-9/]+", text)
    for dimension, units in ((Dimension.INTENSITY, MASS), (Dimension.WATER_INTENSITY, VOLUME)):
        for unit, factor in units.items():
            for energy, joules in ENERGY.items():
                if f"{unit.lower()}/{energy.lower()}" in words and energy[0] != "m":
                    return Unit(dimension=dimension, factor=factor / (joules / J_PER_KWH))
    for dimension in (Dimension.ENERGY, Dimension.MASS, Dimension.VOLUME, Dimension.POWER, Dimension.TIME):
        spelt = {unit.lower(): factor for unit, factor in sorted(_LOWER[dimension].items(), key=lambda item: item[1])}
        for word in reversed(words):
            if word in spelt and (len(words) > 1 or len(word) > 1):
                return Unit(dimension=dimension, factor=spelt[word])
    return None


def _amount(dimension: Dimension, match: re.Match[str]) -> Amount:
    factor = _factor(dimension, match) * SCALES[match.groupdict().get("scale") or ""]
    return Amount(
        dimension=dimension,
        value=_value(match["number"]) * factor,
        slack=_slack(match["number"]) * factor,
        printed=" ".join(match[0].split()).rstrip("."),
        start=match.start("number"),
        end=match.end(),
        names_co2=bool(match.groupdict().get("co2")),
    )


def _factor(dimension: Dimension, match: re.Match[str]) -> float:
    factor = _of(_LOWER[dimension], match["unit"])
    if dimension in {Dimension.INTENSITY, Dimension.WATER_INTENSITY}:
        return factor / (_of(ENERGY, match["per"]) / J_PER_KWH)
    return factor


def _of(units: dict[str, float], spelt: str) -> float:
    name = re.sub(r"(?<=watt)[-\s]?(?=hour)", "-", " ".join(spelt.split()))
    return units[name] if name in units else units[f"{name}s"]


def _value(text: str) -> float:
    text = text.replace("\N{MINUS SIGN}", "-")
    if re.fullmatch(r"-?\d+,\d{1,2}", text):
        return float(text.replace(",", "."))
    return float(re.sub(r"[,\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]", "", text))


def _slack(text: str) -> float:
    """Half a unit of the last digit: ``"3.1"`` gives 0.05, ``"1,200"`` gives 0.5."""
    digits, _, exponent = text.lower().partition("e")
    decimal = re.fullmatch(r"\D?\d+,(\d{1,2})", digits)
    decimals = len(decimal[1]) if decimal else len(digits.partition(".")[2])
    return 0.5 * 10.0 ** (int(exponent or 0) - decimals)
