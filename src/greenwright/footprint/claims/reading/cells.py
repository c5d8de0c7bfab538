"""Tables become rows of claims: a heading says what the numbers beneath it are, unless a cell says so itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from greenwright.footprint.claims.reading.amounts import Dimension, amounts, number, plain, unit_of_heading
from greenwright.footprint.claims.reading.meanings import bare_meaning, meaning
from greenwright.footprint.claims.reading.prose import devices_in
from greenwright.records.claims import Claims, ClaimTable, Kind, Statement

_TOTAL = re.compile(r"^\W*(?:grand |sub)?(?:total|sum|overall|all (?:models|rows|runs))\b", re.IGNORECASE)
_CARBON = re.compile(r"CO2|carbon|emission|location|market", re.IGNORECASE)
_SUM = re.compile(r"(?:^|[\W_])(?:total|sum|net|gross|offsets?)(?:$|[\W_])", re.IGNORECASE)
"""A column beside carbon that does not repeat what it is about."""
_DEVICE_HOURS = re.compile(r"(?:GPU|TPU|device|chip|accelerator)[-\s]*(?:hours|hrs|h)\b", re.IGNORECASE)
_DEVICE_POWER = re.compile(r"\bTDP\b|power", re.IGNORECASE)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], where: Sequence[str], title: str = "") -> ClaimTable:
    """One table; ``where`` says for each row where it stands."""
    made = [row_claims(heads, cells, place, title) for cells, place in zip(rows, where, strict=True)]
    totals = [claims for claims, cells in zip(made, rows, strict=True) if _is_total(cells)]
    ordinary = [claims for claims, cells in zip(made, rows, strict=True) if not _is_total(cells)]
    return ClaimTable(where=where[0] if where else title, rows=tuple(ordinary), total=totals[-1] if totals else None)


def row_claims(heads: Sequence[str], cells: Sequence[str], where: str, title: str = "") -> Claims:
    """What one row says."""
    about_carbon = any(_CARBON.search(head) for head in heads)
    statements = tuple(
        one
        for head, cell in zip(heads, cells, strict=False)
        for one in _statements(head, cell, f"{where}, {head}", "emissions" if about_carbon and _SUM.search(head) else title)
    )
    return Claims(
        subject=plain(cells[0]).strip() or where if cells else where,
        where=where,
        statements=statements,
        devices=devices_in(" ".join([*heads, *cells])),
    )


def _statements(head: str, cell: str, where: str, title: str) -> Iterator[Statement]:
    text = plain(cell).strip()
    said = list(amounts(text))
    if said:
        for amount in said:
            kind = meaning(amount.dimension, plain(head), text[amount.end :], names_co2=amount.names_co2)
            if kind:
                yield Statement(
                    kind=kind, value=amount.value, slack=amount.slack, printed=amount.printed, where=where, label=plain(head)
                )
        return
    if (read := number(text)) and (found := heading_kind(head, title)):
        kind, factor = found
        yield Statement(kind=kind, value=read[0] * factor, slack=read[1] * factor, printed=text, where=where, label=plain(head))


def heading_kind(head: str, title: str = "") -> tuple[Kind, float] | None:
    """What the numbers under a heading are, and the factor to SI units; None where the heading does not say."""
    text = plain(head.replace("_", " "))
    if bare := bare_meaning(text):
        return bare, 1.0
    if match := _DEVICE_HOURS.search(text):
        return Kind.DEVICE_TIME, 3_600.0 if match else 1.0
    unit = unit_of_heading(head) or unit_of_heading(title)
    if unit is None:
        return None
    words = f"{text} {title}" if unit.dimension is Dimension.MASS else text
    kind = meaning(unit.dimension, words, names_co2=unit.names_co2)
    if kind is Kind.DURATION and _DEVICE_POWER.search(text):
        return None
    return (kind, unit.factor) if kind else None


def _is_total(cells: Sequence[str]) -> bool:
    return any(_TOTAL.match(plain(cell)) for cell in cells if number(cell) is None)
