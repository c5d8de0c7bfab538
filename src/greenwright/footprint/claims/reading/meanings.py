"""What a number is about, from its unit and the words beside it."""

from __future__ import annotations

import re

from greenwright.footprint.claims.reading.amounts import Dimension
from greenwright.records.claims import Kind

_PER_UNIT = re.compile(
    r"(?:/|\bper\b|\ba\b|\bfor (?:one|each|a)\b)\s*(?:1[,.]?000|1k|thousand|million|single|median|average)?\s*(?:text\s|user\s)?"
    r"(?:request|quer(?:y|ies)|prompt|inference|token|image|call|prediction|sample|answer|response|example)s?\b",
    re.IGNORECASE,
)
_CARBON_WORDS = re.compile(
    r"CO2|carbon|emission|emitted|\bGHG\b|greenhouse|footprint|\bGWP\b|scope [123]|location|market", re.IGNORECASE
)
_NOT_CARBON = re.compile(r"e-?waste|mass|weight(?!ed)|payload", re.IGNORECASE)
_CARBON: tuple[tuple[Kind, str], ...] = (
    (Kind.AVOIDED_CARBON, r"avoid|sav(?:ed|ing)|reduction|prevent"),
    (Kind.NET_CARBON, r"\bnet\b|after offset"),
    (Kind.OFFSETS, r"offset|credit|compensat"),
    (Kind.MARKET_CARBON, r"market"),
    (Kind.LOCATION_CARBON, r"location|\bgross\b"),
    (Kind.EMBODIED_CARBON, r"embodied|manufactur|scope 3"),
)
_ENERGY: tuple[tuple[Kind, str], ...] = (
    (
        Kind.IT_ENERGY,
        r"\bIT\b|without (?:the )?PUE|exclud\w+ (?:the )?PUE|before PUE|excl\.? PUE|server energy|node energy|\bit energy\b",
    ),
    (Kind.FACILITY_ENERGY, r"facility|data ?cent(?:er|re)|(?:with|includ\w+|incl\.?|after|×|x) (?:the |a )?PUE|overhead"),
    (Kind.PART_ENERGY, r"\b(?:GPU|CPU|RAM|DRAM|memory|disk|cooling|idle|device)\b"),
)
_WATER: tuple[tuple[Kind, str], ...] = (
    (Kind.GRID_WATER, r"off-?\s?site|grid|indirect|power (?:station|plant)|electricity|scope 2|generation"),
    (Kind.SITE_WATER, r"on-?\s?site|\bsite\b|direct|cooling|scope 1|evaporat"),
)
_WATER_INTENSITY: tuple[tuple[Kind, str], ...] = (
    (Kind.WUE, r"WUE|water usage effectiveness|on-?\s?site|cooling|scope 1"),
    (Kind.EWIF, r"EWIF|off-?\s?site|grid|electricity|indirect|scope 2"),
)


def meaning(dimension: Dimension, words: str, after: str = "", *, names_co2: bool = False) -> Kind | None:
    """The kind of a number; None where its words do not say that it is one of ours."""
    if dimension is Dimension.MASS:
        return _carbon(words, after, names_co2=names_co2)
    if dimension is Dimension.ENERGY:
        return Kind.ENERGY_PER_UNIT if _PER_UNIT.search(f"{words} {after}") else _first(_ENERGY, words) or Kind.ENERGY
    if dimension is Dimension.VOLUME:
        return None if _PER_UNIT.search(f"{words} {after}") else _first(_WATER, words) or _first(_WATER, after) or Kind.WATER
    if dimension is Dimension.WATER_INTENSITY:
        return _first(_WATER_INTENSITY, f"{words} {after}")
    plain = {
        Dimension.POWER: Kind.POWER,
        Dimension.TIME: Kind.DURATION,
        Dimension.DEVICE_TIME: Kind.DEVICE_TIME,
        Dimension.INTENSITY: Kind.INTENSITY,
    }
    return plain[dimension]


def bare_meaning(heading: str) -> Kind | None:
    """What a column without a unit is about, where its name says so: PUE, WUE, a number of GPUs, of requests."""
    text = heading.replace("_", " ").strip()
    names: tuple[tuple[Kind, str], ...] = (
        (Kind.PUE, r"^PUE\b|power usage effectiveness|\bPUE$|^pue ratio"),
        (Kind.WUE, r"^WUE\b"),
        (
            Kind.DEVICES,
            r"(?:^|\b)(?:number of |#\s?|n )?(?:GPU|TPU|chip|device|accelerator)s?(?: count)?$|(?:GPU|device|chip) count",
        ),
        (Kind.UNITS, r"^(?:number of |#\s?|n )?(?:request|quer|prompt|inference|token|image|functional unit)\w*$"),
    )
    return _first(names, text)


def _carbon(words: str, after: str, *, names_co2: bool) -> Kind | None:
    if re.match(r"\s*(?:of\s+)?(?:carbon\s+)?(?:offsets?|credits?)\b", after):
        return Kind.OFFSETS
    if not names_co2 and (not _CARBON_WORDS.search(words) or _NOT_CARBON.search(words)):
        return None
    special = _first(_CARBON, f"{words} {after[:40]}")
    return special or (Kind.CARBON_PER_UNIT if _PER_UNIT.search(f"{words} {after}") else Kind.CARBON)


def _first(names: tuple[tuple[Kind, str], ...], words: str) -> Kind | None:
    """Abbreviations are matched as they are written, everything else in any case."""
    return next((kind for kind, pattern in names if re.search(pattern, words, re.IGNORECASE)), None)
