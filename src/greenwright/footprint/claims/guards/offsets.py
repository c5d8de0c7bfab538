"""Offsets and avoided emissions do not lower what was emitted."""

from __future__ import annotations

import re

from greenwright.footprint.claims.agreement import disagreement, of_kind
from greenwright.footprint.claims.contract import Meta, all_claims, finding
from greenwright.records.claims import ClaimDocument, ClaimFinding, Claims, Kind, Severity, Statement

META = Meta(
    id="offsets",
    title="Offsets or avoided emissions were subtracted",
    source="https://github.com/Green-Software-Foundation/sci/blob/main/SPEC.md",
)
_NEUTRAL = re.compile(
    r"carbon[- ]neutral|climate[- ]neutral|net[- ]zero|carbon[- ]negative|carbon[- ]free training|100 ?% (?:offset|of (?:the )?emissions)"
    r"|emissions (?:were|are|have been)[^.]{0,40}offset|fully offset",
    re.IGNORECASE,
)
GROSS = (Kind.LOCATION_CARBON, Kind.CARBON, Kind.MARKET_CARBON)


def find(document: ClaimDocument) -> list[ClaimFinding]:
    """Every subtraction, and every claim of neutrality."""
    subtracted = [one for claims in all_claims(document) if (one := _subtracted(claims))]
    neutral = [
        finding(
            META,
            where,
            f"a claim of neutrality: {text.strip()[:100]}",
            "state what was emitted, with offsets in a line of their own that is not subtracted",
            Severity.DOUBTFUL,
        )
        for where, text in document.lines
        if _NEUTRAL.search(text)
    ]
    return [*subtracted, *neutral]


def _subtracted(claims: Claims) -> ClaimFinding | None:
    taken = [one for one in of_kind(claims, Kind.OFFSETS, Kind.AVOIDED_CARBON) if one.value > 0]
    results = of_kind(claims, Kind.NET_CARBON, *GROSS)
    for away in taken:
        for gross in (one for one in of_kind(claims, *GROSS) if one.value > 0):
            for net in (one for one in results if one is not gross and one.value < gross.value):
                if _is_difference(net, gross, away):
                    says = f"{net.printed} is {gross.printed} minus {away.printed} ({away.kind})"
                    return finding(META, net, says, f"report {gross.printed} as emitted, and {away.printed} apart from it")
    return None


def _is_difference(net: Statement, gross: Statement, away: Statement) -> bool:
    left = gross.value - away.value
    if net.value == 0:
        return abs(left) <= 0.01 * gross.value
    return disagreement(net.value, left, 0.01) is None
