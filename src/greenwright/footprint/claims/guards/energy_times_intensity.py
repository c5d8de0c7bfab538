"""Carbon must be energy × intensity; where it is not, a known factor often says what happened."""

from __future__ import annotations

from greenwright.footprint.claims.agreement import (
    BLURRED_SHARE,
    TOLERANCE_SHARE,
    disagreement,
    explanation,
    of_kind,
    only,
    slack_share,
)
from greenwright.footprint.claims.contract import Meta, all_claims, finding
from greenwright.records.claims import ClaimDocument, ClaimFinding, Claims, Kind, Statement
from greenwright.units import G_PER_KG, J_PER_KWH

META = Meta(
    id="energy-times-intensity",
    title="Carbon is not energy times intensity",
    source="https://arxiv.org/abs/2503.05804",
)
ENERGIES = (Kind.FACILITY_ENERGY, Kind.ENERGY, Kind.IT_ENERGY)
CARBONS = (Kind.LOCATION_CARBON, Kind.CARBON)


def find(document: ClaimDocument) -> list[ClaimFinding]:
    """Every row or section whose energy, intensity and carbon contradict one another."""
    return [one for claims in all_claims(document) if (one := _contradiction(claims))]


def _contradiction(claims: Claims) -> ClaimFinding | None:
    energy, intensity, carbon = only(claims, *ENERGIES), only(claims, Kind.INTENSITY), only(claims, *CARBONS)
    if not (energy and intensity and carbon and energy.value > 0 and intensity.value > 0):
        return None
    tolerance = max(TOLERANCE_SHARE, slack_share((energy, intensity, carbon)))
    pue = only(claims, Kind.PUE)
    allowed = [energy.value] if energy.kind is Kind.FACILITY_ENERGY or not pue else [energy.value, energy.value * pue.value]
    follows = [joules / J_PER_KWH * intensity.value for joules in allowed]
    if tolerance > BLURRED_SHARE or any(disagreement(carbon.value, grams, tolerance) is None for grams in follows):
        return None
    return finding(META, carbon, _says(energy, intensity, carbon, follows[0]), _mend(carbon.value / follows[0], claims, pue))


def _says(energy: Statement, intensity: Statement, carbon: Statement, follows_g: float) -> str:
    ratio = carbon.value / follows_g
    apart = f"{(ratio - 1) * 100:+.0f}%" if 0.5 < ratio < 2 else f"{ratio:.3g} times that"  # noqa: PLR2004 - beyond, percents mislead
    return f"{energy.printed} × {intensity.printed} is {follows_g / G_PER_KG:,.4g} kg CO2e, but {carbon.printed} is published ({apart})"


def _mend(ratio: float, claims: Claims, pue: Statement | None) -> str:
    more = {
        f"the number of devices ({one.value:g}) was left out or used twice": one.value for one in of_kind(claims, Kind.DEVICES)
    }
    if pue:
        more |= {
            f"the PUE of {pue.value:g} was applied once too often, or taken out of the energy and not of the carbon": pue.value
            ** 2,
            f"the PUE of {pue.value:g} was applied to energy that holds it already": pue.value,
        }
    why = explanation(ratio, more) or _pue_alone(ratio)
    return f"it looks as if {why}" if why else "correct whichever of the three is wrong, and say at which boundary each stands"


def _pue_alone(ratio: float) -> str | None:
    """A square of a plausible PUE: divided out of the energy, multiplied into the carbon."""
    root = max(ratio, 1 / ratio) ** 0.5
    return f"a PUE of about {root:.2f} was taken out of one and multiplied into the other" if 1.02 < root < 1.7 else None  # noqa: PLR2004 - PUEs that exist
