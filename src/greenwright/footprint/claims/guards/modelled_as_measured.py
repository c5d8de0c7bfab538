"""A power that never changes was not read: it is a model's, and so is its part of the total."""

from __future__ import annotations

from math import fsum

from greenwright.footprint.claims.contract import Meta, finding
from greenwright.records.claims import ClaimDocument, ClaimFinding, Record, Severity

META = Meta(
    id="modelled-as-measured",
    title="A constant of a model stands among measurements",
    source="https://arxiv.org/abs/2311.16863",
)
PARTS = ("cpu", "gpu", "ram")
FEWEST_ROWS = 4
LEAST_SHARE = 0.02


def find(document: ClaimDocument) -> list[ClaimFinding]:
    """Parts of CodeCarbon's rows whose power is one constant."""
    rows = [record for record in document.records if record.cells.get("energy_consumed", "").strip()]
    if len(rows) < FEWEST_ROWS:
        return []
    total = fsum(_float(row, "energy_consumed") for row in rows)
    constant = {
        part: fsum(_float(row, f"{part}_energy") for row in rows) / total
        for part in PARTS
        if total > 0 and _is_constant(rows, part)
    }
    named = {part: share for part, share in constant.items() if share >= LEAST_SHARE}
    if not named:
        return []
    parts = ", ".join(f"{part.upper()} {_power(rows, part):g} W, {share:.1%} of the energy" for part, share in named.items())
    says = f"the power never changes, so it is a model's: {parts}"
    return [finding(META, rows[0].where, says, "call only the rest measured, and give these parts a range", Severity.DOUBTFUL)]


def _is_constant(rows: list[Record], part: str) -> bool:
    values = [_float(row, f"{part}_power") for row in rows if row.cells.get(f"{part}_power", "").strip()]
    return len(values) >= FEWEST_ROWS and values[0] > 0 and max(values) - min(values) <= 1e-6 * values[0]


def _power(rows: list[Record], part: str) -> float:
    return next(_float(row, f"{part}_power") for row in rows if row.cells.get(f"{part}_power", "").strip())


def _float(row: Record, name: str) -> float:
    try:
        return float(row.cells.get(name) or 0)
    except ValueError:
        return 0.0
