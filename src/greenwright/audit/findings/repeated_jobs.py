"""The same work done again: runs with the same code, settings and data, of which one was enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from greenwright.audit.contract import FindingMeta, Given, Stake, Verdict
from greenwright.records.jobs import State
from greenwright.records.quantities import Grade

if TYPE_CHECKING:
    import ibis.expr.types as ir

META = FindingMeta(
    id="repeated-jobs",
    title="The same work done again",
    needs=("repeat_key",),
    wants="what makes two runs the same: SubmitLine and WorkDir from sacct, MLflow's parameters, or a column repeat_key",
    action="greenwright audit",
    effort="small",
    low_share=0.3,
    saving_share=0.6,
    high_share=0.95,
    grade=Grade.ASSUMED,
    source="all but the first of runs that did the same; some repeat on purpose, to know the spread over seeds",
)


def alike(jobs: ir.Table, given: Given) -> ir.Table:  # noqa: ARG001 - every finding takes both
    """Jobs with ``part``: all but one n-th of each of n completed runs that did the same."""
    done = (jobs.repeat_key != "") & jobs.state.isin([State.COMPLETED.value, State.UNKNOWN.value])
    counted = jobs.filter(done).group_by("repeat_key").aggregate(same_count=lambda t: t.count())
    again = counted.filter(counted.same_count > 1).rename(again_key="repeat_key")
    joined = jobs.filter(done).inner_join(again, [("repeat_key", "again_key")])
    return joined.mutate(part=1 - 1 / joined.same_count)


def judge(stake: Stake, given: Given) -> Verdict | None:  # noqa: ARG001 - likewise
    """Keep results, and look before running."""
    return Verdict(
        says=f"{stake.job_count:,} runs did what another had done: the same code, settings and data.",
        advice="Look up a run by its settings before starting it, and keep its result; cache features that several runs compute.",
        low_share=META.low_share,
        saving_share=META.saving_share,
        high_share=META.high_share,
    )
