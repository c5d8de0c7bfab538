"""The grid by the hour: what each job met when it ran, and what the cleanest start within a day would have met.

A file has a column of times and one of grams per kilowatt-hour, and may have one that names the zone or place. For each hour and a few
lengths of jobs the mean ahead is computed once, and joined to the jobs by their start.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

import ibis

from greenwright.audit.columns import plain_name
from greenwright.errors import BadInputError

if TYPE_CHECKING:
    import ibis.expr.types as ir

S_PER_HOUR = 3_600
LENGTHS = (1, 2, 4, 8, 12, 24, 48, 168)
"""Hours; a job counts with the shortest that holds it, and one longer than a week with the yearly mean."""
SHORT = 12
"""Hours: what lasts longer can hardly wait for a better hour."""
WAIT = 24
"""Hours that a job may wait."""
_TIMES = ("time", "datetime", "timestamp", "date", "datetime_utc", "datetime_utc_", "utc_time", "start")
_RATES = ("g_per_kwh", "carbon_intensity", "intensity", "intensity_g_per_kwh", "gco2_per_kwh", "carbon_intensity_avg", "value")
_PLACES = ("place", "zone", "zone_id", "region")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """What one hour of a grid emitted."""

    at_hour_count: int
    """Hours since 1970."""
    intensity_g_per_kwh: float


def read_hours(path: Path) -> dict[str, list[Hour]]:
    """By place, in order; "" where the file names none.

    Raises:
        BadInputError: it is not there, lacks a column, or holds no hour.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            names = {plain_name(spelt): spelt for spelt in reader.fieldnames or ()}
            at, rate = (next((names[one] for one in tried if one in names), None) for tried in (_TIMES, _RATES))
            place = next((names[one] for one in _PLACES if one in names), None)
            if at is None or rate is None:
                raise BadInputError(f"{path} needs a column time and a column g_per_kwh; it has {', '.join(names.values())}")
            found: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
            for row in reader:
                if (hour := _hour(row[at])) is not None and row[rate]:
                    found[row[place] if place else ""][hour].append(float(row[rate]))
    except (OSError, ValueError) as error:
        raise BadInputError(f"{path} cannot be read: {error}") from error
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


def _hour(text: str) -> int | None:
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            return None
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return int(seconds // S_PER_HOUR)
