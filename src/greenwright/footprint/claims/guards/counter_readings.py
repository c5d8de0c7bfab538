"""Counters start again when a driver reloads, and hold sentinels where there is no reading."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from greenwright.footprint.claims.contract import Meta, finding
from greenwright.records.claims import ClaimDocument, ClaimFinding, Record

META = Meta(
    id="counter-readings",
    title="A sentinel or a reset of a counter was taken for a reading",
    source="https://docs.nvidia.com/datacenter/dcgm/latest/dcgm-api/dcgm-api-field-ids.html",
)
SENTINEL = 9.2e18
"""DCGM's "not available": 9223372036854775792 and the few integers above it."""
SENTINELS_32 = {2147483632.0, 2147483633.0, 2147483634.0, 2147483635.0}


def find(document: ClaimDocument) -> list[ClaimFinding]:
    """Sentinels anywhere in a file of readings, and energy counters that fall."""
    found = [
        _sentinel(record, name) for record in document.records for name, cell in record.cells.items() if _is_sentinel(cell)
    ]
    return [*found[:1], *_resets(document)]


def _is_sentinel(cell: str) -> bool:
    return cell.strip().isdigit() and (float(cell) >= SENTINEL or float(cell) in SENTINELS_32)


def _sentinel(record: Record, name: str) -> ClaimFinding:
    says = f'{name} is {record.cells[name].strip()}, which means "not available"'
    return finding(META, record.where, says, "drop such readings before anything is added up or averaged")


def _resets(document: ClaimDocument) -> list[ClaimFinding]:
    series: defaultdict[tuple[str, str], list[tuple[Record, float]]] = defaultdict(list)
    for record in document.records:
        for name, cell in record.cells.items():
            if "TOTAL_ENERGY" in name.upper() or name.endswith("_joules_total"):
                device = next(
                    (record.cells[key] for key in ("UUID", "gpu", "GPU", "device", "instance") if key in record.cells), ""
                )
                if cell.strip() and not _is_sentinel(cell) and (value := _float(cell)) is not None:
                    series[name, device].append((record, value))
    return [one for (name, device), rows in series.items() if (one := _reset(name, device, rows))]


def _reset(name: str, device: str, rows: list[tuple[Record, float]]) -> ClaimFinding | None:
    falls = [(record, before, after) for (_, before), (record, after) in pairwise(rows) if after < before]
    if not falls:
        return None
    record, before, after = falls[0]
    says = f"{name} of {device or 'one device'} falls from {before:g} to {after:g}: it started again"
    return finding(
        META,
        record.where,
        says,
        "add the gains between readings, and what was counted before each restart; last minus first is wrong",
    )


def _float(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
