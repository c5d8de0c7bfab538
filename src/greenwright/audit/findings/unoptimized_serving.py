"""Serving: work that is the same a million times over, where a smaller model repays the search for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from greenwright.audit.contract import FindingMeta, Given, Stake, Verdict
from greenwright.records.quantities import Grade

if TYPE_CHECKING:
    import ibis.expr.types as ir

META = FindingMeta(
    id="unoptimized-serving",
    title="Serving that takes most of the energy",
    needs=("phase",),
    wants="which jobs serve: a column phase with inference in it, or a cloud's serving products",
    action="greenwright optimize",
    effort="medium",
    low_share=0.1,
    saving_share=0.4,
    high_share=0.75,
    grade=Grade.ASSUMED,
    source="quantizing, pruning and a better runtime, where quality held: a tenth to three quarters; what your ledger says counts more",
)
SERVING = ("inference", "serving", "deployment")
LEAST_SHARE = 0.1
"""Of all energy: below this, look elsewhere first."""


def part(jobs: ir.Table, given: Given) -> ir.FloatingValue:  # noqa: ARG001 - every finding takes both
    """All of a job that serves."""
    return ibis.ifelse(jobs.phase.isin(SERVING), 1.0, 0.0)


def judge(stake: Stake, given: Given) -> Verdict | None:
    """Search for a version that needs less, and prove that quality held."""
    total = given.total.energy_j
    share = stake.energy_j.value / total.value if total and total.value else 0.0
    if share < LEAST_SHARE:
        return None
    return Verdict(
        says=f"Serving takes {share:.0%} of the energy.",
        advice="Let greenwright search for a version that needs less and prove that its quality held; batch what can wait a moment.",
        low_share=META.low_share,
        saving_share=META.saving_share,
        high_share=META.high_share,
    )
