"""The plain table that anybody can write, and with a mapping file, any other.

Columns are named as ``greenwright audit --columns`` lists them, in any order. None is required but a duration (or a start and an
end), an energy or a cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from greenwright.audit import cells
from greenwright.audit.contract import ReaderMeta
from greenwright.audit.jobs import Problem, job_table, unreadable
from greenwright.records.jobs import JOB_COLUMNS, Kind

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from greenwright.audit.look import Look

META = ReaderMeta(
    id="plain",
    title="a plain table of jobs, with greenwright's own column names",
    says="whatever its columns say",
    leaves_out="whatever it has no column for",
    source="docs/auditing.md",
)
_TIMES = ({"duration_s"}, {"started_at", "ended_at"})
_ENERGIES = {"gpu_energy_j", "cpu_energy_j", "memory_energy_j", "node_energy_j"}


def recognise(seen: Look) -> bool:
    """A duration or an energy under our own name."""
    columns = set(seen.columns)
    return any(times <= columns for times in _TIMES) or bool(_ENERGIES & columns)


def jobs(raw: ir.Table, seen: Look) -> ir.Table:  # noqa: ARG001 - every reader takes both
    """A row a job."""
    known: dict[str, ir.Value] = {}
    problems: list[Problem] = []
    for column in JOB_COLUMNS:
        if column.name in raw.columns:
            known[column.name] = read(raw[column.name], column.kind)
            if column.kind is not Kind.TEXT:
                problems.append((unreadable(raw[column.name], known[column.name]), f"{column.name} cannot be read"))
    if "state" in known:
        known["state"] = cells.state(raw.state)
    shares = [name for name in ("gpu_busy_share", "cpu_busy_share") if name in known]
    problems += [((known[name] < 0) | (known[name] > 1), f"{name} is not between 0 and 1") for name in shares]
    return job_table(raw, known, problems)


def notes(seen: Look) -> tuple[str, ...]:
    """Which columns it did not use."""
    unused = [name for name in seen.columns if name not in {column.name for column in JOB_COLUMNS}]
    return (f"columns that nobody reads: {', '.join(unused)}",) if unused else ()


def read(cell: ir.Value, kind: Kind) -> ir.Value:
    """A cell as what its column holds."""
    if kind is Kind.NUMBER:
        return cells.number(cell)
    return cells.moment(cell) if kind is Kind.MOMENT else cells.text(cell)
