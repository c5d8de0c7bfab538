"""WUE belongs to IT energy: on the facility's energy it counts the building's overhead as cooling water."""

from __future__ import annotations

from greenwright.footprint.claims.agreement import device_seconds, disagreement, only, slack_share
from greenwright.footprint.claims.contract import Meta, all_claims, finding
from greenwright.records.claims import ClaimDocument, ClaimFinding, Claims, Kind, Severity, Statement
from greenwright.units import J_PER_KWH

META = Meta(
    id="water-times-pue",
    title="Water at the site was multiplied by PUE",
    source="https://github.com/mlco2/ecologits/issues/230",
)
LEAST_PUE = 1.01
EXACT_SHARE = 0.005
"""How close the product must come: a WUE printed as 0.5 mostly is 0.5."""


def find(document: ClaimDocument) -> list[ClaimFinding]:
    """Every row or section whose water is WUE × facility energy, and every CodeCarbon row with both."""
    found = [one for claims in all_claims(document) if (one := _multiplied(claims))]
    return [*found, *_codecarbon(document)]


def _multiplied(claims: Claims) -> ClaimFinding | None:
    wue, pue, site = only(claims, Kind.WUE), only(claims, Kind.PUE), only(claims, Kind.SITE_WATER, Kind.WATER)
    energy = only(claims, Kind.IT_ENERGY, Kind.FACILITY_ENERGY, Kind.ENERGY)
    if not (wue and pue and site and energy and pue.value > LEAST_PUE and wue.value > 0):
        return None
    facility = energy.kind is Kind.FACILITY_ENERGY or _holds_pue(claims, energy, pue)
    right = energy.value / J_PER_KWH * wue.value / (pue.value if facility else 1.0)
    near = min(max(EXACT_SHARE, slack_share((site,))), (pue.value - 1) / 3)
    if disagreement(site.value, right, near) is None or disagreement(site.value, right * pue.value, near) is not None:
        return None
    says = f"{site.printed} is WUE {wue.printed} × energy × PUE {pue.value:g}; WUE is defined on IT energy, which gives {right:,.4g} L"
    severity = Severity.DOUBTFUL if energy.kind is Kind.ENERGY and not facility else Severity.WRONG
    return finding(META, site, says, "multiply WUE by IT energy only; PUE belongs to the water of power stations", severity)


def _holds_pue(claims: Claims, energy: Statement, pue: Statement) -> bool:
    """Whether an energy that does not say so is devices × power × time × PUE."""
    device_s, power = device_seconds(claims), only(claims, Kind.POWER)
    if not (device_s and power):
        return False
    return disagreement(energy.value, device_s * power.value * pue.value, 0.005) is None


def _codecarbon(document: ClaimDocument) -> list[ClaimFinding]:
    """CodeCarbon from 3.3 on puts PUE into its energies, and multiplies those by WUE."""
    for record in document.records:
        cells = record.cells
        if not {"codecarbon_version", "pue", "wue", "water_consumed", "energy_consumed"} <= cells.keys():
            return []
        pue, wue, litres, energy = (_float(cells[name]) for name in ("pue", "wue", "water_consumed", "energy_consumed"))
        if pue > LEAST_PUE and wue > 0 and litres > 0 and abs(litres / (energy * wue) - 1) < 0.01:  # noqa: PLR2004 - rounding
            says = (
                f"CodeCarbon {cells['codecarbon_version']}: water_consumed is WUE {wue:g} × energy that holds a PUE of {pue:g}"
            )
            mend = f"divide the water by {pue:g}; its energies hold PUE already and must not be multiplied by it again"
            return [finding(META, record.where, says, mend)]
    return []


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
