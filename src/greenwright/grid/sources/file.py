"""A file of the user's: CSV (plain or gzipped) or Parquet, with a column of times and one of g/kWh."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from greenwright.errors import BadInputError, CannotHereError
from greenwright.grid.answers import as_intensity
from greenwright.grid.contract import Ask, Meta, Reach, SourceError
from greenwright.grid.series import Point, parse_time_s
from greenwright.records.grid import Boundary, Intensity, Signal

META = Meta(
    id="file",
    title="a file of your own",
    signals=(Signal.AVERAGE, Signal.MARGINAL),
    boundaries=(Boundary.LIFE_CYCLE, Boundary.DIRECT),
    history=True,
    forecast=True,
    zones="those in its column zone, region or zone id; a file without one is about the zone asked for",
    needs=("GREENWRIGHT_INTENSITY_FILE",),
    clock="times are the beginning of what a row is about; without a time zone they are UTC",
    licence="yours",
    url="",
)

TIMES = ("utc_hour", "utc_time", "datetime (utc)", "datetime", "timestamp", "time", "date", "from", "point_time", "start")
ZONES = ("region", "zone", "zone id", "zone_id", "zoneid", "country")
LIFE_CYCLE = (
    "gco2_per_kwh",
    "gco2e_per_kwh",
    "g_per_kwh",
    "intensity_g_per_kwh",
    "carbon_intensity",
    "carbonintensity",
    "intensity",
    "value",
)
DIRECT = ("direct_gco2_per_kwh", "direct_g_per_kwh")


def fetch(ask: Ask, reach: Reach) -> Intensity:
    """Read the file.

    Raises:
        SourceError: no file, or nothing in it about the zone and the stretch.
    """
    path = Path(reach.setting("GREENWRIGHT_INTENSITY_FILE")).expanduser()
    try:
        points = list(_points(path, ask))
    except (OSError, BadInputError, UnicodeDecodeError, csv.Error, EOFError) as error:
        raise SourceError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    return as_intensity(
        points, ask=ask, meta=META, reach=reach, signal=ask.signal, boundary=ask.boundary, notes=(f"read from {path.name}",)
    )


def zones_in(path: Path) -> list[str]:
    """The zones that a file is about, in the order they first appear; empty where it has no such column."""
    found: dict[str, None] = {}
    for row in _rows(path):
        column = _column(row, ZONES)
        if column is None:
            return []
        found[str(row[column])] = None
    return list(found)


def _points(path: Path, ask: Ask) -> Iterator[Point]:
    columns: tuple[str, str, str | None] | None = None
    for row in _rows(path):
        columns = columns or _columns(row, path, ask.boundary)
        time, value, zone = columns
        if zone is None or str(row[zone]).strip().lower() == ask.zone.lower():
            yield _time_s(row[time]), _number(row[value], value, path)


def _columns(row: Mapping[str, Any], path: Path, boundary: Boundary) -> tuple[str, str, str | None]:
    time = _column(row, TIMES)
    value = _column(row, DIRECT if boundary is Boundary.DIRECT else LIFE_CYCLE) or _spelt_out(row, boundary)
    if time is None or value is None:
        lacking = " and ".join(
            name for name, found in (("times", time), (f"{boundary} intensities in g/kWh", value)) if found is None
        )
        raise BadInputError(f"{path.name} has no column of {lacking} among {', '.join(row)}; name them time and gco2_per_kwh")
    return time, value, _column(row, ZONES)


def _column(row: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    plain = {name.strip().lower(): name for name in row}
    return next((plain[name] for name in names if name in plain), None)


def _spelt_out(row: Mapping[str, Any], boundary: Boundary) -> str | None:
    """As Electricity Maps heads its columns: "Carbon intensity gCO₂eq/kWh (Life cycle)"."""
    word = "direct" if boundary is Boundary.DIRECT else "life cycle"
    short = "(lca)"
    fitting = [
        name
        for name in row
        if "intensity" in name.lower() and (word in name.lower() or (word != "direct" and short in name.lower()))
    ]
    return fitting[0] if fitting else None


def _time_s(value: Any) -> float:
    return float(value.timestamp()) if hasattr(value, "timestamp") else parse_time_s(str(value))


def _number(value: Any, column: str, path: Path) -> float | None:
    if value is None or value == "":
        return None
    try:
        return float(value)
    except ValueError as error:
        raise BadInputError(f"{path.name}: {column} is {value!r}; write a number, or leave it empty") from error


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    if path.suffix == ".parquet":
        yield from _parquet_rows(path)
        return
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as stream:
        yield from csv.DictReader(stream)


def _parquet_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise CannotHereError("Parquet needs pyarrow: pip install 'greenwright[grid]'") from error
    try:
        table = pq.ParquetFile(path)
        for batch in table.iter_batches():
            yield from ({str(key): _aware(value) for key, value in row.items()} for row in batch.to_pylist())
    except pa.ArrowException as error:
        raise BadInputError(f"{path.name} is no Parquet file ({error})") from error


def _aware(value: Any) -> Any:
    """A moment without a time zone is UTC, as in CSV."""
    from datetime import UTC, datetime

    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value
