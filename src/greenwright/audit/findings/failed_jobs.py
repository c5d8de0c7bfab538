"""Jobs that ended without a result: failed, cancelled, out of time or memory, preempted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from greenwright.audit.contract import FindingMeta, Given, Stake, Verdict
from greenwright.records.jobs import State
from greenwright.records.quantities import Grade

if TYPE_CHECKING:
    import ibis.expr.types as ir

META = FindingMeta(
    id="failed-jobs",
    title="Work lost in jobs that failed",
    needs=("state",),
    wants="how jobs ended: State from sacct, pod phases, or a column state",
    action="greenwright run",
    effort="small",
    low_share=0.2,
    saving_share=0.5,
    high_share=0.9,
    grade=Grade.ASSUMED,
    source="checkpoints save what ran before the failure; early checks save the rest; some failures are experiments that answered",
)
_LOST = (State.FAILED, State.CANCELLED, State.TIMEOUT, State.OUT_OF_MEMORY, State.PREEMPTED)


def part(jobs: ir.Table, given: Given) -> ir.FloatingValue:  # noqa: ARG001 - every finding takes both
    """All of a job that ended without a result."""
    return ibis.ifelse(jobs.state.isin([state.value for state in _LOST]), 1.0, 0.0)


def judge(stake: Stake, given: Given) -> Verdict | None:
    """Checkpoint, try small first, and stop what cannot succeed."""
    share = stake.job_count / given.total.job_count
    return Verdict(
        says=f"{stake.job_count:,} jobs ({share:.0%} of all) failed, were cancelled, or ran out of time or memory.",
        advice="Let the runner checkpoint and resume; run one step with the real sizes before the long run; end runs whose loss diverges.",
        low_share=META.low_share,
        saving_share=META.saving_share,
        high_share=META.high_share,
    )
