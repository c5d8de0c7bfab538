"""Jobs that held more than they used: half-busy accelerators, processors and memory that nobody touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from greenwright.audit.contract import FindingMeta, Given, Stake, Verdict
from greenwright.records.quantities import Grade

if TYPE_CHECKING:
    import ibis.expr.types as ir

META = FindingMeta(
    id="over-requested",
    title="Jobs that held more than they used",
    needs=("cpu_busy_share|memory_peak_bytes|gpu_busy_share",),
    wants="use beside what was held: TotalCPU and MaxRSS from sacct, or columns cpu_busy_share, memory_peak_bytes, gpu_busy_share",
    action="greenwright measure",
    effort="small",
    low_share=0.1,
    saving_share=0.3,
    high_share=0.6,
    grade=Grade.ASSUMED,
    source="the part held and not used, of which some is needed for peaks",
)
BUSY_LEAST, BUSY_ENOUGH = 0.1, 0.5
"""Accelerators below the first are another finding; above the second they are well used."""
USED_LEAST = 0.5


def part(jobs: ir.Table, given: Given) -> ir.FloatingValue:  # noqa: ARG001 - every finding takes both
    """The part of what was held that nobody used: of accelerators where there are any, else of processors or memory."""
    gpu_idle = ibis.ifelse(
        (jobs.gpu_busy_share >= BUSY_LEAST) & (jobs.gpu_busy_share < BUSY_ENOUGH), 1 - jobs.gpu_busy_share, ibis.literal(0.0)
    )
    cpu_idle = ibis.ifelse(jobs.cpu_busy_share < USED_LEAST, 1 - jobs.cpu_busy_share, ibis.literal(0.0)).fill_null(0.0)
    used = jobs.memory_peak_bytes / jobs.memory_bytes
    memory_idle = ibis.ifelse((jobs.memory_bytes > 0) & (used < USED_LEAST), 1 - used, ibis.literal(0.0)).fill_null(0.0)
    return ibis.ifelse(jobs.gpu_s.fill_null(0.0) > 0, gpu_idle, ibis.ifelse(cpu_idle > 0, cpu_idle, memory_idle)).fill_null(0.0)


def judge(stake: Stake, given: Given) -> Verdict | None:  # noqa: ARG001 - likewise
    """Ask for what is used."""
    return Verdict(
        says=f"{stake.job_count:,} jobs used less than half of what they held.",
        advice="Measure one run of each kind and ask for what it used, with a quarter on top; smaller accelerators or slices do for many.",
        low_share=META.low_share,
        saving_share=META.saving_share,
        high_share=META.high_share,
    )
