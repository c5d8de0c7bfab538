"""An energy without its boundary cannot be compared with any other."""

from __future__ import annotations

import re

from greenwright.footprint.claims.contract import Meta, all_claims, finding
from greenwright.records.claims import ClaimDocument, ClaimFinding, Kind, Severity

META = Meta(
    id="boundary-unsaid",
    title="The boundary of an energy is not said",
    source="https://www.iso.org/standard/86612.html",
)
_BOUNDARY = re.compile(
    r"\bPUE\b|power usage effectiveness|data ?cent(?:er|re)|facility|boundary|GPU[- ]only|CPU and RAM"
    r"|whole (?:node|machine)|wall (?:power|meter)"
    r"|tracking_mode",
    re.IGNORECASE,
)
_METHOD = re.compile(
    r"location[- ]based|market[- ]based|intensity|kWh|grid|electricity mix|CodeCarbon|ML ?CO2|calculator|region", re.IGNORECASE
)


def find(document: ClaimDocument) -> list[ClaimFinding]:
    """One finding where the document gives an energy and no boundary, and one where it gives carbon and no method."""
    kinds = {one.kind for claims in all_claims(document) for one in claims.statements}
    text = " ".join(line for _, line in document.lines) + " ".join(document.records[0].cells if document.records else ())
    text += str(document.metadata or "")
    found = []
    if Kind.ENERGY in kinds and not kinds & {Kind.PUE, Kind.IT_ENERGY, Kind.FACILITY_ENERGY} and not _BOUNDARY.search(text):
        mend = "say whether it is the devices', the machines' or the facility's, and with which PUE"
        found.append(finding(META, document.name, "an energy is given, and not what it includes", mend, Severity.UNSAID))
    if kinds & {Kind.CARBON} and not kinds & {Kind.INTENSITY, Kind.LOCATION_CARBON} and not _METHOD.search(text):
        mend = "give the energy and the intensity it was computed with, and whether by location or by market"
        found.append(finding(META, document.name, "carbon is given, and not how it was computed", mend, Severity.UNSAID))
    return found
