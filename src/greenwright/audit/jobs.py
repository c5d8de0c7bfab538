"""Make the table of jobs: what a reader knows goes in, every column comes out, and rows that say nothing usable are marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

import ibis
import ibis.expr.operations as ops

from greenwright.audit import cells
from greenwright.records.jobs import JOB_COLUMNS, PROBLEM, ROW_TEXT, JobColumn, Kind

if TYPE_CHECKING:
    import ibis.expr.types as ir

Problem = tuple["ir.BooleanValue", str]
NAMES = tuple(column.name for column in JOB_COLUMNS)
ALL = (*NAMES, PROBLEM, ROW_TEXT)
_TYPES = {Kind.TEXT: "string", Kind.NUMBER: "float64", Kind.MOMENT: "timestamp"}
_AMOUNTS = ("gpu_energy_j", "cpu_energy_j", "memory_energy_j", "node_energy_j", "cost", "reported_carbon_g")


def column_of(raw: ir.Table, *names: str) -> ir.Value | None:
    """The first of these columns that the table has."""
    return next((raw[name] for name in names if name in raw.columns), None)


def job_table(
    raw: ir.Table, known: Mapping[str, ir.Value], problems: Sequence[Problem] = (), beside: Mapping[str, ir.Value] | None = None
) -> ir.Table:
    """Jobs from what is known of them, a row each; the first problem that holds is why a row cannot be used.

    Columns ``beside`` those of a job are for the reader's own use.
    """
    filled = {column.name: _filled(known.get(column.name), column) for column in JOB_COLUMNS}
    filled["row_count"] = filled["row_count"].fill_null(1.0) if "row_count" in known else ibis.literal("1").cast("float64")
    filled |= _times(filled) if {"started_at", "ended_at"} & set(known) else {}
    nothing = reduce(and_, (filled[name].isnull() for name in ("duration_s", *_AMOUNTS)))
    blank = ibis.ifelse(nothing, _blank(raw), False)  # few rows need to be looked at so closely
    problem = _first((blank, "blank row"), *problems, (nothing, "no duration, no energy and no cost"), *_negative(filled))
    row = ibis.ifelse(problem.notnull(), _joined(raw), ibis.null("string"))
    return raw.select(**filled, **{PROBLEM: problem, ROW_TEXT: row}, **(beside or {}))


def unreadable(cell: ir.Value | None, parsed: ir.Value) -> ir.BooleanValue:
    """The cell says something, and nothing could be made of it."""
    if cell is None or cell.type().is_numeric() or cell.type().is_timestamp():
        return ibis.literal(value=False)
    said = cells.text(cell)
    return ibis.ifelse(parsed.isnull(), ~said.lower().isin(_NOTHING), False)  # few cells are looked at twice


def constant(jobs: ir.Table, name: str) -> ops.Literal | None:
    """What the column says in every row, where the reader reads it from nowhere; None where rows may differ."""
    op = jobs.op()
    while isinstance(op, ops.Project):
        value = op.values[name]
        while isinstance(value, ops.Cast | ops.Alias):
            value = value.arg
        if isinstance(value, ops.Literal):
            return value
        if not isinstance(value, ops.Field):
            return None
        op, name = value.rel, value.name
    return None


def with_constants(jobs: ir.Table, keep: Callable[[ir.Table], ir.Table]) -> ir.Table:
    """The jobs, of which ``keep`` has kept the columns whose rows differ: most readers know a dozen of the forty."""
    kinds = jobs.schema()
    fixed = {name: value for name in jobs.columns if (value := constant(jobs, name)) is not None}
    varying = keep(jobs.select(*(name for name in jobs.columns if name not in fixed)))
    return varying.select(
        **{name: varying[name] if name not in fixed else fixed[name].to_expr().cast(kinds[name]) for name in jobs.columns}
    )


def last_of_each(rows: ir.Table, key: str, order: str) -> ir.Table:
    """The row with the largest ``order`` of each ``key``, which stands for all of them."""
    ranked = rows.mutate(
        rank=ibis.row_number().over(group_by=key, order_by=ibis.desc(order)),
        row_count=rows.row_count.sum().over(group_by=key),
    )
    return ranked.filter(ranked["rank"] == 0)


def stacked(tables: Sequence[ir.Table]) -> ir.Table:
    """Tables of jobs as one."""
    return reduce(lambda above, below: above.union(below), [table.select(*ALL) for table in tables])


_NOTHING = ("", "n/a", "na", "none", "null", "nan", "unknown", "-", "invalid", "unlimited")


def _filled(value: ir.Value | None, column: JobColumn) -> ir.Value:
    kind = _TYPES[column.kind]
    if value is None:
        return ibis.literal("") if column.kind is Kind.TEXT else ibis.null(kind)
    cast = value.cast(kind)
    return cast.fill_null("") if column.kind is Kind.TEXT else cast


def _times(filled: Mapping[str, ir.Value]) -> dict[str, ir.Value]:
    """The third of start, end and duration, where two are known."""
    start, end, duration = filled["started_at"], filled["ended_at"], filled["duration_s"]
    found = ibis.coalesce(duration, cells.seconds_between(start, end))
    whole = ibis.ifelse(found < 1e11, found, ibis.null("float64")).round().cast("int64").as_interval("s")  # noqa: PLR2004 - 3,000 years
    return {
        "duration_s": found,
        "started_at": ibis.coalesce(start, end - whole),
        "ended_at": ibis.coalesce(end, start + whole),
    }


def _negative(filled: Mapping[str, ir.Value]) -> list[Problem]:
    return [
        (filled["duration_s"] < 0, "it ends before it starts"),
        (filled["gpu_count"] < 0, "a negative number of accelerators"),
        (filled["cpu_count"] < 0, "a negative number of processors"),
    ]


def _blank(raw: ir.Table) -> ir.BooleanValue:
    """Nothing in any cell; a typed table has no such rows, or its cells are null and say so themselves."""
    if not all(raw[name].type().is_string() for name in raw.columns):
        return ibis.literal(value=False)
    return reduce(and_, (cells.stripped(raw[name].fill_null("")) == "" for name in raw.columns))


def _first(*problems: Problem) -> ir.StringValue:
    return ibis.cases(*((holds.fill_null(False), reason) for holds, reason in problems), else_=ibis.null("string"))


def _joined(raw: ir.Table) -> ir.StringValue:
    return ibis.literal(",").join([cells.text(raw[name]) for name in raw.columns])
