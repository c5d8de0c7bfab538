"""Energy over device-time must be a power that the device can draw, and more than it draws at rest."""

from __future__ import annotations

from greenwright.catalogue.devices import device
from greenwright.footprint.claims.agreement import device_seconds, only
from greenwright.footprint.claims.contract import Meta, all_claims, finding
from greenwright.records.claims import ClaimDocument, ClaimFinding, Claims, Kind, Severity

META = Meta(
    id="implied-power",
    title="The energy and the device-hours imply a power that the device cannot draw",
    source="https://arxiv.org/abs/2206.05229",
)
UNKNOWN_W = 1_500.0
NODE_SHARE = 2.2
"""A node, its share of a host and a PUE together take at most this much of the board's power for each device."""
LEAST_SHARE = 0.11
"""Below this share of its board power a device is off, or not in the number."""


def find(document: ClaimDocument) -> list[ClaimFinding]:
    """Every row or section that implies an impossible power."""
    return [one for claims in all_claims(document) if (one := _implied(claims))]


def _implied(claims: Claims) -> ClaimFinding | None:
    energy, device_s = only(claims, Kind.FACILITY_ENERGY, Kind.ENERGY, Kind.IT_ENERGY), device_seconds(claims)
    if not (energy and device_s and device_s > 0):
        return None
    power_w = energy.value / device_s
    name, most_w = next(((one, most) for one in claims.devices if (most := _most_w(one))), ("", UNKNOWN_W))
    what = f"each {name}" if name else "each device"
    says = f"{energy.printed} over {device_s / 3600:,.4g} device-hours is {power_w:,.3g} W for {what}, which draws at most {most_w:,.0f} W"
    if power_w > most_w * NODE_SHARE:
        return finding(
            META,
            energy,
            says,
            "hours of the clock may have been read as device-hours, or a host's whole energy charged to one device",
        )
    if name and power_w < most_w * LEAST_SHARE:
        mend = "the accelerators themselves seem to be missing from the energy; add them, or say that it is the host's alone"
        return finding(META, energy, says, mend, Severity.DOUBTFUL)
    return None


def _most_w(name: str) -> float | None:
    """The board power of an accelerator that the catalogue knows."""
    known = device(name)
    return known.busy_w.high if known and known.busy_w else None
