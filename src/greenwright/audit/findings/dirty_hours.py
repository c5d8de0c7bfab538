"""Short work that ran while the grid was dirty, and could have waited for hours that were cleaner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from greenwright.audit.contract import FindingMeta, Given, Stake, Verdict
from greenwright.records.quantities import Grade

if TYPE_CHECKING:
    import ibis.expr.types as ir

META = FindingMeta(
    id="dirty-hours",
    title="Work in hours when the grid is dirty",
    needs=("started_at", "hour_saving_share"),
    wants="when jobs started, and the grid's intensity by the hour: --intensity FILE",
    action="greenwright run",
    effort="small",
    low_share=0.2,
    saving_share=0.5,
    high_share=0.9,
    grade=Grade.MODELLED,
    source="what the cleanest start within a day would have saved, with hindsight; forecasts reach a part of it, and not all can wait",
)


def part(jobs: ir.Table, given: Given) -> ir.FloatingValue:  # noqa: ARG001 - every finding takes both
    """Of each job of half a day at most, the carbon that the best start within a day would have saved."""
    return ibis.ifelse(jobs.state == "failed", 0.0, jobs.hour_saving_share).fill_null(0.0)


def judge(stake: Stake, given: Given) -> Verdict | None:
    """Let what can wait start when the grid is clean."""
    total = given.total.carbon_g
    share = stake.carbon_g.value / total.value if total and stake.carbon_g and total.value else 0.0
    return Verdict(
        says=f"{stake.job_count:,} short jobs could have started within a day at cleaner hours, which is {share:.0%} of all carbon.",
        advice="Give the runner deadlines in place of start times: it waits for clean hours and says what that saved.",
        low_share=META.low_share,
        saving_share=META.saving_share,
        high_share=META.high_share,
        saves_carbon_only=True,
    )
