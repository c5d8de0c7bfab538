"""Accelerators that were held and hardly used: they draw power all the same, and somebody else waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from greenwright.audit.contract import FindingMeta, Given, Stake, Verdict
from greenwright.records.quantities import Grade

if TYPE_CHECKING:
    import ibis.expr.types as ir

META = FindingMeta(
    id="idle-gpus",
    title="Accelerators held and hardly used",
    needs=("gpu_busy_share",),
    wants="utilisation of accelerators: DCGM or Prometheus exports, CodeCarbon 3, or a column gpu_busy_share",
    action="greenwright processes",
    effort="small",
    low_share=0.4,
    saving_share=0.7,
    high_share=0.95,
    grade=Grade.ASSUMED,
    source="what an idle accelerator draws is saved once it is released or shared; how much of the time that can be is not known",
)
BUSY_LEAST = 0.1
"""Below this an accelerator counts as idle."""


def part(jobs: ir.Table, given: Given) -> ir.FloatingValue:  # noqa: ARG001 - every finding takes both
    """All of a job whose accelerators were busy less than a tenth of the time."""
    return ibis.ifelse((jobs.gpu_s > 0) & (jobs.gpu_busy_share < BUSY_LEAST), 1.0, 0.0)


def judge(stake: Stake, given: Given) -> Verdict | None:  # noqa: ARG001 - likewise
    """Release them, or let several jobs share one."""
    return Verdict(
        says=f"{stake.job_count:,} jobs held accelerators for {stake.gpu_s / 3600:,.0f} hours and used less than {BUSY_LEAST:.0%} of them.",
        advice="Scale services to zero when nobody asks, put several small ones on one accelerator, and end notebooks that sleep.",
        low_share=META.low_share,
        saving_share=META.saving_share,
        high_share=META.high_share,
    )
