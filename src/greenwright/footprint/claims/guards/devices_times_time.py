"""Energy must be devices × power × time, with PUE at most once."""

from __future__ import annotations

from greenwright.footprint.claims.agreement import BLURRED_SHARE, TOLERANCE_SHARE, disagreement, explanation, only, slack_share
from greenwright.footprint.claims.contract import Meta, all_claims, finding
from greenwright.records.claims import ClaimDocument, ClaimFinding, Claims, Kind, Statement
from greenwright.units import J_PER_KWH

META = Meta(
    id="devices-times-time",
    title="Energy is not devices times power times time, or PUE is in it twice",
    source="https://arxiv.org/abs/2104.10350",
)


def find(document: ClaimDocument) -> list[ClaimFinding]:
    """Every row or section whose power, time and energy contradict one another."""
    return [one for claims in all_claims(document) if (one := _contradiction(claims))]


def _contradiction(claims: Claims) -> ClaimFinding | None:
    power, pue = only(claims, Kind.POWER), only(claims, Kind.PUE)
    energy = only(claims, Kind.FACILITY_ENERGY, Kind.ENERGY, Kind.IT_ENERGY)
    time = _device_time(claims)
    if not (power and time and energy and power.value > 0 and time[0] > 0):
        return None
    device_s, used = time
    tolerance = max(TOLERANCE_SHARE, slack_share((power, energy, *used, *((pue,) if pue else ()))))
    follows_j = power.value * device_s
    factor = pue.value if pue else 1.0
    allowed = {Kind.FACILITY_ENERGY: (factor,), Kind.IT_ENERGY: (1.0,)}.get(energy.kind, (1.0, factor))
    if tolerance > BLURRED_SHARE or any(disagreement(energy.value, follows_j * one, tolerance) is None for one in allowed):
        return None
    if not pue and 1 < energy.value / follows_j < 1.7:  # noqa: PLR2004 - a PUE that was applied and not printed
        return None
    return finding(META, energy, _says(power, used, energy, follows_j, pue), _mend(energy.value / follows_j, used, pue))


def _device_time(claims: Claims) -> tuple[float, tuple[Statement, ...]] | None:
    """Device-seconds, said or multiplied, and what they are from."""
    if said := only(claims, Kind.DEVICE_TIME):
        return said.value, (said,)
    count, wall = only(claims, Kind.DEVICES), only(claims, Kind.DURATION)
    return (count.value * wall.value, (count, wall)) if count and wall else None


def _says(power: Statement, used: tuple[Statement, ...], energy: Statement, follows_j: float, pue: Statement | None) -> str:
    terms = " × ".join(one.printed for one in (*used, power))
    with_pue = f", or {follows_j * pue.value / J_PER_KWH:,.4g} kWh with the PUE" if pue else ""
    return f"{terms} is {follows_j / J_PER_KWH:,.4g} kWh{with_pue}, but {energy.printed} is published"


def _mend(ratio: float, used: tuple[Statement, ...], pue: Statement | None) -> str:
    more: dict[str, float] = {}
    if pue:
        more[f"the PUE of {pue.value:g} was applied twice; energy of a facility holds it already"] = pue.value**2
        more[f"the PUE of {pue.value:g} was divided by, or left out of energy that is called the facility's"] = pue.value
    for one in used:
        if one.kind is Kind.DEVICES:
            more[f"hours of the clock were taken for device-hours: the {one.value:g} devices are missing, or in it twice"] = (
                one.value
            )
    why = explanation(ratio, more)
    return (
        f"it looks as if {why}"
        if why
        else "say whether hours are of the clock or of devices, and at which boundary the energy is"
    )
