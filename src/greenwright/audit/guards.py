"""The accounting mistakes that a source brings with it, by the names of the guards of ``check-claims``: what it states, held to physics.

Only columns that a source says anything in are looked at, in one pass; a source that states no energy costs nothing here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis

from greenwright.audit import energy, overlaps
from greenwright.footprint.claims.guards import (
    cumulative_rows,
    implied_intensity,
    implied_power,
    overlapping_runs,
    scheduler_energy,
    sum_of_rows,
    unknown_as_zero,
)
from greenwright.records.claims import ClaimFinding, Severity
from greenwright.units import J_PER_KWH

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from greenwright.audit.hardware import Hardware
    from greenwright.records.audit import AuditRecord, SourceRead

STATED = ("gpu_energy_j", "cpu_energy_j", "memory_energy_j", "node_energy_j")
MOST_PUE = 3.0
"""A hall that takes more beside its computers than they take twice over is mostly a mistake."""
LEAST_J = 1.0
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One mistake to look for: which columns it needs, what marks a job, and what to say of those marked."""

    guard: str
    needs: tuple[str, ...]
    severity: Severity
    marks: Callable[[ir.Table], ir.BooleanValue]
    among: Callable[[ir.Table], ir.BooleanValue]
    """The jobs of which it could be true."""
    says: str
    """With ``{count}`` jobs of ``{among}``."""
    reader: str = ""
    """The only kind of source that it is true of; "" for all."""
    mend: str
    """What the audit does about it, and what else helps."""


def doubts(source: SourceRead, jobs: ir.Table, said: frozenset[str], machines: Sequence[Hardware]) -> tuple[ClaimFinding, ...]:
    """What is doubtful in what a source states. ``jobs`` are those that can be used; ``said`` the columns that say something."""
    asked = [
        one for one in LOOKS if one.reader in {"", source.reader} and all(set(need.split("|")) & said for need in one.needs)
    ]
    found = list(_folded(source))
    if asked:
        held = energy.with_hardware(jobs, machines)
        counts = {f"{kind}_{at}": _count(held, test) for at, one in enumerate(asked) for kind, test in _tests(one)}
        row = held.aggregate(**counts).to_pyarrow().to_pylist()[0]
        found += [
            _finding(one, source, int(row[f"marks_{at}"]), int(row[f"among_{at}"]))
            for at, one in enumerate(asked)
            if row[f"marks_{at}"]
        ]
    if "tracking" in said:
        found += _overlapping(source, jobs)
    return tuple(found)


def on_output(record: AuditRecord) -> Iterator[str]:
    """What would be wrong with the result itself: parts that do not add up, a hall below its computers, a grid that cannot be."""
    total = record.total
    if total.it_energy_j and total.energy_j and total.energy_j.value < total.it_energy_j.value * (1 - _ROUNDING):
        yield "the hall took less than its computers; this is a mistake of greenwright's, please report it"
    for side in record.sides:
        parts = [one.impact for one in side.slices] + ([side.other] if side.other else [])
        added = math.fsum(one.energy_j.value for one in parts if one.energy_j)
        if total.energy_j and not math.isclose(added, total.energy_j.value, rel_tol=1e-6, abs_tol=LEAST_J):
            yield f"{sum_of_rows.META.id}: the energy by {side.dimension} does not add up to the whole"
    if total.carbon_g and total.energy_j and total.energy_j.value >= LEAST_J:
        implied = total.carbon_g.value / total.energy_j.value * J_PER_KWH
        if implied > implied_intensity.MOST_G_PER_KWH:
            yield f"{implied_intensity.META.id}: {implied:,.3g} g/kWh, more than any grid"


def _gpu_s(jobs: ir.Table) -> ir.FloatingValue:
    return jobs.gpu_s.fill_null(0.0)


def _has_gpus(jobs: ir.Table) -> ir.BooleanValue:
    return (_gpu_s(jobs) > 0) & jobs.node_energy_j.notnull()


def _stated(jobs: ir.Table) -> ir.FloatingValue:
    """Energy as the source states it, at its own boundary."""
    total = sum((jobs[name].fill_null(0.0) for name in STATED), start=ibis.literal(0.0))
    return total * ibis.greatest(jobs.pue.fill_null(1.0), 1.0)


def _intensity(jobs: ir.Table) -> ir.FloatingValue:
    return jobs.reported_carbon_g / _stated(jobs) * J_PER_KWH


def _mixed(ratio: float) -> Callable[[ir.Table], ir.BooleanValue]:
    """Jobs whose grams over kilowatt-hours are off every grid by about this factor."""
    least, most = implied_intensity.LEAST_G_PER_KWH, implied_intensity.MOST_G_PER_KWH
    if ratio > 1:
        return lambda jobs: _can_imply(jobs) & (_intensity(jobs) > most)
    return lambda jobs: _can_imply(jobs) & (_intensity(jobs) < least) & (_intensity(jobs) > least * ratio)


def _can_imply(jobs: ir.Table) -> ir.BooleanValue:
    return (_stated(jobs) >= LEAST_J) & (jobs.reported_carbon_g > 0)


_MOST_W = "busy_high_w"
LOOKS = (
    Look(
        guard=scheduler_energy.META.id,
        needs=("node_energy_j", "gpu_count|device"),
        severity=Severity.WRONG,
        marks=lambda jobs: (
            _has_gpus(jobs) & (jobs.node_energy_j > 0) & (jobs.node_energy_j < _gpu_s(jobs) * scheduler_energy.IDLE_W_PER_GPU)
        ),
        among=_has_gpus,
        says="{count:,} of {among:,} jobs with accelerators state less energy than these draw at rest",
        mend="it counts as the host's part, and accelerators are modelled on top; measure them apart (DCGM)",
    ),
    Look(
        guard=unknown_as_zero.META.id,
        needs=("node_energy_j",),
        severity=Severity.DOUBTFUL,
        marks=lambda jobs: (jobs.node_energy_j == 0) & (jobs.duration_s > 0),
        among=lambda jobs: jobs.duration_s > 0,
        says="{count:,} of {among:,} jobs that ran state an energy of 0",
        mend="it counts as unknown, and is modelled from what they held",
    ),
    Look(
        guard=implied_power.META.id,
        needs=("gpu_energy_j|node_energy_j", "gpu_count|device"),
        severity=Severity.WRONG,
        marks=lambda jobs: (_gpu_s(jobs) > 0) & (_watts(jobs) > jobs[_MOST_W] * implied_power.NODE_SHARE),
        among=lambda jobs: _gpu_s(jobs) > 0,
        says="{count:,} of {among:,} jobs with accelerators state more energy than these can draw, with their host, in that time",
        mend="it counts as stated; check its unit, whether it holds a PUE already, and whether the time is that of one device",
    ),
    Look(
        guard="pue-twice",
        needs=("pue",),
        severity=Severity.DOUBTFUL,
        marks=lambda jobs: (jobs.pue < 1) | (jobs.pue > MOST_PUE),
        among=lambda jobs: jobs.pue.notnull(),
        says="{count:,} of {among:,} jobs state a PUE below 1 or above 3",
        mend="it is taken as stated; a PUE that was multiplied twice looks like this, and below 1 there is none",
    ),
    Look(
        guard="pue-twice",
        needs=("pue",),
        severity=Severity.DOUBTFUL,
        reader="codecarbon",
        marks=lambda jobs: jobs.pue > 1,
        among=lambda jobs: jobs.duration_s.notnull(),
        says="the energies of {count:,} of {among:,} runs hold a PUE already",
        mend="it was taken out of the computers' energy, and counts once",
    ),
    Look(
        guard=implied_intensity.META.id,
        needs=("reported_carbon_g", "|".join(STATED)),
        severity=Severity.WRONG,
        marks=_mixed(1e3),
        among=_can_imply,
        says="{count:,} of {among:,} jobs state more carbon for their energy than any grid emits",
        mend="their carbon is left aside, and computed from the energy; it looks as if g were read as kg, or kWh as MWh",
    ),
    Look(
        guard=implied_intensity.META.id,
        needs=("reported_carbon_g", "|".join(STATED)),
        severity=Severity.WRONG,
        marks=_mixed(1e-3),
        among=_can_imply,
        says="{count:,} of {among:,} jobs state less carbon for their energy than any grid emits",
        mend="their carbon is left aside, and computed from the energy; it looks as if kg were printed as g, or is by market",
    ),
)


def _watts(jobs: ir.Table) -> ir.FloatingValue:
    """Of one accelerator, as the source states it."""
    return ibis.coalesce(jobs.gpu_energy_j, jobs.node_energy_j) / _gpu_s(jobs).nullif(0.0)


def _tests(one: Look) -> tuple[tuple[str, Callable[[ir.Table], ir.BooleanValue]], ...]:
    return ("marks", one.marks), ("among", one.among)


def _count(jobs: ir.Table, test: Callable[[ir.Table], ir.BooleanValue]) -> ir.IntegerScalar:
    return test(jobs).fill_null(False).cast("int64").sum().fill_null(0)


def _finding(one: Look, source: SourceRead, count: int, among: int) -> ClaimFinding:
    says = one.says.format(count=count, among=among)
    return ClaimFinding(guard=one.guard, severity=one.severity, where=source.source, says=says, mend=one.mend)


def _folded(source: SourceRead) -> Iterator[ClaimFinding]:
    """Running totals that a sum over rows would have counted again and again."""
    facts: Mapping[str, Any] = source.facts
    added_j, right_j = facts.get("naive_sum_j", 0.0), facts.get("last_per_run_j", 0.0)
    if source.folded_count and right_j > 0 and added_j > right_j * (1 + _ROUNDING):
        says = (
            f"{source.folded_count:,} rows are earlier totals of their runs: added, all rows make {added_j / J_PER_KWH:,.4g} kWh, "
            f"{added_j / right_j:,.1f} times the {right_j / J_PER_KWH:,.4g} kWh of the last ones"
        )
        yield ClaimFinding(
            guard=cumulative_rows.META.id,
            severity=Severity.WRONG,
            where=source.source,
            says=says,
            mend="only the last row of each run counts",
        )


def _overlapping(source: SourceRead, jobs: ir.Table) -> Iterator[ClaimFinding]:
    """Runs that measured one whole machine at the same time."""
    shared = overlaps.with_machine_share(jobs)
    over = shared.filter(shared.machine_share < 1 - _ROUNDING)
    row = over.aggregate(n=over.count(), run_s=over.duration_s.sum(), own_s=(over.duration_s * over.machine_share).sum())
    found = row.to_pyarrow().to_pylist()[0]
    if found["n"]:
        times = found["run_s"] / found["own_s"]
        says = f"{found['n']:,} runs that measured their whole machine overlap: their sum counts it {times:,.2f} times"
        mend = "each counts with its share of the time that they cover together"
        yield ClaimFinding(guard=overlapping_runs.META.id, severity=Severity.WRONG, where=source.source, says=says, mend=mend)
