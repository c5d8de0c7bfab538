"""TPU slices are named by cores, and some accelerators are two dies: a name's number is not a number of chips."""

from __future__ import annotations

import re

from greenwright.footprint.claims.contract import Meta, finding
from greenwright.records.claims import ClaimDocument, ClaimFinding, Severity

META = Meta(
    id="chip-counts",
    title="Cores or dies were counted as chips",
    source="https://cloud.google.com/tpu/docs/system-architecture-tpu-vm",
)
_SLICE = re.compile(r"\bTPU\s?[vV](?P<generation>[2345]p?)-(?P<cores>\d+)\b")
_CHIPS = re.compile(r"(?<![\w-])(?P<count>\d[\d,]*)\s*(?:TPU\s*)?(?:chips|TPUs|devices|accelerators)\b", re.IGNORECASE)
CORES_PER_CHIP = {"2": 2, "3": 2, "4": 2, "5p": 2}


def find(document: ClaimDocument) -> list[ClaimFinding]:
    """Lines that name a slice and count its cores as chips."""
    return [one for where, text in document.lines for one in _in_line(where, text)]


def _in_line(where: str, text: str) -> list[ClaimFinding]:
    counts = {int(match["count"].replace(",", "")) for match in _CHIPS.finditer(text)}
    found = []
    for match in _SLICE.finditer(text):
        per_chip = CORES_PER_CHIP.get(match["generation"])
        cores = int(match["cores"])
        if per_chip and cores in counts and cores // per_chip not in counts:
            says = f"{match[0]} is {cores} cores, which is {cores // per_chip} chips, and {cores} are counted"
            found.append(finding(META, where, says, "multiply power by chips, not by cores", Severity.DOUBTFUL))
    return found
