"""A total must be the sum of its rows."""

from __future__ import annotations

from math import fsum

from greenwright.footprint.claims.contract import Meta, finding
from greenwright.footprint.claims.reading.amounts import number
from greenwright.records.claims import ClaimDocument, ClaimFinding, Claims, ClaimTable, Kind, Statement

META = Meta(id="sum-of-rows", title="A total is not the sum of its rows", source="https://huggingface.co/meta-llama/Llama-2-7b")
ADDS_UP = {
    Kind.ENERGY,
    Kind.IT_ENERGY,
    Kind.FACILITY_ENERGY,
    Kind.PART_ENERGY,
    Kind.DEVICE_TIME,
    Kind.CARBON,
    Kind.LOCATION_CARBON,
    Kind.MARKET_CARBON,
    Kind.EMBODIED_CARBON,
    Kind.OFFSETS,
    Kind.NET_CARBON,
    Kind.WATER,
    Kind.SITE_WATER,
    Kind.GRID_WATER,
    Kind.UNITS,
}
TOLERANCE_SHARE = 0.002
FEWEST_ROWS = 2


def find(document: ClaimDocument) -> list[ClaimFinding]:
    """Every column of a table whose total is off by more than rounding."""
    return [one for table in document.tables if table.total for one in _columns(table, table.total)]


def _columns(table: ClaimTable, total: Claims) -> list[ClaimFinding]:
    wrong = [(said, _of_column(table, said)) for said in total.statements if said.kind in ADDS_UP]
    return [_finding(table, said, rows) for said, rows in wrong if len(rows) >= FEWEST_ROWS and not _adds_up(said, rows)]


def _of_column(table: ClaimTable, said: Statement) -> list[Statement]:
    return [one for row in table.rows for one in row.statements if one.kind is said.kind and one.label == said.label]


def _adds_up(said: Statement, rows: list[Statement]) -> bool:
    slack = said.slack + fsum(one.slack for one in rows)
    return abs(fsum(one.value for one in rows) - said.value) <= max(slack, TOLERANCE_SHARE * abs(said.value)) * (1 + 1e-9)


def _finding(table: ClaimTable, said: Statement, rows: list[Statement]) -> ClaimFinding:
    factor = _factor(said)
    added = fsum(one.value for one in rows) / factor
    missing = f"; {len(table.rows) - len(rows)} of {len(table.rows)} rows have no number" if len(rows) < len(table.rows) else ""
    says = f"{said.label}: the {len(rows)} rows add up to {added:,.6g}, but the total says {said.printed}{missing}"
    return finding(
        META, said, says, "a row may be missing from the table, or counted in the total only; list every row that is in it"
    )


def _factor(said: Statement) -> float:
    """SI units in one of what is printed."""
    read = number(said.printed)
    return said.value / read[0] if read and read[0] else 1.0
