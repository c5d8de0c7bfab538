"""Devices: accelerators and processors, found under the names that clouds, drivers and people give them.

An unknown device is None, never a guess. Where a name fits several variants of one device ("A100" comes with 250 to 400 W), the
largest stands for all, and the ranges span them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from greenwright.catalogue.tables import Row, TableSource, own_folder, table
from greenwright.records.quantities import Grade, Quantity, weakest
from greenwright.units import BYTES_PER_GB, G_PER_KG

FLOP_PER_TFLOP = 1e12

BUSY_LOW_SHARE = 0.5
"""Work that waits for memory or for the network draws about half of the board's limit."""
IDLE_SHARES = {"cpu": (0.25, 0.05, 0.45), "other": (0.12, 0.05, 0.25)}
"""Idle power over the limit, where nobody measured it: value, low, high. CPUs: from data-centre servers; others: the accelerators
whose idle power SPRUCE gives lie between 0.09 and 0.12."""

READ_OFF = "nvidia-smi"
"""The source of rows whose idle power somebody read off the device."""

PRECISIONS = ("fp64", "fp32", "tf32", "fp16", "fp8", "fp4", "int8", "int4")
_COLUMN = {name: f"{name}_tflops" if name.startswith(("fp", "tf")) else f"{name}_tops" for name in PRECISIONS}

_NOISE = set(
    re.findall(
        r"\w+",
        "nvidia tesla geforce amd instinct radeon google cloud intel habana gpu gpus accelerator aws amazon graphics card rtx gtx tpu "
        "r tm c cpu processor with generation hbm2 hbm2e hbm3e module apple",
    )
)
"""What a name may say or leave out without meaning another device."""
_VARIANT = {"sxm", "pcie", "oam", "dgxs", "mega", "hbm3"}
"""What tells two variants of one device apart; a name may leave it out."""
_MEMORY = re.compile(r"\d+gb?")
_CLOCK = re.compile(r"@.*$|\b\d+-core.*$|\b\d+(\.\d+)?\s*ghz\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredWork:
    """What a whole machine did and drew in a run of MLPerf: watts at the wall, hosts and fans included."""

    benchmark: str
    scenario: str
    system: str
    device_count: int
    samples_per_s: float
    power_w: float
    source: TableSource
    year: int

    @property
    def energy_j_per_sample(self) -> float:
        """Joules of the whole machine per completed sample."""
        return self.power_w / self.samples_per_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A chip or card as it can be bought or rented. What nobody knows is None, or absent from ``peak_flop_per_s``."""

    key: str
    name: str
    vendor: str
    kind: str
    """"gpu", "tpu", "npu", "edge", "cpu" or "neuromorphic"."""
    year: int | None
    """When it came out."""
    busy_w: Quantity | None
    """Under load: the board's limit is the value and the high."""
    idle_w: Quantity | None
    peak_flop_per_s: dict[str, float]
    """Of dense arithmetic, by precision: "fp32", "tf32", "fp16" (bf16 too), "fp8", "int8" …; at most a part of it is reached."""
    memory_bytes: float | None
    bandwidth_bytes_per_s: float | None
    embodied_g: Quantity | None
    """CO2e of making one."""
    mlperf: tuple[MeasuredWork, ...] = ()
    note: str = ""
    url: str = ""
    source: TableSource
    variants: tuple[str, ...] = ()
    """Names of the variants that the name asked for fits, where there are several."""

    @property
    def experimental(self) -> bool:
        """Whether its operations compare with nobody else's, so that it is shown and never ranked by them."""
        return self.kind == "neuromorphic"


def device(text: str, own: Path | None = None) -> Device | None:
    """The accelerator or processor called so; None where nobody knows it, or the name says more than we know."""
    own = own or own_folder()
    wanted = _words(text)
    fitting = [one for one, names in _accelerators(own) if any(_fits(wanted, name) for name in names)]
    if fitting:
        return _merged(fitting)
    return _cpu(text, own)


def accelerators(own: Path | None = None) -> list[Device]:
    """Every accelerator, in the order of the table."""
    return [one for one, _ in _accelerators(own or own_folder())]


def cpus(own: Path | None = None) -> list[Device]:
    """Every processor, by name."""
    return [_cpu_device(row) for row in table("cpus", ("name",), own or own_folder()).values()]


def _words(text: str) -> frozenset[str]:
    """``"NVIDIA A100-SXM4-80 GB"`` as ``{a100, sxm, 80gb}``."""
    plain = re.sub(r"(\d+)\s*(?:gb|gib|g)\b", r"\1gb", text.lower())
    words = re.sub(r"\bsxm\d?\b", "sxm", plain)
    return frozenset(re.findall(r"[a-z0-9]+", words.replace("+", "plus"))) - _NOISE


def _fits(wanted: frozenset[str], name: str) -> bool:
    """All that was said is true of the entry, and the entry's own words, but for its variant, were said."""
    plain, _, aside = name.partition("(")
    own = _words(plain)
    needed = {word for word in own if word not in _VARIANT and not _MEMORY.fullmatch(word)}
    return bool(needed) and needed <= wanted <= own | _words(aside)


def _merged(fitting: Sequence[Device]) -> Device:
    """The variant with the largest limit, and of those the one with the least memory; its ranges span all that fit."""
    ranked = sorted(fitting, key=lambda one: (-(one.busy_w.value if one.busy_w else 0.0), one.memory_bytes or float("inf")))
    first = ranked[0]
    if len(ranked) == 1:
        return first
    return replace(
        first,
        busy_w=_span(first.busy_w, [one.busy_w for one in ranked]),
        idle_w=_span(first.idle_w, [one.idle_w for one in ranked]),
        embodied_g=_span(first.embodied_g, [one.embodied_g for one in ranked]),
        variants=tuple(one.name for one in ranked),
    )


def _span(value: Quantity | None, quantities: Iterable[Quantity | None]) -> Quantity | None:
    known = [one for one in quantities if one is not None]
    if value is None or not known:
        return value
    return replace(
        value,
        low=min(one.low for one in known),
        high=max(one.high for one in known),
        grade=weakest(one.grade for one in known),
    )


@cache
def _accelerators(own: Path) -> tuple[tuple[Device, tuple[str, ...]], ...]:
    measured = _measured(own)
    rows = table("accelerators", ("key",), own)
    return tuple((_accelerator(row, measured), _names(row)) for row in rows.values())


def _names(row: Row) -> tuple[str, ...]:
    """All it is called, each with its memory, which a name may say or leave out."""
    memory = row.number("memory_gb")
    names = (row.text("name"), *(name for name in row.text("also").split(";") if name.strip()))
    return tuple(f"{name} ({memory:g}GB)" if memory and "(" not in name else name for name in names)


def _accelerator(row: Row, measured: dict[str, tuple[MeasuredWork, ...]]) -> Device:
    limit_w, memory, bandwidth = row.number("tdp_w"), row.number("memory_gb"), row.number("bandwidth_gb_per_s")
    return Device(
        key=row.text("key"),
        name=row.text("name"),
        vendor=row.text("vendor"),
        kind=row.text("kind"),
        year=row.year(),
        busy_w=_busy(limit_w, row.source.title),
        idle_w=_idle(row.number("idle_w"), limit_w, "other", row.source),
        peak_flop_per_s={key: peak * FLOP_PER_TFLOP for key, name in _COLUMN.items() if (peak := row.number(name)) is not None},
        memory_bytes=None if memory is None else memory * BYTES_PER_GB,
        bandwidth_bytes_per_s=None if bandwidth is None else bandwidth * BYTES_PER_GB,
        embodied_g=_embodied(row),
        mlperf=measured.get(row.text("key"), ()),
        note=row.text("note"),
        url=row.text("url"),
        source=row.source,
    )


def _busy(limit_w: float | None, source: str) -> Quantity | None:
    if limit_w is None:
        return None
    said = f"the power limit ({source}); half of it where work waits for memory"
    return Quantity(value=limit_w, low=limit_w * BUSY_LOW_SHARE, high=limit_w, grade=Grade.MODELLED, source=said)


def _idle(idle_w: float | None, limit_w: float | None, kind: str, source: TableSource) -> Quantity | None:
    if idle_w is not None:
        whose = source.title if source.key == READ_OFF else "SPRUCE's estimate (ccf/accelerators.json, Apache-2.0)"
        said = f"{whose}; half to double"
        return Quantity(value=idle_w, low=idle_w / 2, high=idle_w * 2, grade=Grade.MODELLED, source=said)
    if limit_w is None:
        return None
    value, low, high = IDLE_SHARES[kind]
    said = f"{value:.0%} of the power limit, because nobody said: between {low:.0%} and {high:.0%}"
    return Quantity(value=limit_w * value, low=limit_w * low, high=limit_w * high, grade=Grade.ASSUMED, source=said)


def _embodied(row: Row) -> Quantity | None:
    value = row.number("embodied_kg")
    if value is None:
        return None
    low, high = row.number("embodied_kg_low") or value, row.number("embodied_kg_high") or value
    said = row.sources.get(row.text("embodied_source"), row.source).title
    return Quantity(value=value * G_PER_KG, low=low * G_PER_KG, high=high * G_PER_KG, grade=Grade.MODELLED, source=said)


def _measured(own: Path) -> dict[str, tuple[MeasuredWork, ...]]:
    found: dict[str, tuple[MeasuredWork, ...]] = {}
    for row in table("mlperf", ("device", "system", "benchmark", "scenario"), own).values():
        per_s, power_w, count = row.number("samples_per_s"), row.number("mean_w"), row.number("device_count")
        if per_s and power_w and count:
            one = MeasuredWork(
                benchmark=row.text("benchmark"),
                scenario=row.text("scenario"),
                system=row.text("system"),
                device_count=int(count),
                samples_per_s=per_s,
                power_w=power_w,
                source=row.source,
                year=row.year() or 0,
            )
            found[row.text("device")] = (*found.get(row.text("device"), ()), one)
    return found


def _cpu(text: str, own: Path) -> Device | None:
    row = _cpu_rows(own).get(_cpu_words(text))
    return None if row is None else _cpu_device(row)


@cache
def _cpu_rows(own: Path) -> dict[frozenset[str], Row]:
    return {_cpu_words(row.text("name")): row for row in table("cpus", ("name",), own).values()}


def _cpu_words(text: str) -> frozenset[str]:
    """``"Intel(R) Xeon(R) Platinum 8480+ CPU @ 2.00GHz"`` as ``{xeon, platinum, 8480plus}``."""
    plain = re.sub(r"\((r|tm|c)\)", " ", _CLOCK.sub("", text.lower()))
    return frozenset(re.findall(r"[a-z0-9]+", plain.replace("+", "plus"))) - (_NOISE - {"apple"}) - {"intel", "amd"}


def _cpu_device(row: Row) -> Device:
    limit_w = row.number("tdp_w")
    name = row.text("name")
    return Device(
        key=re.sub(r"[^a-z0-9+]+", "-", name.lower()),
        name=name,
        vendor=name.split()[0],
        kind="cpu",
        year=None,
        busy_w=_busy(limit_w, row.source.title),
        idle_w=_idle(None, limit_w, "cpu", row.source),
        peak_flop_per_s={},
        memory_bytes=None,
        bandwidth_bytes_per_s=None,
        embodied_g=None,
        source=row.source,
    )
