"""Location- and market-based carbon are two views of one energy: never one sum, and never one instead of the other."""

from __future__ import annotations

import re

from greenwright.footprint.claims.agreement import disagreement, of_kind, only
from greenwright.footprint.claims.contract import Meta, all_claims, finding
from greenwright.records.claims import ClaimDocument, ClaimFinding, Claims, Kind, Severity

META = Meta(
    id="market-and-location",
    title="Location- and market-based carbon were added, or one stands for the other",
    source="https://ghgprotocol.org/scope-2-guidance",
)
_MARGINAL_ADDED = re.compile(r"average (?:and|plus|\+) marginal|marginal (?:and|plus|\+) average", re.IGNORECASE)


def find(document: ClaimDocument) -> list[ClaimFinding]:
    """Every row or section that adds them, and every 0 by market without its location."""
    found = [one for claims in all_claims(document) for one in (_added(claims), _alone(claims)) if one]
    mixed = [(where, text) for where, text in document.lines if _MARGINAL_ADDED.search(text)]
    return [
        *found,
        *(
            finding(
                META,
                where,
                f"average and marginal in one: {text.strip()[:80]}",
                "report them apart: a marginal intensity is for decisions",
            )
            for where, text in mixed
        ),
    ]


def _added(claims: Claims) -> ClaimFinding | None:
    location, market = only(claims, Kind.LOCATION_CARBON), only(claims, Kind.MARKET_CARBON)
    total = [one for one in of_kind(claims, Kind.CARBON, Kind.NET_CARBON) if location and market and one.value != 0]
    for one in total:
        assert location is not None
        assert market is not None
        if market.value > 0 and disagreement(one.value, location.value + market.value, 0.005) is None:
            says = f"{one.printed} is {location.printed} by location plus {market.printed} by market: the same energy twice"
            return finding(META, one, says, "state both beside each other, and add neither to the other")
    return None


def _alone(claims: Claims) -> ClaimFinding | None:
    market = only(claims, Kind.MARKET_CARBON)
    if market is None or of_kind(claims, Kind.LOCATION_CARBON):
        return None
    if market.value == 0 or not of_kind(claims, Kind.CARBON):
        says = f"{market.printed} by market, without the same by location"
        return finding(
            META, market, says, "give the location-based number beside it, as the GHG Protocol asks", Severity.DOUBTFUL
        )
    return None
