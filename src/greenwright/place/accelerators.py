"""Rank accelerators by what one unit of this very work emits on them, their making included.

All of them with the machine around them, at the wall. A run of MLPerf Power of the same benchmark is taken where there is one: it was
measured there. Other devices are put through a roofline, times what machines draw over their devices. Of the making, only the device's
own is counted, for all alike. Chips that count no operations are shown, never ranked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from greenwright.catalogue.devices import Device, MeasuredWork
from greenwright.errors import BadInputError
from greenwright.place.roofline import BUSY_SHARE, LIFE_S, Work, demand, embodied_g_per_s
from greenwright.records.quantities import Grade, Quantity, weakest
from greenwright.units import J_PER_KWH

UNKNOWN_MAKING_G = Quantity(
    value=150_000.0,
    low=50_000.0,
    high=600_000.0,
    grade=Grade.ASSUMED,
    source="150 kg, as Cloud Carbon Footprint adds for any GPU; studies of single cards lie between 50 and 600 kg",
)
DATA_CENTRE_KINDS = {"gpu", "tpu", "npu"}
MEASURED_SPREAD = 0.1
"""Of a measured run: another machine of the same make, in another hall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One accelerator, for one unit of work."""

    device: str
    name: str
    g_per_unit: Quantity
    """CO2e, its making included."""
    use_g_per_unit: float
    making_g_per_unit: float
    energy_j_per_unit: Quantity
    duration_s_per_unit: float
    """On one device, or on the machine that was measured."""
    measured: bool
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """One that is not ranked."""

    name: str
    why: str


def rank(  # noqa: PLR0913  the work, and where it would run
    devices: Iterable[Device],
    *,
    work: Work | None,
    benchmark: str = "",
    intensity_g_per_kwh: Quantity,
    pue: Quantity | None = None,
    needed_bytes: float = 0.0,
) -> tuple[list[Ranked], list[LeftOut]]:
    """Those that can do it, the cleanest first, and those that cannot be ranked, with the reason.

    Args:
        devices: who may do it.
        work: one unit as operations and bytes; None if only measured runs count.
        benchmark: of MLPerf, whose sample is the unit; "" for none.
        intensity_g_per_kwh: where it runs.
        pue: of the hall, for what was measured or computed at its machines.
        needed_bytes: memory that the work fills; smaller devices are left out.
    """
    ranked, left = [], []
    for device in devices:
        try:
            ranked.append(_one(device, work, benchmark, _facility(intensity_g_per_kwh, pue), needed_bytes))
        except BadInputError as error:
            left.append(LeftOut(name=device.name, why=str(error)))
    return sorted(ranked, key=lambda one: one.g_per_unit.value), left


def _facility(intensity_g_per_kwh: Quantity, pue: Quantity | None) -> Quantity:
    if pue is None:
        return intensity_g_per_kwh
    return Quantity(
        value=intensity_g_per_kwh.value * pue.value,
        low=intensity_g_per_kwh.low * pue.low,
        high=intensity_g_per_kwh.high * pue.high,
        grade=weakest((intensity_g_per_kwh.grade, pue.grade)),
        source=f"{intensity_g_per_kwh.source}; PUE: {pue.source}",
    )


def _one(device: Device, work: Work | None, benchmark: str, grid_g_per_kwh: Quantity, needed_bytes: float) -> Ranked:
    if device.experimental:
        raise BadInputError(f"{device.name} is experimental: it counts no operations that compare with others'")
    if needed_bytes and device.memory_bytes is not None and device.memory_bytes < needed_bytes:
        raise BadInputError(f"{device.name} holds {device.memory_bytes / 1e9:g} GB, the work needs {needed_bytes / 1e9:g} GB")
    runs = [run for run in device.mlperf if run.benchmark == benchmark]
    if runs:
        best = min(runs, key=lambda run: run.energy_j_per_sample)
        return _ranked(device, _measured(best), best.device_count / best.samples_per_s, grid_g_per_kwh, how=_told(best))
    if work is None:
        raise BadInputError(f"{device.name}: nobody published a run of {benchmark}; give operations and bytes to compute one")
    needs = demand(work, device)
    return _ranked(device, needs.energy_j, needs.run_s, grid_g_per_kwh, how="")


def _measured(run: MeasuredWork) -> Quantity:
    value = run.energy_j_per_sample
    low, high = value * (1 - MEASURED_SPREAD), value * (1 + MEASURED_SPREAD)
    return Quantity(value=value, low=low, high=high, grade=Grade.SAMPLED, source=f"{run.source.title}: {run.system}")


def _told(run: MeasuredWork) -> str:
    return f"measured: MLPerf Power, {run.scenario}, {run.device_count} of them in {run.system}, at the wall"


def _ranked(device: Device, energy_j: Quantity, device_s: float, grid_g_per_kwh: Quantity, how: str) -> Ranked:
    """``device_s`` are seconds times devices: what of their lives one unit takes."""
    making, note = _making(device)
    made = [value * device_s for value in making]
    used = [joules * grams / J_PER_KWH for joules, grams in zip(_ends(energy_j), _ends(grid_g_per_kwh), strict=True)]
    value, low, high = (one + other for one, other in zip(used, made, strict=True))
    return Ranked(
        device=device.key,
        name=device.name,
        g_per_unit=Quantity(
            value=value,
            low=low,
            high=high,
            grade=weakest((energy_j.grade, grid_g_per_kwh.grade)),
            source=f"{energy_j.source}; {grid_g_per_kwh.source}",
        ),
        use_g_per_unit=used[0],
        making_g_per_unit=made[0],
        energy_j_per_unit=energy_j,
        duration_s_per_unit=device_s,
        measured=bool(how),
        how=(how or f"computed: {energy_j.source}") + note,
    )


def _ends(quantity: Quantity) -> tuple[float, float, float]:
    return quantity.value, quantity.low, quantity.high


def _making(device: Device) -> tuple[tuple[float, float, float], str]:
    """Grams of making per second of use: value, low, high."""
    known = embodied_g_per_s(device)
    if known is not None:
        return _ends(known), ""
    if device.kind not in DATA_CENTRE_KINDS:
        return (0.0, 0.0, 0.0), "; its making is not known and not counted"
    assumed = embodied_g_per_s(replace(device, embodied_g=UNKNOWN_MAKING_G))
    assert assumed is not None, f"{LIFE_S} and {BUSY_SHARE} spread whatever is given"
    return _ends(assumed), "; its making is assumed"
