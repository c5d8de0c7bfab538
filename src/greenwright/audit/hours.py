"""The grid by the hour: what each job met when it ran, and what the cleanest start within a day would have met.

A file is whatever ``grid.series_file`` reads. For each hour and a few lengths of jobs the mean ahead is computed once, and joined to
the jobs by their start.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

import ibis

from greenwright.errors import BadInputError
from greenwright.grid.series_file import readings

if TYPE_CHECKING:
    import ibis.expr.types as ir

S_PER_HOUR = 3_600
LENGTHS = (1, 2, 4, 8, 12, 24, 48, 168)
"""Hours; a job counts with the shortest that holds it, and one longer than a week with the yearly mean."""
SHORT = 12
"""Hours: what lasts longer can hardly wait for a better hour."""
WAIT = 24
"""Hours that a job may wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """What one hour of a grid emitted."""

    at_hour_count: int
    """Hours since 1970."""
    intensity_g_per_kwh: float


def read_hours(path: Path) -> dict[str, list[Hour]]:
    """By place, in order; "" where the file names none.

    Raises:
        BadInputError: it is not there, lacks a column, a cell is no time or no number, or it holds no hour.
    """
    found: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in readings(path):
        if row.intensity_g_per_kwh is not None:
            found[row.zone][int(row.at_s // S_PER_HOUR)].append(row.intensity_g_per_kwh)
    if not found:
        raise BadInputError(f"{path} holds no hour that can be read")
    return {
        name: [Hour(at_hour_count=at, intensity_g_per_kwh=sum(of) / len(of)) for at, of in sorted(hours.items())]
        for name, hours in found.items()
    }


def with_hours(jobs: ir.Table, grid: dict[str, list[Hour]]) -> ir.Table:
    """``hour_g_per_kwh``, the mean while a job ran, and ``hour_saving_share``, what the best start within a day would have saved."""
    if not grid:
        return jobs.mutate(hour_g_per_kwh=ibis.null("float64"), hour_saving_share=ibis.null("float64"))
    rows = [row for name, hours in grid.items() for row in _ahead(name, hours)]
    schema = {
        "grid": "string",
        "grid_hour": "int64",
        "grid_length": "int64",
        "hour_g_per_kwh": "float64",
        "hour_saving_share": "float64",
    }
    side = ibis.memtable(rows, schema=schema)
    length = ibis.cases(*((jobs.duration_s <= one * S_PER_HOUR, one) for one in LENGTHS), else_=0)
    grids = ibis.literal("") if set(grid) == {""} else _named(jobs, sorted(grid))
    keyed = jobs.mutate(
        own_grid=grids,
        own_hour=(jobs.started_at.epoch_seconds() / S_PER_HOUR).floor().cast("int64"),
        own_length=length.cast("int64"),
    )
    on = [keyed.own_grid == side.grid, keyed.own_hour == side.grid_hour, keyed.own_length == side.grid_length]
    return keyed.left_join(side, on).drop("grid", "grid_hour", "grid_length", "own_grid", "own_hour", "own_length")


def _named(jobs: ir.Table, names: Sequence[str]) -> ir.StringValue:
    """The grid that a job's region, country or resolved place names."""
    return ibis.cases(
        *(
            (
                jobs.place.lower().contains(name.lower())
                | (jobs.region.lower() == name.lower())
                | (jobs.country.lower() == name.lower()),
                name,
            )
            for name in names
        ),
        else_="",
    )


def _ahead(name: str, hours: Sequence[Hour]) -> list[dict[str, str | int | float | None]]:
    known = {one.at_hour_count: one.intensity_g_per_kwh for one in hours}
    first, last = hours[0].at_hour_count, hours[-1].at_hour_count
    filled, rate = [], hours[0].intensity_g_per_kwh
    for at in range(first, last + 1):
        rate = known.get(at, rate)
        filled.append(rate)
    sums = [0.0, *accumulate(filled)]
    rows: list[dict[str, str | int | float | None]] = []
    for length in LENGTHS:
        means = [(sums[at + length] - sums[at]) / length for at in range(len(filled) - length + 1)]
        for at, mean in enumerate(means):
            best = min(means[at : at + WAIT + 1])
            share = 1 - best / mean if length <= SHORT and mean > 0 else 0.0
            rows.append(
                {
                    "grid": name,
                    "grid_hour": first + at,
                    "grid_length": length,
                    "hour_g_per_kwh": mean,
                    "hour_saving_share": share,
                }
            )
    return rows
