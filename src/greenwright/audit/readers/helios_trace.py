"""Job logs with one row a job and times as text, as SenseTime's Helios and like clusters publish them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from greenwright.audit import cells
from greenwright.audit.contract import ReaderMeta
from greenwright.audit.jobs import Problem, column_of, job_table, unreadable

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from greenwright.audit.look import Look

META = ReaderMeta(
    id="helios-trace",
    title="a cluster's job log (Helios)",
    says="who, when, how long, how many accelerators and processors, how it ended",
    leaves_out="utilisation, which accelerators, place",
    source="https://github.com/S-Lab-System-Group/HeliosData",
)


def recognise(seen: Look) -> bool:
    """Accelerators and durations under its names."""
    return (
        seen.has("gpu_num", "duration")
        and (seen.has("state") or seen.has("status"))
        and (seen.has("job_id") or seen.has("start_time"))
    )


def jobs(raw: ir.Table, seen: Look) -> ir.Table:  # noqa: ARG001 - every reader takes both
    """A row a job."""
    duration, count = cells.number(raw.duration), cells.number(raw.gpu_num)
    state = cells.state(column_of(raw, "state", "status"))
    problems: list[Problem] = [
        (unreadable(raw.duration, duration), "the duration is no number"),
        (unreadable(raw.gpu_num, count), "the number of accelerators is no number"),
    ]
    known: dict[str, ir.Value] = {
        "job_id": cells.text(column_of(raw, "job_id")),
        "team": cells.text(column_of(raw, "vc", "queue")),
        "user": cells.text(column_of(raw, "user")),
        "state": state,
        "started_at": cells.moment(column_of(raw, "start_time")),
        "ended_at": cells.moment(column_of(raw, "end_time")),
        "duration_s": ibis.ifelse(duration.isnull() & (state == "pending"), 0.0, duration),
        "gpu_count": count,
        "cpu_count": cells.number(column_of(raw, "cpu_num")),
    }
    return job_table(raw, known, problems)


def notes(seen: Look) -> tuple[str, ...]:  # noqa: ARG001 - likewise
    """What to know about the trace."""
    return ("the log does not name its accelerators: they count with the range of all, unless you map a device",)
