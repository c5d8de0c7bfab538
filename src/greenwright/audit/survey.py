"""The first pass over a source's jobs: how many rows can be used, what is said at all, and every spelling of hardware and place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis

from greenwright.audit.jobs import constant
from greenwright.errors import BadInputError
from greenwright.records.jobs import JOB_COLUMNS, PROBLEM, Kind

if TYPE_CHECKING:
    import ibis.expr.types as ir

KEYS = ("device", "instance_type", "provider", "region", "country", "currency", "tracking")
COMBINATION_LIMIT = 100_000
"""More spellings of hardware and place than this are a column read wrongly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What one pass tells."""

    job_count: int
    row_count: int
    """Rows that the jobs were read from."""
    bad_count: int
    spellings: tuple[dict[str, str], ...]
    """Every combination of ``KEYS``."""
    said: frozenset[str]
    """Columns in which at least one job says something."""


def survey(jobs: ir.Table) -> Survey:
    """Look through the jobs once.

    Raises:
        BadInputError: nearly every row names hardware or place in its own way.
    """
    fixed = {name: value for name in KEYS if (value := _literal(jobs, name)) is not None}
    varying = [name for name in KEYS if name not in fixed]
    tests = {f"said_{one.name}": _says(jobs, one.name, one.kind) for one in JOB_COLUMNS if _literal(jobs, one.name) is None}
    marked = jobs.mutate(is_fine=jobs[PROBLEM].isnull(), **tests)
    added = marked.group_by("is_fine", *varying).aggregate(
        found_count=marked.count(), rows=marked.row_count.sum(), **{name: marked[name].max() for name in tests}
    )
    groups = added.limit(COMBINATION_LIMIT).to_pyarrow().to_pylist()
    if len(groups) == COMBINATION_LIMIT:
        raise BadInputError("device, instance_type, region or country differ in nearly every row; a column was read wrongly")
    fine = [one for one in groups if one["is_fine"]]
    return Survey(
        job_count=sum(one["found_count"] for one in fine),
        row_count=round(sum(one["rows"] or 0 for one in fine)),
        bad_count=sum(one["found_count"] for one in groups if not one["is_fine"]),
        spellings=tuple(fixed | {name: one[name] for name in varying} for one in fine),
        said=frozenset(name.removeprefix("said_") for name in tests if any(one[name] for one in fine)),
    )


def _says(jobs: ir.Table, name: str, kind: Kind) -> ir.IntegerValue:
    """1 where a job says something; 0 elsewhere. Not every engine adds up truth values."""
    holds = jobs[name] != "" if kind is Kind.TEXT else jobs[name].notnull()
    return ibis.ifelse(holds, 1, 0)


def _literal(jobs: ir.Table, name: str) -> Any:
    """What the column says in every row, where the reader does not read it: "" for texts and None or a number for others."""
    value = constant(jobs, name)
    return None if value is None else "" if value.value is None else value.value
