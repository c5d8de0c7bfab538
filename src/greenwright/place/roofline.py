"""Time and energy of work on a device from its operations and bytes: a roofline, for work that nobody has measured yet.

Source: Williams, Waterman and Patterson, "Roofline", Communications of the ACM 52 (2009), https://doi.org/10.1145/1498765.1498785;
the energy is ``time × (idle + load × (limit − idle)) × machine``, with load the part of the peak that the work keeps busy, and
``machine`` what the whole machine draws at the wall over its devices' limits.
"""

from __future__ import annotations

from dataclasses import dataclass

from greenwright.catalogue.devices import Device
from greenwright.errors import BadInputError
from greenwright.records.placement import Demand
from greenwright.records.quantities import Grade, Quantity

LIFE_S = 5 * 365 * 86_400.0
"""Of a data-centre device, over which its making is spread."""
BUSY_SHARE = 0.6
"""Of its life that a device works: idle years are carried by the work, too."""
USED_LOW_SHARE, USED_HIGH_SHARE = 0.5, 1.4
"""What the peak really gives may be half to 1.4 times the part assumed."""

MACHINE_RATIO = Quantity(
    value=1.5,
    low=0.8,
    high=2.3,
    grade=Grade.MODELLED,
    source=(
        "8.4 kW at the wall of 8 H100 with limits of 700 W, training (Latif et al. 2025, arXiv:2412.08602); low: the runs of MLPerf "
        "Power 4.1 on 8 H200, 0.8 to 1.1 times; high: those on 6 cards of 75 W in a server, 2.2 to 2.3 times"
    ),
)
"""What a machine draws at the wall over the limits of its devices: host, memory, fans and supply."""
ITSELF = Quantity(value=1.0, low=1.0, high=1.0, grade=Grade.MODELLED, source="it is the machine")
WHOLE_KINDS = {"edge", "neuromorphic"}
"""Modules that are the machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be computed."""

    flop_count: float
    moved_bytes: float = 0.0
    """Between memory and chip."""
    precision: str = "fp16"
    peak_share: float = 0.4
    """Of the peak that such work reaches: training of large models 0.3 to 0.5."""


def demand(work: Work, device: Device) -> Demand:
    """What ``work`` takes on one ``device``, with its share of the machine around it: comparable with what is measured at the wall.

    Raises:
        BadInputError: the device's operations compare with nobody's, or its peak or power is unknown.
    """
    if device.experimental:
        raise BadInputError(f"{device.name} counts no operations that compare with others'; measure the work on it instead")
    peak = device.peak_flop_per_s.get(work.precision)
    if peak is None or device.busy_w is None:
        known = ", ".join(device.peak_flop_per_s) or "none"
        raise BadInputError(
            f"{device.name}: no peak for {work.precision} or no power in the catalogue (precisions known: {known}); "
            "give another precision, or energy and duration"
        )
    compute_s = work.flop_count / (peak * work.peak_share)
    memory_s = work.moved_bytes / device.bandwidth_bytes_per_s if device.bandwidth_bytes_per_s else 0.0
    run_s = max(compute_s, memory_s)
    idle_w = device.idle_w.value if device.idle_w else 0.0
    load = compute_s / run_s
    power_w = idle_w + load * (device.busy_w.value - idle_w)
    low_w = min(device.busy_w.low, power_w)
    around = ITSELF if device.kind in WHOLE_KINDS else MACHINE_RATIO
    energy = Quantity(
        value=power_w * run_s * around.value,
        low=low_w * run_s / USED_HIGH_SHARE * around.low,
        high=device.busy_w.high * run_s / USED_LOW_SHARE * around.high,
        grade=Grade.MODELLED,
        source=f"a roofline of {device.name} at {work.peak_share:.0%} of its peak, its machine by {around.value:g} times its power",
    )
    return Demand(device=device.key, energy_j=energy, run_s=run_s, embodied_g_per_s=embodied_g_per_s(device))


def embodied_g_per_s(device: Device) -> Quantity | None:
    """The making of a device, spread over the seconds it works; None where nobody knows it."""
    if device.embodied_g is None:
        return None
    whole = device.embodied_g
    used_s = LIFE_S * BUSY_SHARE
    return Quantity(
        value=whole.value / used_s,
        low=whole.low / (LIFE_S * 1.2),
        high=whole.high / (used_s / 1.5),
        grade=whole.grade,
        source=whole.source,
    )
