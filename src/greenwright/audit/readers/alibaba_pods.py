"""Pods of Alibaba's GPU cluster trace of 2023: what each asked for, down to thousandths of an accelerator, and when it ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from greenwright.audit import cells
from greenwright.audit.contract import ReaderMeta
from greenwright.audit.jobs import Problem, job_table, unreadable

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from greenwright.audit.look import Look

META = ReaderMeta(
    id="alibaba-pods",
    title="pods of Alibaba's GPU cluster trace (gpu-v2023)",
    says="processors, memory and accelerators held, down to parts of one, when, and how it ended",
    leaves_out="utilisation, owners, place, most accelerators' names; the calendar: months are counted from the start of the trace",
    source="https://github.com/alibaba/clusterdata/tree/master/cluster-trace-gpu-v2023",
)
_THOUSANDTHS = 1_000.0
_BYTES_PER_MIB = 2.0**20


def recognise(seen: Look) -> bool:
    """Its thousandths of accelerators and phases of pods."""
    return seen.has("num_gpu", "gpu_milli", "pod_phase", "creation_time", "deletion_time")


def jobs(raw: ir.Table, seen: Look) -> ir.Table:  # noqa: ARG001 - every reader takes both
    """A row a pod, from when it was scheduled to when it was deleted; one that never was scheduled held nothing."""
    begun, ended = cells.number(raw.scheduled_time), cells.number(raw.deletion_time)
    count, milli = cells.number(raw.num_gpu), cells.number(raw.gpu_milli)
    waits = begun.isnull() & (cells.state(raw.pod_phase) == "pending")
    problems: list[Problem] = [
        (unreadable(raw.deletion_time, ended), "the time of its end is no number"),
        (ended.isnull() & ~waits, "no time of its end"),
        (unreadable(raw.num_gpu, count), "the number of accelerators is no number"),
    ]
    known: dict[str, ir.Value] = {
        "job_id": cells.text(raw.name),
        "name": cells.text(raw.name),
        "project": cells.text(raw.qos),
        "state": cells.state(raw.pod_phase),
        "offset_s": ibis.coalesce(begun, cells.number(raw.creation_time)),
        "duration_s": ibis.ifelse(waits, 0.0, ended - begun),
        "device": cells.text(raw.gpu_spec).re_replace(r"\|.*$", ""),
        "gpu_count": ibis.ifelse((count == 1) & (milli > 0), milli / _THOUSANDTHS, count),
        "cpu_count": cells.number(raw.cpu_milli) / _THOUSANDTHS,
        "memory_bytes": cells.number(raw.memory_mib) * _BYTES_PER_MIB,
    }
    return job_table(raw, known, problems)


def notes(seen: Look) -> tuple[str, ...]:  # noqa: ARG001 - likewise
    """What to know about the trace."""
    return ("pods that were never scheduled held nothing; a pod's phase is that of the end of the trace, not of its own end",)
