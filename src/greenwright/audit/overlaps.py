"""Runs that track a whole machine and overlap in time saw the same joules: each gets its part, and nothing is counted twice.

A stretch is what overlapping runs of one host cover together. Its energy is their mean power times its length, so each run keeps
``length of the stretch / sum of the runs' durations`` of what it states. Alone, that is all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir


def with_machine_share(jobs: ir.Table) -> ir.Table:
    """``machine_share``: 1, or less for runs of one host in machine mode that overlap."""
    shares = (jobs.tracking == "machine") & (jobs.host != "") & jobs.started_at.notnull() & (jobs.duration_s > 0)
    start = jobs.started_at.epoch_seconds().cast("float64")
    marked = jobs.mutate(start_at_s=start, end_at_s=start + jobs.duration_s, own_host=ibis.ifelse(shares, jobs.host, "alone"))
    running = ibis.cumulative_window(group_by=marked.own_host, order_by=[marked.start_at_s, marked.end_at_s])
    reached = marked.mutate(reached_s=marked.end_at_s.max().over(running))
    before = reached.reached_s.lag().over(
        ibis.window(group_by=reached.own_host, order_by=[reached.start_at_s, reached.end_at_s])
    )
    begun = reached.mutate(begins=ibis.ifelse(before.isnull() | (reached.start_at_s >= before), 1, 0))
    numbered = begun.mutate(
        stretch=begun.begins.sum().over(
            ibis.cumulative_window(group_by=begun.own_host, order_by=[begun.start_at_s, begun.end_at_s])
        )
    )
    whole = ibis.window(group_by=[numbered.own_host, numbered.stretch])
    covered = numbered.end_at_s.max().over(whole) - numbered.start_at_s.min().over(whole)
    share = ibis.least(covered / numbered.duration_s.sum().over(whole), 1.0)
    return numbered.mutate(machine_share=ibis.ifelse(numbered.own_host == "alone", 1.0, share)).drop(
        "start_at_s", "end_at_s", "own_host", "reached_s", "begins", "stretch"
    )
