"""Training whose model nobody asked anything before the next one replaced it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from greenwright.audit.contract import FindingMeta, Given, Stake, Verdict
from greenwright.records.jobs import State
from greenwright.records.quantities import Grade

if TYPE_CHECKING:
    import ibis.expr.types as ir

META = FindingMeta(
    id="unused-training",
    title="Training that nobody used",
    needs=("model", "phase", "started_at"),
    wants="training and inference of the same models in one audit: columns model, phase and started_at, and call_count where known",
    action="greenwright models",
    effort="small",
    low_share=0.3,
    saving_share=0.7,
    high_share=1.0,
    grade=Grade.ASSUMED,
    source="all of the training between which and the next of its model nobody asked anything; some was needed to know that",
)
TRAINING = ("training", "retraining", "tuning", "fine-tuning")
SERVING = ("inference", "serving", "deployment")


def alike(jobs: ir.Table, given: Given) -> ir.Table:  # noqa: ARG001 - every finding takes both
    """Jobs with ``part``: 1 for training after which its model was not asked until it was trained again, where serving is logged at all."""
    named = jobs.filter((jobs.model != "") & jobs.started_at.notnull())
    training = named.filter(named.phase.isin(TRAINING) & (named.state != State.FAILED.value))
    calls = ibis.ifelse(named.call_count == 0, 0, 1)
    asked = named.filter(named.phase.isin(SERVING)).mutate(asks=calls)
    served = asked.group_by("model").aggregate(last_asked_at=asked.ended_at.max(where=asked.asks > 0))
    order = ibis.window(group_by=training.model, order_by=training.started_at)
    lined = training.mutate(next_at=training.started_at.lead().over(order))
    spans = asked.filter(asked.asks > 0).select(asked_model=asked.model, asked_from=asked.started_at, asked_to=asked.ended_at)
    used = (
        lined.select("model", "started_at", "ended_at", "next_at")
        .inner_join(spans, [("model", "asked_model")])
        .filter(lambda t: (t.asked_to > t.ended_at) & (t.next_at.isnull() | (t.asked_from < t.next_at)))
        .group_by(["model", "started_at"])
        .aggregate(used_count=lambda t: t.count())
        .rename(used_model="model", used_at="started_at")
    )
    told = lined.inner_join(served.rename(served_model="model"), [("model", "served_model")])
    left = told.left_join(used, [told.model == used.used_model, told.started_at == used.used_at])
    kept = left.filter(left.used_count.isnull() & left.next_at.notnull())
    return kept.mutate(part=ibis.literal(1.0))


def judge(stake: Stake, given: Given) -> Verdict | None:  # noqa: ARG001 - likewise
    """Train when something has changed, and retire what nobody asks."""
    return Verdict(
        says=f"{stake.job_count:,} trainings made models that nobody asked anything before the next training replaced them.",
        advice="Train when data or quality have moved, not by the calendar; retire models that nobody calls.",
        low_share=META.low_share,
        saving_share=META.saving_share,
        high_share=META.high_share,
    )
