"""A total over its functional units must be the number per unit, and there must be units."""

from __future__ import annotations

from greenwright.footprint.claims.agreement import TOLERANCE_SHARE, disagreement, only, slack_share
from greenwright.footprint.claims.contract import Meta, all_claims, finding
from greenwright.records.claims import ClaimDocument, ClaimFinding, Claims, Kind, Statement

META = Meta(
    id="per-unit",
    title="A total and its number per unit contradict each other",
    source="https://github.com/Green-Software-Foundation/sci-ai",
)
PAIRS = (
    (Kind.ENERGY_PER_UNIT, (Kind.FACILITY_ENERGY, Kind.ENERGY, Kind.IT_ENERGY)),
    (Kind.CARBON_PER_UNIT, (Kind.LOCATION_CARBON, Kind.CARBON)),
)
BATCHES = {1.0: "unit", 1_000.0: "1,000 units", 1_000_000.0: "million units"}


def find(document: ClaimDocument) -> list[ClaimFinding]:
    """Every row or section where they do, and every footprint per 0 units."""
    return [one for claims in all_claims(document) for one in _of(claims)]


def _of(claims: Claims) -> list[ClaimFinding]:
    units = only(claims, Kind.UNITS)
    if units is None:
        return []
    pairs = [(only(claims, per), only(claims, *wholes)) for per, wholes in PAIRS]
    known = [(per, whole) for per, whole in pairs if per and whole]
    if units.value == 0:
        says = f"a footprint per unit of {units.printed}"
        return (
            [finding(META, units, says, "a footprint per unit needs units; report the total alone")]
            if any(a or b for a, b in pairs)
            else []
        )
    return [one for per, whole in known if (one := _contradiction(units, per, whole))]


def _contradiction(units: Statement, per: Statement, whole: Statement) -> ClaimFinding | None:
    tolerance = max(TOLERANCE_SHARE, slack_share((units, per, whole)))
    follows = whole.value / units.value
    if any(disagreement(per.value, follows * batch, tolerance) is None for batch in BATCHES):
        return None
    says = f"{whole.printed} over {units.printed} is {per.value / follows:,.3g} times less than the {per.printed} that is published"
    if per.value < follows:
        says = f"{whole.printed} over {units.printed} is {follows / per.value:,.3g} times more than the {per.printed} that is published"
    return finding(META, per, says, "check the unit, and whether failed requests count")
