"""Units that do not exist, and rates printed where an amount is meant."""

from __future__ import annotations

from greenwright.footprint.claims.contract import Meta, finding
from greenwright.footprint.claims.reading.prose import odd_units_in
from greenwright.records.claims import ClaimDocument, ClaimFinding

META = Meta(id="units-printed", title="A unit that does not exist", source="https://arxiv.org/abs/2309.03852")
MEANT = {
    "MkWh": "MkWh is no unit: a million kWh would be GWh, and MWh is what such columns mostly hold",
    "MkMWh": "write MWh",
    "kMWh": "write GWh",
    "kW/h": "kW/h is power over time; an energy is kWh",
    "MW/h": "MW/h is power over time; an energy is MWh",
    "kWh/h": "kWh/h is a power: write kW",
}


def find(document: ClaimDocument) -> list[ClaimFinding]:
    """Every line or heading with such a unit."""
    headings = [("heading", head) for head in (document.records[0].cells if document.records else ())]
    return [
        finding(META, where, f"{unit} in: {text.strip()[:80]}", MEANT[unit])
        for where, text in [*document.lines, *headings]
        for unit in dict.fromkeys(odd_units_in(text))
    ]
