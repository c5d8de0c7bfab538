"""Whether two numbers for one thing agree, and what mistake would explain how far they are apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isclose

from greenwright.records.claims import Claims, Kind, Statement
from greenwright.units import G_PER_KG, G_PER_LB

TOLERANCE_SHARE = 0.03
"""How far apart rounded inputs put a published result: most papers are within."""
NEAR_SHARE = 0.02
"""How close a known mistake must come to be named."""
BLURRED_SHARE = 0.15
"""Above this, rounding alone leaves nothing to compare."""

KNOWN_FACTORS: Mapping[str, float] = {
    "kg and g were mixed up": G_PER_KG,
    "t and g were mixed up": G_PER_KG**2,
    "pounds and kilograms were mixed up": G_PER_KG / G_PER_LB,
    "MJ and kWh were mixed up": 3.6,
    "carbon and carbon dioxide were mixed up": 44 / 12,
    "per hour and per day were mixed up": 24.0,
}


def disagreement(published: float, computed: float, tolerance: float = TOLERANCE_SHARE) -> str | None:
    """How far apart two numbers for one thing are, for people; None where the tolerance (a share) holds them."""
    if isclose(published, computed, rel_tol=0, abs_tol=tolerance * max(abs(published), 1e-300)):
        return None
    if published == 0 or computed == 0 or (published > 0) != (computed > 0):
        return f"{published:.4g} is published, and {computed:.4g} follows"
    ratio = computed / published
    apart = f"{(ratio - 1) * 100:+.1f}%" if 1 / 3 < ratio < 3 else f"{max(ratio, 1 / ratio):.3g} times apart"  # noqa: PLR2004 - beyond, percents mislead
    return f"{published:.4g} is published, and {computed:.4g} follows ({apart})"


def explanation(ratio: float, more: Mapping[str, float] | None = None) -> str | None:
    """The known mistake whose factor comes nearest to a ratio, or to its inverse; ``more`` are those that this case allows."""
    candidates = {**(more or {}), **KNOWN_FACTORS}
    near = {
        why: min(abs(ratio / factor - 1), abs(ratio * factor - 1))
        for why, factor in candidates.items()
        if factor > 0 and not isclose(factor, 1, rel_tol=NEAR_SHARE)
    }
    fitting = [why for why, off in sorted(near.items(), key=lambda item: item[1]) if off <= NEAR_SHARE]
    return fitting[0] if fitting else None


def of_kind(claims: Claims, *kinds: Kind) -> list[Statement]:
    """The statements of these kinds, in the order of the kinds."""
    return [one for kind in kinds for one in claims.statements if one.kind is kind]


def only(claims: Claims, *kinds: Kind) -> Statement | None:
    """The one statement of the first of these kinds that stands exactly once; several would be ambiguous."""
    for kind in kinds:
        found = of_kind(claims, kind)
        if len({one.value for one in found}) == 1:
            return found[0]
    return None


def slack_share(statements: Iterable[Statement]) -> float:
    """How far rounding of what was printed may put a product of these, as a share."""
    return sum(abs(one.slack / one.value) for one in statements if one.value)


def device_seconds(claims: Claims) -> float | None:
    """Device-seconds, said, or devices times the clock; None where neither stands exactly once."""
    if said := only(claims, Kind.DEVICE_TIME):
        return said.value
    count, wall = only(claims, Kind.DEVICES), only(claims, Kind.DURATION)
    return count.value * wall.value if count and wall else None
