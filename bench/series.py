"""The grids that forecasts are judged on: every series of ``shared/data/grid``, those with weather first."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from greenwright.grid.forecast.hours import Hours, as_hours
from greenwright.grid.series import HOUR_S, hourly, parse_time_s, regular
from greenwright.grid.weather_file import weather
from greenwright.records.grid import Boundary, Intensity, Signal
from greenwright.records.quantities import Grade

FILES = (
    ("live", "emaps_live_2021_2022.csv.gz", "utc_hour", "gco2_per_kwh"),
    ("hourly", "emaps_hourly.csv.gz", "utc_hour", "gco2_per_kwh"),
    ("hourly, direct", "emaps_hourly.csv.gz", "utc_hour", "direct_gco2_per_kwh"),
    ("2020", "lwa_2020_30min.csv.gz", "time", "gco2_per_kwh"),
    ("NESO", "gb_neso_2023H1_30min.csv.gz", "utc_time", "gco2_per_kwh"),
)
FEWEST_DAYS = 60


def every_series(folder: Path) -> Iterator[tuple[str, Hours, int | None]]:
    """Name, hours, and the hour from which to judge; None: as soon as may be."""
    yield from with_weather(folder)
    yield from without_weather(folder)


def with_weather(folder: Path) -> Iterator[tuple[str, Hours, int]]:
    """The five zones with weather, judged on 2021."""
    for path in sorted((folder / "features").glob("*.csv.gz")):
        zone = path.name.removesuffix(".csv.gz")
        with gzip.open(path, "rt") as stream:
            points = [(parse_time_s(row["utc_hour"]), _number(row["gco2_per_kwh"])) for row in csv.DictReader(stream)]
        hours = as_hours(_series(zone, points), weather(path))
        yield zone, hours, round(datetime(2021, 1, 1, tzinfo=UTC).timestamp() / HOUR_S) - hours.first


def without_weather(folder: Path) -> Iterator[tuple[str, Hours, None]]:
    """Every other series of two months and more, by its own history alone."""
    for name, file, when, what in FILES:
        found: dict[str, list[tuple[float, float | None]]] = {}
        with gzip.open(folder / file, "rt") as stream:
            for row in csv.DictReader(stream):
                found.setdefault(row["region"], []).append((parse_time_s(row[when]), _number(row[what])))
        for zone, points in found.items():
            known = [point for point in points if point[1] is not None]
            if len(known) > 24 * FEWEST_DAYS:
                yield f"{name} {zone}", as_hours(hourly(_series(zone, known))), None


def _number(text: str) -> float | None:
    return float(text) if text else None


def _series(zone: str, points: list[tuple[float, float | None]]) -> Intensity:
    start_s, step_s, values, notes = regular(points)
    return Intensity(
        zone=zone,
        start_s=start_s,
        step_s=step_s,
        values_g_per_kwh=values,
        signal=Signal.AVERAGE,
        boundary=Boundary.LIFE_CYCLE,
        grade=Grade.MODELLED,
        source="the files of the bench",
        fetched_s=0.0,
        notes=notes,
    )
