"""Sentences and lists become statements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from greenwright.footprint.claims.reading.amounts import Amount, Dimension, amounts, number, plain
from greenwright.footprint.claims.reading.meanings import meaning
from greenwright.records.claims import Claims, Kind, Statement

_PUE = re.compile(
    r"\b(?:PUE|power usage effectiveness)\b(?:\s*\(PUE\))?[\s:=|]*"
    r"(?:of|is|was|at|about|around|~|≈|ratio)*[\s:=|~≈]*(?P<number>\d(?:\.\d+)?)(?![\d.]*\s*%)",
    re.IGNORECASE,
)
_HOURS_USED = re.compile(r"\bhours used\b[^\d]{0,6}(?P<number>[\d.,]+)\s*$", re.IGNORECASE)
_INTENSITY_WORDS = re.compile(r"carbon (?:intensity|efficiency)|grid intensity|emission factor", re.IGNORECASE)
_DEVICES = re.compile(
    r"(?<![\w.])(?P<number>\d[\d,]*)\s*(?:[x×*]\s*)?(?:NVIDIA|Nvidia|AMD|Google|Intel|Cloud|HGX|DGX)?\s*"
    r"(?:(?P<name>(?:Tesla |RTX |Quadro |GeForce )?(?:A100|H100|H200|H800|A800|B200|GH200|V100|P100|T4|L40S?|L4|A10G?|A40|A6000|K80|"
    r"MI\d{3}X?|3090|4090|Titan\w*))\b(?![-\s]*(?:hours|hrs))(?:-\w+)*|(?:\w+ )?(?:GPUs|TPUs|accelerators|chips)\b(?![-\s]*hours))"
)
_REQUESTS = re.compile(
    r"(?<![\w.,])(?P<number>\d[\d,.]*)\s*(?P<scale>thousand|million|billion)?\s*(?:requests|queries|prompts|inferences|API calls)\b"
)
_ODD_UNIT = re.compile(r"\bM?kMWh\b|\bMkWh\b|\bkW/h\b|\bkWh/h\b|\bMW/h\b")
BEFORE, AFTER = 60, 40
"""Characters beside a number that may say what it is about."""


def claims_in_lines(lines: Sequence[tuple[str, str]], subject: str) -> Iterator[Claims]:
    """What a section says; and where it says several things of one kind, each of its lines that says enough by itself."""
    by_line = [(where, tuple(statements_in(text, where)), devices_in(text)) for where, text in lines]
    everything = tuple(one for _, statements, _ in by_line for one in statements)
    if not everything:
        return
    names = tuple(dict.fromkeys(name for _, _, devices in by_line for name in devices))
    if not _speaks_of_several_things(everything):
        yield Claims(subject=subject, where=everything[0].where, statements=everything, devices=names)
        if len({one.kind for one in everything}) == len({(one.kind, one.value) for one in everything}):
            return
    for where, statements, devices in by_line:
        if statements:
            yield Claims(subject=subject, where=where, statements=statements, devices=devices or names)


def _speaks_of_several_things(statements: Sequence[Statement]) -> bool:
    """A section about making a model and about using it: numbers of one must not be held against those of the other."""
    kinds = {one.kind for one in statements}
    used, made = (
        {Kind.UNITS, Kind.ENERGY_PER_UNIT, Kind.CARBON_PER_UNIT},
        {Kind.DEVICES, Kind.DEVICE_TIME, Kind.DURATION, Kind.POWER},
    )
    return bool(kinds & used) and bool(kinds & made)


def statements_in(text: str, where: str) -> Iterator[Statement]:
    """Every number of one line that is about energy, carbon, water or what they are computed from."""
    text = plain(text)
    for amount in amounts(text):
        if kind := _kind(amount, text):
            yield _statement(kind, amount.value, amount.slack, amount.printed, where, _label(text, amount.start))
    for kind, pattern in ((Kind.PUE, _PUE), (Kind.DEVICES, _DEVICES), (Kind.UNITS, _REQUESTS), (Kind.DURATION, _HOURS_USED)):
        yield from _found(kind, pattern, text, where)


def devices_in(text: str) -> tuple[str, ...]:
    """Names of accelerators in a line."""
    found = re.findall(
        r"\b(?:TPU\s?v\d\w*(?:-\d+)?|(?:RTX |Tesla |Quadro )?(?:A100|H100|H200|H800|A800|B200|GH200|V100|P100|T4|L40S|L40|L4|A10G|A10|"
        r"A40|A6000|K80|MI\d{3}X?|3090|4090))\b",
        text,
    )
    return tuple(dict.fromkeys(found))


def odd_units_in(text: str) -> list[str]:
    """Units that do not exist, or are rates where an amount is meant."""
    return _ODD_UNIT.findall(text)


def _kind(amount: Amount, text: str) -> Kind | None:
    before, after = _label(text, amount.start), _after(text, amount.end)
    if amount.dimension is Dimension.MASS and _INTENSITY_WORDS.search(before) and re.match(r"\s*(?:/|per)", after):
        return Kind.INTENSITY
    if amount.dimension is Dimension.TIME and re.match(r"\s*(?:per|/)", after):
        return None
    return meaning(amount.dimension, before, after, names_co2=amount.names_co2)


def _label(text: str, start: int) -> str:
    """The words before a number, back to the end of the sentence or to the number before it."""
    before = text[max(0, start - BEFORE) : start]
    return re.split(r"[.;](?=\s)|\d[\d.,]*\s*\w*\s*(?:,|and|\()", before)[-1]


def _after(text: str, end: int) -> str:
    return re.split(r"[.;,](?=\s)|\band\b", text[end : end + AFTER])[0]


def _found(kind: Kind, pattern: re.Pattern[str], text: str, where: str) -> Iterator[Statement]:
    for match in pattern.finditer(text):
        scale = match.groupdict().get("scale")
        if read := number(f"{match['number']} {scale or ''}"):
            factor = 3_600.0 if pattern is _HOURS_USED else 1.0
            yield _statement(kind, read[0] * factor, read[1] * factor, " ".join(match[0].split()), where, "")


def _statement(  # noqa: PLR0913, PLR0917 - the fields of a statement, in their order
    kind: Kind, value: float, slack: float, printed: str, where: str, label: str
) -> Statement:
    return Statement(kind=kind, value=value, slack=slack, printed=printed, where=where, label=label.strip())
