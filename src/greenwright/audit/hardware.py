"""What jobs ran on, from the spellings in the logs: every one is looked up once, and joined to the jobs as a small table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from statistics import median

from greenwright.audit.contract import Chip
from greenwright.catalogue.devices import Device, accelerators, device
from greenwright.catalogue.instances import instance
from greenwright.records.quantities import Grade, Quantity

RECENT_YEARS = 2
"""Before the catalogue's last year, whose devices few can get."""
NO_ACCELERATOR = "processors only"
UNKNOWN = "an accelerator nobody named"
_COUNTED = re.compile(r"^\s*\d+\s*x\s+", re.IGNORECASE)
_MEMORY_BEHIND = re.compile(r"^([a-z]+\d+[a-z]*?)[_-]?(?:m)?(16|24|32|40|48|80|94|96|141)(?:gb?)?$")
_SLICE = re.compile(r"[_-]?(?:mig[_-])?(\d)g[._-](\d+)gb", re.IGNORECASE)
_TPU = re.compile(r"tpu[\s_-]*v?(\d\w?)(?:[\s_-]*(?:pod|podslice|slice))?[-_](\d+)", re.IGNORECASE)
_SLICES = {"a100": 7, "h100": 7, "h200": 7, "b200": 7, "a30": 4}
_CORES_PER_CHIP = {"2": 2, "3": 2, "4": 2, "5p": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """One spelling of accelerator and instance, resolved."""

    device: str
    instance_type: str
    name: str
    """As the audit calls it."""
    known: bool
    idle_w: Quantity
    busy_w: Quantity
    embodied_g: Quantity | None
    """Of one accelerator."""
    part_ratio: float
    """Devices of the catalogue per device that the log counts: a seventh for a slice, 4 for a TPU slice of 8 cores."""
    gpu_count: float | None
    """Of the instance."""
    cpu_count: float | None
    memory_bytes: float | None
    year: int | None
    flop_per_j: float | None
    url: str = ""


def hardware(spelling: str, instance_type: str) -> Hardware:
    """What this spelling, or else this instance, stands for. Never a guess: unknown accelerators span all that there are."""
    rented = instance(instance_type) if instance_type else None
    spelt = spelling or (rented.device if rented else "")
    found, part = _device(spelt)
    power = _power(found) if spelt else None
    idle, busy = power or (_any().idle_w, _any().busy_w)
    return Hardware(
        device=spelling,
        instance_type=instance_type,
        name=_name(spelt, found),
        known=power is not None or not spelt,
        idle_w=idle,
        busy_w=busy,
        embodied_g=found.embodied_g if found else None,
        part_ratio=part,
        gpu_count=rented.gpu_count if rented else None,
        cpu_count=rented.cpu_count if rented else None,
        memory_bytes=rented.memory_bytes if rented else None,
        year=found.year if found else None,
        flop_per_j=_flop_per_j(found),
        url=found.url if found else "",
    )


def chips(found: Iterable[Hardware]) -> dict[str, Chip]:
    """What findings may know of them, by name."""
    return {one.name: Chip(name=one.name, year=one.year, flop_per_j=one.flop_per_j) for one in found}


@cache
def recent_flop_per_j() -> float:
    """16-bit operations a joule at the power limit: the median of the GPUs of the last years in the catalogue that can be had."""
    known = [(one.year or 0, rate) for one in accelerators() if one.kind == "gpu" and (rate := _flop_per_j(one)) is not None]
    last = max(year for year, _ in known)
    return median(rate for year, rate in known if last - RECENT_YEARS <= year < last)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyAccelerator:
    """All data-centre GPUs at once: what stands for one that nobody named."""

    idle_w: Quantity
    busy_w: Quantity


@cache
def _any() -> AnyAccelerator:
    fleet = [one for one in accelerators() if one.kind == "gpu" and "geforce" not in one.name.lower()]
    return AnyAccelerator(
        idle_w=_spanning([one.idle_w for one in fleet if one.idle_w]),
        busy_w=_spanning([one.busy_w for one in fleet if one.busy_w]),
    )


def _spanning(quantities: list[Quantity]) -> Quantity:
    return Quantity(
        value=median(one.value for one in quantities),
        low=min(one.low for one in quantities),
        high=max(one.high for one in quantities),
        grade=Grade.ASSUMED,
        source=f"the median of the {len(quantities)} data-centre GPUs in the catalogue, with the range of them all",
    )


def _device(spelt: str) -> tuple[Device | None, float]:
    """The catalogue's device and how many of it one counted device is."""
    plain = _COUNTED.sub("", spelt).strip()
    if not plain:
        return None, 1.0
    if found := _TPU.search(plain):
        return device(f"TPU v{found[1]}"), max(1.0, float(found[2]) / _CORES_PER_CHIP.get(found[1], 1))
    if found := _SLICE.search(plain):
        whole = _SLICE.sub("", plain).strip(" _-")
        key = next((name for name in _SLICES if name in whole.lower()), "")
        return device(whole.replace("_", " ")), float(found[1]) / _SLICES.get(key, 7)
    behind = _MEMORY_BEHIND.match(plain.lower().removeprefix("nvidia_"))
    tried = (plain, plain.replace("_", " "), f"{behind[1]} {behind[2]}GB" if behind else "", behind[1] if behind else "")
    return next((one for text in tried if text and (one := device(text)) is not None), None), 1.0


def _power(found: Device | None) -> tuple[Quantity, Quantity] | None:
    return (found.idle_w, found.busy_w) if found and found.idle_w and found.busy_w else None


def _name(spelt: str, found: Device | None) -> str:
    if found is None:
        return f"{spelt} (not in the catalogue)" if spelt else NO_ACCELERATOR
    slice_of = _SLICE.search(spelt)
    return f"{found.name}, slice of {slice_of[1]}" if slice_of else found.name


def _flop_per_j(found: Device | None) -> float | None:
    if found is None or found.busy_w is None or (peak := found.peak_flop_per_s.get("fp16")) is None:
        return None
    return peak / found.busy_w.value
