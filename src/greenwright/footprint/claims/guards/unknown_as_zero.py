"""0 is a reading; what was not measured is unknown."""

from __future__ import annotations

from greenwright.footprint.claims.agreement import only
from greenwright.footprint.claims.contract import Meta, all_claims, finding
from greenwright.records.claims import ClaimDocument, ClaimFinding, Claims, Kind, Severity

META = Meta(
    id="unknown-as-zero",
    title="What was not measured is published as 0",
    source="https://github.com/mlco2/codecarbon/issues/1316",
)
PARTS = ("cpu_energy", "gpu_energy", "ram_energy")


def find(document: ClaimDocument) -> list[ClaimFinding]:
    """Work that took time and no energy, energy without carbon, and GPUs that used nothing."""
    return [*(one for claims in all_claims(document) if (one := _zero(claims))), *_codecarbon(document)]


def _zero(claims: Claims) -> ClaimFinding | None:
    time, energy = (
        only(claims, Kind.DEVICE_TIME, Kind.DURATION),
        only(claims, Kind.FACILITY_ENERGY, Kind.ENERGY, Kind.IT_ENERGY),
    )
    carbon = only(claims, Kind.LOCATION_CARBON, Kind.CARBON)
    if time and energy and time.value > 1 and energy.value == 0:
        return finding(
            META, energy, f"{time.printed} of work and {energy.printed} of energy", "leave unknown energy empty, and say so"
        )
    if energy and carbon and energy.value > 0 and carbon.value == 0:
        says = f"{energy.printed} of energy and {carbon.printed} of carbon"
        return finding(META, carbon, says, "give the location-based number; 0 is at most a market-based one", Severity.DOUBTFUL)
    return None


def _codecarbon(document: ClaimDocument) -> list[ClaimFinding]:
    for part in PARTS:
        rows = [record for record in document.records if _is_zero(record.cells.get(part, "")) and _has(record.cells, part)]
        if rows:
            name = part.partition("_")[0].upper()
            says = f"{part} is 0 in {len(rows)} of {len(document.records)} rows on machines that have a {name}"
            return [finding(META, rows[0].where, says, "count these rows as not covering it", Severity.DOUBTFUL)]
    return []


def _is_zero(cell: str) -> bool:
    try:
        return float(cell) == 0
    except ValueError:
        return False


def _has(cells: dict[str, str], part: str) -> bool:
    if part == "gpu_energy":
        return bool(cells.get("gpu_model", "").strip()) and not _is_zero(cells.get("gpu_count", "1") or "0")
    return not _is_zero(cells.get("duration", "0") or "0")
