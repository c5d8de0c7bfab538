"""What each job took, as columns: watts of what it held times seconds, where the source has not measured; then hall, carbon, water.

The formulas are those of ``footprint``; a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis

from greenwright.audit.hardware import NO_ACCELERATOR, UNKNOWN, Hardware
from greenwright.audit.spreads import ENDS, Spread, either, number, spread_in, within
from greenwright.audit.whereabouts import Whereabouts
from greenwright.catalogue.load import factors
from greenwright.records.quantities import Grade, Quantity
from greenwright.units import J_PER_KWH

if TYPE_CHECKING:
    import ibis.expr.types as ir

BYTES_PER_GB = 1e9
HALF = 0.5
"""Between idle and busy, where nobody says how busy."""
S_PER_MONTH = 2_629_800.0
"""A twelfth of 365.25 days, for logs without a calendar."""
TRUST = {Grade.COUNTER: (0.95, 1.05), Grade.SAMPLED: (0.9, 1.1), Grade.MODELLED: (0.5, 1.5), Grade.ASSUMED: (0.25, 2.0)}
"""The true energy lies between these multiples of what a source states, by how it got it. NVIDIA gives 5 % for its sensors."""
HOUR_TRUST = (0.9, 1.1)
"""The hour's true intensity over what the file says of it."""
STEMS = (("it", "_j"), ("hall", "_j"), ("carbon", "_g"), ("water", "_l"), ("embodied", "_g"))
RESULT = (
    *(
        "team",
        "project",
        "user",
        "model",
        "phase",
        "state",
        "started_at",
        "ended_at",
        "hardware",
        "place",
        "month",
        "repeat_key",
    ),
    *("gpu_s", "cpu_s", "duration_s", "gpu_busy_share", "cpu_busy_share", "memory_peak_bytes", "memory_bytes", "call_count"),
    *("cost", "currency", "grade_rank", "measured_j", "hour_saving_share"),
    *(f"{stem}{end}{unit}" for stem, unit in STEMS for end in ENDS),
)
"""What is added up, and what findings may look at."""
RANKS = {grade: rank for rank, grade in enumerate(Grade)}
RANK_UNKNOWN = len(RANKS)


def with_hardware(jobs: ir.Table, found: Sequence[Hardware]) -> ir.Table:
    """What each job held, resolved: ``hardware``, ``gpu_s``, ``cpu_s``, ``memory_byte_s`` and watts."""
    joined = _joined(jobs, found, ("device", "instance_type"), _hardware_row)
    named = joined.device != ""
    counted = ibis.coalesce(joined.gpu_count, joined.held_gpu_count, ibis.ifelse(named, 1.0, ibis.null("float64")))
    cpus = ibis.coalesce(joined.cpu_count, joined.held_cpu_count)
    return joined.mutate(
        hardware=_hardware_name(joined, counted),
        gpu_s=counted * joined.part_ratio * joined.duration_s,
        cpu_s=cpus * joined.duration_s,
        memory_byte_s=ibis.coalesce(joined.memory_bytes, joined.held_memory_bytes) * joined.duration_s,
    )


def with_place(jobs: ir.Table, found: Sequence[Whereabouts]) -> ir.Table:
    """Where each job ran, resolved: ``place``, intensity, PUE and water per kWh."""
    return _joined(jobs, found, ("provider", "region", "country"), _place_row)


def with_models(jobs: ir.Table) -> ir.Table:
    """What accelerators, processors and memory took: as stated, else modelled."""
    ran = (jobs.duration_s > 0).fill_null(False)
    jobs = jobs.mutate(node_energy_j=ibis.ifelse(ran, jobs.node_energy_j.nullif(0.0), jobs.node_energy_j))  # 0 is "not counted"
    gpu = either(jobs.gpu_energy_j.notnull(), _trusted(jobs.gpu_energy_j, jobs.gpu_energy_grade), gpu_model(jobs))
    cpu = either(jobs.cpu_energy_j.notnull(), _trusted(jobs.cpu_energy_j, jobs.cpu_energy_grade), cpu_model(jobs))
    memory = either(jobs.memory_energy_j.notnull(), _trusted(jobs.memory_energy_j, jobs.cpu_energy_grade), memory_model(jobs))
    return jobs.mutate(
        **gpu.named("gpu", "_j"),
        **cpu.named("cpu", "_j"),
        **memory.named("memory", "_j"),
        measured_j=_measured_j(jobs),
        month=_month(jobs),
        grade_rank=_grade_rank(jobs),
    )


def with_computers(jobs: ir.Table) -> ir.Table:
    """Energy of the computers: what was measured, and a model for the rest; null where neither can be told.

    Where runs that track the whole machine overlap, each gets its part of what the machine took (``machine_share``), and the high end
    stays as if they had been machines of their own.
    """
    gpu, cpu, memory = (spread_in(jobs, stem, "_j") for stem in ("gpu", "cpu", "memory"))
    whole = either(jobs.node_energy_j.notnull(), _node(jobs, gpu, cpu), _sum_of_known(gpu, cpu, memory))
    share = jobs.machine_share.fill_null(1.0)
    return jobs.mutate(**Spread(whole.value * share, whole.low * share, whole.high).named("it", "_j"))


def with_hall(jobs: ir.Table) -> ir.Table:
    """Energy of the hall: of the computers, times PUE."""
    pue = either(jobs.pue.notnull(), within(jobs.pue, 1.0, 1.0), spread_in(jobs, "pue_here", ""))
    return jobs.mutate(**spread_in(jobs, "it", "_j").times(pue).named("hall", "_j"))


def with_impact(jobs: ir.Table) -> ir.Table:
    """Carbon, water and embodied carbon: each with low and high."""
    it_kwh = spread_in(jobs, "it", "_j").scaled(1 / J_PER_KWH)
    hall_kwh = spread_in(jobs, "hall", "_j").scaled(1 / J_PER_KWH)
    site = it_kwh.times(spread_in(jobs, "site_water", "_l_per_kwh"))
    plants = hall_kwh.times(spread_in(jobs, "plant_water", "_l_per_kwh"))
    intensity = spread_in(jobs, "intensity", "_g_per_kwh")
    hourly = within(jobs.hour_g_per_kwh, *HOUR_TRUST)
    embodied = spread_in(jobs, "chip_embodied", "_g").scaled(jobs.gpu_s).times(_per_life())
    return jobs.mutate(
        **hall_kwh.times(either(jobs.hour_g_per_kwh.notnull(), hourly, intensity)).named("carbon", "_g"),
        **_sum_of_known(site, plants).named("water", "_l"),
        **embodied.named("embodied", "_g"),
    ).select(*RESULT)


def gpu_model(jobs: ir.Table) -> Spread:
    """``gpu_s * (idle + busy_share * (busy - idle))``; where utilisation is unknown, half, between idle and full."""
    idle, busy = spread_in(jobs, "idle", "_w"), spread_in(jobs, "busy", "_w")
    at = Spread(*(low + jobs.gpu_busy_share * (high - low) for low, high in zip(idle, busy, strict=True)))
    somewhere = Spread(idle.value + HALF * (busy.value - idle.value), idle.low, busy.high)
    return either(jobs.gpu_busy_share.notnull(), at, somewhere).scaled(jobs.gpu_s)


def cpu_model(jobs: ir.Table) -> Spread:
    """Likewise for logical processors."""
    known = factors("allocated_power")
    idle, busy = (
        _literal(known[f"processor_{state}"].value, known[f"processor_{state}"].low, known[f"processor_{state}"].high)
        for state in ("idle", "busy")
    )
    at = Spread(*(low + jobs.cpu_busy_share * (high - low) for low, high in zip(idle, busy, strict=True)))
    somewhere = Spread(idle.value + HALF * (busy.value - idle.value), idle.low, busy.high)
    return either(jobs.cpu_busy_share.notnull(), at, somewhere).scaled(jobs.cpu_s)


def memory_model(jobs: ir.Table) -> Spread:
    """``gigabyte-seconds * watts per gigabyte``."""
    factor = factors("allocated_power")["memory_gb"]
    return _literal(factor.value, factor.low, factor.high).scaled(jobs.memory_byte_s / BYTES_PER_GB)


def _node(jobs: ir.Table, gpu: Spread, cpu: Spread) -> Spread:
    """What nodes took, with accelerators on top where that counter cannot have seen them.

    It cannot, where it is less than they draw idle with the processors beside them; it surely does, where it is more than they draw
    at half. Between, the high end has them on top.
    """
    node = within(jobs.node_energy_j, *TRUST[Grade.SAMPLED])
    held = jobs.gpu_s.fill_null(0.0) > 0
    least = jobs.gpu_s * jobs.idle_w + cpu.value.fill_null(0.0)
    blind = held & (jobs.node_energy_j < least)
    unsure = held & ~blind & (jobs.node_energy_j < gpu.value + cpu.value.fill_null(0.0))
    beside = Spread(node.value, node.low, node.high + gpu.high)
    return either(blind, node.plus(gpu), either(unsure, beside, node))


def _sum_of_known(*parts: Spread) -> Spread:
    """The sum, in which what is unknown counts nothing; unknown where all are."""
    ends = zip(*parts, strict=True)
    return Spread(
        *(
            ibis.ifelse(
                ibis.coalesce(*end).isnull(),
                ibis.null("float64"),
                sum((one.fill_null(0.0) for one in end), start=ibis.literal(0.0)),
            )
            for end in ends
        )
    )


def _trusted(stated: ir.FloatingValue, grade: ir.StringValue) -> Spread:
    low = ibis.cases(
        *((grade == name.value, stated * TRUST[name][0]) for name in Grade), else_=stated * TRUST[Grade.SAMPLED][0]
    )
    high = ibis.cases(
        *((grade == name.value, stated * TRUST[name][1]) for name in Grade), else_=stated * TRUST[Grade.SAMPLED][1]
    )
    return Spread(stated, low, high)


def _measured_j(jobs: ir.Table) -> ir.FloatingValue:
    """The part of a job's energy that counters and samples told."""
    sensed = [Grade.COUNTER.value, Grade.SAMPLED.value, ""]
    gpu = ibis.ifelse(jobs.gpu_energy_grade.isin(sensed), jobs.gpu_energy_j, 0.0).fill_null(0.0)
    cpu = ibis.ifelse(jobs.cpu_energy_grade.isin(sensed), jobs.cpu_energy_j, 0.0).fill_null(0.0)
    return ibis.coalesce(jobs.node_energy_j, gpu + cpu) * jobs.machine_share.fill_null(1.0)


def _grade_rank(jobs: ir.Table) -> ir.IntegerValue:
    """The weakest grade among its parts, as its place in the order of grades."""
    modelled = _rank_of_model(jobs.gpu_busy_share)
    gpu = ibis.cases(
        (jobs.gpu_s.fill_null(0.0) == 0, 0), (jobs.gpu_energy_j.notnull(), _rank_of(jobs.gpu_energy_grade)), else_=modelled
    )
    cpu = ibis.cases(
        (jobs.cpu_energy_j.notnull(), _rank_of(jobs.cpu_energy_grade)),
        (jobs.cpu_s.isnull(), 0),
        else_=_rank_of_model(jobs.cpu_busy_share),
    )
    node = ibis.ifelse(jobs.gpu_s.fill_null(0.0) > 0, RANKS[Grade.MODELLED], RANKS[Grade.SAMPLED])
    return ibis.ifelse(jobs.node_energy_j.notnull(), node, ibis.greatest(gpu, cpu))


def _rank_of(grade: ir.StringValue) -> ir.IntegerValue:
    return ibis.cases(*((grade == name.value, rank) for name, rank in RANKS.items()), else_=RANKS[Grade.SAMPLED])


def _rank_of_model(busy_share: ir.FloatingValue) -> ir.IntegerValue:
    return ibis.ifelse(busy_share.notnull(), RANKS[Grade.MODELLED], RANKS[Grade.ASSUMED])


def _per_life() -> Spread:
    life = factors("allocated_power")["accelerator_life"]
    return _literal(1 / life.value, 1 / life.high, 1 / life.low)


def _month(jobs: ir.Table) -> ir.StringValue:
    day = ibis.coalesce(jobs.started_at, jobs.ended_at)
    dated = day.year().cast("string") + "-" + day.month().cast("string").lpad(2, "0")
    counted = ibis.literal("month ") + ((jobs.offset_s / S_PER_MONTH).floor().cast("int64") + 1).cast("string").lpad(2, "0")
    return ibis.coalesce(dated, counted, "")


def _hardware_name(joined: ir.Table, counted: ir.FloatingValue) -> ir.StringValue:
    named = joined.named_hardware
    without = counted.isnull() | (counted == 0)
    return ibis.cases(
        (named != NO_ACCELERATOR, ibis.ifelse((counted == 0).fill_null(False), NO_ACCELERATOR, named)),
        (without, NO_ACCELERATOR),
        else_=UNKNOWN,
    )


def _joined(jobs: ir.Table, found: Sequence, keys: tuple[str, ...], row_of) -> ir.Table:  # type: ignore[no-untyped-def,type-arg] # noqa: ANN001
    """Beside each job the row of its keys; one row needs no join."""
    if len(found) == 1:
        return jobs.mutate(**{name: _constant(value) for name, value in row_of(found[0]).items()})
    rows = [dict(zip(keys, (getattr(one, key) for key in keys), strict=True)) | row_of(one) for one in found]
    schema = {name: "string" if any(isinstance(row[name], str) for row in rows) else "float64" for name in rows[0]}
    side = ibis.memtable(rows, schema=schema).rename({f"their_{key}": key for key in keys})
    return jobs.left_join(side, [jobs[key] == side[f"their_{key}"] for key in keys]).drop(*(f"their_{key}" for key in keys))


def _constant(value: str | float | None) -> ir.Value:
    if value is None:
        return ibis.null("float64")
    return ibis.literal(value) if isinstance(value, str) else number(value)


def _hardware_row(one: Hardware) -> dict[str, str | float | None]:
    return {
        "named_hardware": one.name,
        **_ends("idle", "_w", one.idle_w),
        **_ends("busy", "_w", one.busy_w),
        **_ends("chip_embodied", "_g", one.embodied_g),
        "part_ratio": one.part_ratio,
        "held_gpu_count": one.gpu_count,
        "held_cpu_count": one.cpu_count,
        "held_memory_bytes": one.memory_bytes,
    }


def _place_row(one: Whereabouts) -> dict[str, str | float | None]:
    return {
        "place": one.name,
        **_ends("intensity", "_g_per_kwh", one.intensity_g_per_kwh),
        **_ends("pue_here", "", one.pue),
        **_ends("site_water", "_l_per_kwh", one.water_l_per_kwh),
        **_ends("plant_water", "_l_per_kwh", one.plant_water_l_per_kwh),
    }


def _ends(stem: str, unit: str, quantity: Quantity | None) -> dict[str, str | float | None]:
    ends = (None, None, None) if quantity is None else (quantity.value, quantity.low, quantity.high)
    return {f"{stem}{end}{unit}": value for end, value in zip(("", "_low", "_high"), ends, strict=True)}


def _literal(value: float, low: float, high: float) -> Spread:
    return Spread(number(value), number(low), number(high))
