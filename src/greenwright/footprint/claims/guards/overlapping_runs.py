"""Two runs that each measured the whole machine at the same time measured the same joules."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from itertools import pairwise

from greenwright.footprint.claims.contract import Meta, finding
from greenwright.records.claims import ClaimDocument, ClaimFinding, Record, Severity

META = Meta(
    id="overlapping-runs",
    title="Runs that measured the whole machine overlap in time",
    source="https://github.com/bigscience-workshop/carbon-footprint",
)
HOST = ("cpu_model", "gpu_model", "cpu_count", "gpu_count", "region", "os")
LEAST_RATIO = 1.05
"""Runs that follow one another within a second overlap by their start-up alone."""
_Run = tuple[float, float, str, bool]


def find(document: ClaimDocument) -> list[ClaimFinding]:
    """One finding a host on which such runs overlap."""
    hosts: defaultdict[tuple[str, ...], list[_Run]] = defaultdict(list)
    for record in _last_rows(document.records):
        if (run := _run(record)) and record.cells.get("tracking_mode", "machine") == "machine":
            hosts[tuple(record.cells.get(name, "") for name in HOST)].append(run)
    return [one for runs in hosts.values() if (one := _overlap(sorted(runs)))]


def _last_rows(records: tuple[Record, ...]) -> list[Record]:
    last: dict[str, Record] = {}
    for record in records:
        last[record.cells.get("run_id") or record.where] = record
    return list(last.values())


def _run(record: Record) -> _Run | None:
    try:
        end = datetime.fromisoformat(record.cells["timestamp"]).timestamp()
        return end - float(record.cells["duration"]), end, record.where, "tracking_mode" in record.cells
    except (KeyError, ValueError):
        return None


def _overlap(runs: list[_Run]) -> ClaimFinding | None:
    overlapping = [(first, second) for first, second in pairwise(runs) if second[0] < first[1] - 1]
    if not overlapping:
        return None
    added = sum(end - start for start, end, _, _ in runs)
    covered, until = 0.0, runs[0][0]
    for start, end, _, _ in runs:
        covered += max(0.0, end - max(start, until))
        until = max(until, end)
    if added < LEAST_RATIO * covered:
        return None
    said = all(said for *_, said in runs)
    says = (
        f"{len(runs)} runs on one kind of host overlap: {added / 3600:,.2f} h of runs in {covered / 3600:,.2f} h of the clock, "
        f"so their sum counts the machine up to {added / covered:,.1f} times"
    )
    mend = "add what the machine used in the union of their times, or share it among them"
    return finding(META, overlapping[0][1][2], says, mend, Severity.WRONG if said else Severity.DOUBTFUL)
