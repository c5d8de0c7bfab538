"""``2-03:00:00`` is two days and three hours; without its days a long job nearly vanishes."""

from __future__ import annotations

import re

from greenwright.footprint.claims.agreement import disagreement
from greenwright.footprint.claims.contract import Meta, finding
from greenwright.footprint.claims.reading.amounts import number
from greenwright.footprint.claims.slurm import device_count, elapsed_s
from greenwright.records.claims import ClaimDocument, ClaimFinding, Record, Severity

META = Meta(
    id="elapsed-days",
    title="Days of an elapsed time were dropped",
    source="https://slurm.schedmd.com/sacct.html#OPT_Elapsed",
)
_HOURS = re.compile(r"(?:gpu|device|wall|elapsed)?[_\s-]*(?:hours|hrs)$", re.IGNORECASE)


def find(document: ClaimDocument) -> list[ClaimFinding]:
    """Rows whose printed hours forgot the days, and a warning where a file has such times and no raw seconds."""
    long = [record for record in document.records if re.match(r"^\d+-\d", record.cells.get("Elapsed", ""))]
    wrong = [one for record in long if (one := _dropped(record))]
    if wrong or not long or any(record.cells.get("ElapsedRaw") for record in long):
        return wrong[:1]
    days = sum(int(record.cells["Elapsed"].partition("-")[0]) for record in long)
    says = f"{len(long)} of {len(document.records)} jobs ran for days, written as D-HH:MM:SS: {days} days in all"
    return [finding(META, long[0].where, says, "read the days too, or export ElapsedRaw", Severity.UNSAID)]


def _dropped(record: Record) -> ClaimFinding | None:
    whole_s = elapsed_s(record.cells["Elapsed"])
    short_s = elapsed_s(record.cells["Elapsed"].partition("-")[2])
    if whole_s is None or short_s is None:
        return None
    for name, cell in record.cells.items():
        read = number(cell) if _HOURS.search(name) else None
        count = max(1, device_count(record.cells)) if "gpu" in name.lower() or "device" in name.lower() else 1
        if read and disagreement(read[0], short_s / 3600 * count, 0.01) is None:
            says = f"{name} is {cell}, but {record.cells['Elapsed']} is {whole_s / 3600 * count:,.4g} h"
            return finding(META, record.where, says, "read Elapsed as [days-]hours:minutes:seconds")
    return None
