"""Grams over kilowatt-hours must be an intensity that some grid has."""

from __future__ import annotations

from greenwright.footprint.claims.agreement import explanation, of_kind, only
from greenwright.footprint.claims.contract import Meta, all_claims, finding
from greenwright.records.claims import ClaimDocument, ClaimFinding, Claims, Kind, Severity, Statement
from greenwright.units import G_PER_KG, J_PER_KWH

META = Meta(
    id="implied-intensity",
    title="The carbon and the energy imply a grid that does not exist",
    source="https://ourworldindata.org/grapher/carbon-intensity-electricity",
)
LEAST_G_PER_KWH, MOST_G_PER_KWH = 8.0, 1_300.0
"""Of yearly averages of countries: from all hydropower to all lignite."""
TYPICAL_G_PER_KWH = 400.0


def find(document: ClaimDocument) -> list[ClaimFinding]:
    """Every intensity that is printed or implied and that no grid has."""
    found = [one for claims in all_claims(document) if (one := _implied(claims))]
    printed = [one for claims in all_claims(document) for one in of_kind(claims, Kind.INTENSITY) if one.value > MOST_G_PER_KWH]
    return [*found, *(_printed(one) for one in printed)]


def _implied(claims: Claims) -> ClaimFinding | None:
    energy = only(claims, Kind.FACILITY_ENERGY, Kind.ENERGY, Kind.IT_ENERGY)
    carbon = only(claims, Kind.LOCATION_CARBON, Kind.CARBON)
    if not (energy and carbon and energy.value > 0 and carbon.value > 0):
        return None
    implied = carbon.value / energy.value * J_PER_KWH
    if LEAST_G_PER_KWH <= implied <= MOST_G_PER_KWH:
        return None
    grids = f"grids are between {LEAST_G_PER_KWH:g} and {MOST_G_PER_KWH:,.0f}"
    says = f"{carbon.printed} over {energy.printed} is {implied:,.3g} g/kWh; {grids}"
    why = _mix_up(implied)
    return finding(META, carbon, says, f"{why}; check both units, and whether this is by market")


def _mix_up(implied: float) -> str:
    """Intensities of real grids span a factor of a hundred, so only the large mistakes can be told."""
    for name, factor in (
        ("kg were printed as g, or MWh as kWh", 1e-3),
        ("g were printed as kg, or kWh as MWh", 1e3),
        ("t and g were mixed up", 1e6),
    ):
        if 20 <= implied / factor <= MOST_G_PER_KWH:  # noqa: PLR2004 - a grid with some hydropower
            return f"it looks as if {name}"
    return "one of the two is wrong"


def _printed(one: Statement) -> ClaimFinding:
    why = explanation(one.value / TYPICAL_G_PER_KWH) if one.value < MOST_G_PER_KWH else None
    scale = "per MWh, and MWh were printed as kWh" if one.value / G_PER_KG <= MOST_G_PER_KWH else why or "of another unit"
    says = f"an intensity of {one.printed} is {one.value:,.3g} g/kWh; no grid is above {MOST_G_PER_KWH:,.0f}"
    return finding(META, one, says, f"it looks as if it is {scale}", Severity.WRONG)
