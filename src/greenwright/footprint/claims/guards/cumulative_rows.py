"""Rows that each hold the whole run so far must not be added."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from greenwright.footprint.claims.contract import Meta, finding
from greenwright.records.claims import ClaimDocument, ClaimFinding, Record

META = Meta(
    id="cumulative-rows",
    title="Rows hold the run so far, and were added or will be",
    source="https://github.com/bigscience-workshop/carbon-footprint",
)
COLUMNS = ("energy_consumed", "emissions", "duration")
FEWEST_ROWS = 2


def find(document: ClaimDocument) -> list[ClaimFinding]:
    """One finding for a file whose rows grow within a run."""
    runs: defaultdict[str, list[Record]] = defaultdict(list)
    for record in document.records:
        if record.cells.get("run_id"):
            runs[record.cells["run_id"]].append(record)
    growing = {run: rows for run, rows in runs.items() if len(rows) >= FEWEST_ROWS and _grows(rows)}
    if not growing:
        return []
    rows = [record for one in growing.values() for record in one]
    added, last = (_sum(records) for records in (rows, [one[-1] for one in growing.values()]))
    if last <= 0:
        return []
    says = (
        f"{len(rows)} rows of {len(growing)} runs each hold their run so far: added they make {added:,.4g} kWh, "
        f"{added / last:,.1f} times the {last:,.4g} kWh of the last rows"
    )
    return [finding(META, rows[0].where, says, "use the last row of each run_id only")]


def _grows(rows: Sequence[Record]) -> bool:
    """Whether every column never falls from row to row, and the energy rises: a meter that adds up."""
    series = [[_float(row.cells.get(column, "")) for row in rows] for column in COLUMNS if column in rows[0].cells]
    steady = all(before <= after for values in series for before, after in pairwise(values))
    return bool(series) and steady and series[0][0] < series[0][-1]


def _sum(rows: Sequence[Record]) -> float:
    return sum(_float(row.cells.get("energy_consumed", "")) for row in rows)


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
