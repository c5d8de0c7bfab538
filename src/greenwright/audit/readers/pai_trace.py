"""Traces of arrivals and lengths, as research on scheduling passes them on: Alibaba PAI as sampled for GAIA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from greenwright.audit import cells
from greenwright.audit.contract import ReaderMeta
from greenwright.audit.jobs import Problem, job_table, unreadable
from greenwright.errors import BadInputError

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from greenwright.audit.look import Look

META = ReaderMeta(
    id="pai-trace",
    title="a trace of arrivals, lengths and processors (Alibaba PAI, as sampled for GAIA)",
    says="when a job arrived, how long it ran, how many processors it held",
    leaves_out="accelerators, utilisation, owners, place; the calendar: months are counted from the first arrival",
    source="https://github.com/umassos/GAIA",
)
_COLUMNS = {"arrival_time", "length", "cpus"}
_NEAR = 1e-6


def recognise(seen: Look) -> bool:
    """Exactly these three columns."""
    return set(seen.columns) == _COLUMNS


def jobs(raw: ir.Table, seen: Look) -> ir.Table:
    """A row a job. The same header is used for hours and for seconds; the digits tell which."""
    unit_s = _unit_s(seen)
    length, cpus, arrival = cells.number(raw.length), cells.number(raw.cpus), cells.number(raw.arrival_time)
    problems: list[Problem] = [
        (unreadable(raw.length, length) | length.isnull(), "the length is no number"),
        (unreadable(raw.cpus, cpus), "the number of processors is no number"),
    ]
    known = {"offset_s": arrival * unit_s, "duration_s": length * unit_s, "cpu_count": cpus}
    return job_table(raw, known, problems)


def notes(seen: Look) -> tuple[str, ...]:
    """Which unit the digits gave."""
    unit = "seconds" if _unit_s(seen) == 1 else "hours"
    return (f"the header names no unit; the digits of the first {len(seen.sample)} rows are those of {unit}",)


def _unit_s(seen: Look) -> float:
    """Whole numbers are seconds. Fractions that are whole once multiplied by 3,600, or finer than a millisecond, are hours.

    Raises:
        BadInputError: they could be either.
    """
    said = [float(text) for column in ("arrival_time", "length") for text in seen.values(column) if _is_number(text)]
    if all(abs(amount - round(amount)) < _NEAR for amount in said):
        return 1.0
    if all(_whole(amount * cells.S_PER_HOUR) for amount in said) or any(not _whole(amount * 1_000) for amount in said):
        return cells.S_PER_HOUR
    raise BadInputError(
        f"{seen.source}: are arrival_time and length in seconds or in hours? The digits do not tell; "
        "say it in a mapping file: greenwright audit --draft-mapping FILE"
    )


def _whole(amount: float) -> bool:
    return abs(amount - round(amount)) < max(_NEAR * 1e-3 * abs(amount), _NEAR * 100)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
