"""Read intensities from a file of anybody's: CSV, plain or gzipped, or Parquet, with a column of times and one of g/kWh.

Columns are known by many names, whatever their case and punctuation. There may be one of zones, one of direct emissions, one of what was
forecast, and a low and a high around it.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from greenwright.errors import BadInputError, CannotHereError
from greenwright.grid.series import parse_time_s
from greenwright.records.grid import Boundary

TIMES = ("utc_hour", "utc_time", "datetime_utc", "datetime", "timestamp", "time", "date", "from", "point_time", "start")
ZONES = ("region", "zone", "zone_id", "zoneid", "place", "country")
LIFE_CYCLE = (
    "gco2_per_kwh",
    "gco2e_per_kwh",
    "g_per_kwh",
    "intensity_g_per_kwh",
    "carbon_intensity",
    "carbonintensity",
    "carbon_intensity_avg",
    "intensity",
    "value",
)
DIRECT = ("direct_gco2_per_kwh", "direct_g_per_kwh")
FORECAST = ("forecast", "forecast_g_per_kwh")
LOW, HIGH = ("low", "low_g_per_kwh"), ("high", "high_g_per_kwh")
_OTHER = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One row."""

    zone: str
    """"" where the file names none."""
    at_s: float
    """Since 1970."""
    intensity_g_per_kwh: float | None
    """None where the cell is empty."""
    low_g_per_kwh: float | None = None
    high_g_per_kwh: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    time: str
    value: str
    zone: str | None
    low: str | None
    high: str | None


def readings(path: Path, boundary: Boundary = Boundary.LIFE_CYCLE, *, forecast: bool = False) -> Iterator[Reading]:
    """Every row with a time, in the order of the file.

    Args:
        path: ``.csv``, ``.csv.gz`` or ``.parquet``; times without a zone are UTC.
        boundary: which column of intensities, where there are two.
        forecast: what was forecast is wanted, where the file tells it apart from what was.

    Raises:
        BadInputError: it cannot be read, lacks a column, or a cell is no time or no number.
        CannotHereError: Parquet, without pyarrow.
    """
    try:
        columns: _Columns | None = None
        for number, row in enumerate(_rows(path), start=2):
            columns = columns or _columns(row, path, boundary, forecast=forecast)
            if str(row[columns.time] or "").strip():
                yield _reading(row, columns, f"{path.name}, row {number}")
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror or error}; correct the path") from error
    except (UnicodeDecodeError, csv.Error, EOFError) as error:
        raise BadInputError(f"{path} is no table: {error}; give CSV or Parquet") from error


def about(path: Path, zone: str, every: Sequence[Reading]) -> list[Reading]:
    """Of every row of a file, those about ``zone``, in any case, or all where the file names no zones.

    Raises:
        BadInputError: there is none.
    """
    found = [one for one in every if not one.zone or one.zone.lower() == zone.strip().lower()]
    if not found:
        zones = ", ".join(list(dict.fromkeys(one.zone for one in every))[:10])
        raise BadInputError(f"{path} has no rows" + (f" about {zone}, but about {zones}" if every else "; give one that has"))
    return found


def _reading(row: Mapping[str, Any], columns: _Columns, where: str) -> Reading:
    try:
        at_s = _time_s(row[columns.time])
    except BadInputError as error:
        raise BadInputError(f"{where}: {error}") from error
    return Reading(
        zone=str(row[columns.zone] or "").strip() if columns.zone else "",
        at_s=at_s,
        intensity_g_per_kwh=_number(row, columns.value, where),
        low_g_per_kwh=_number(row, columns.low, where),
        high_g_per_kwh=_number(row, columns.high, where),
    )


def _columns(row: Mapping[str, Any], path: Path, boundary: Boundary, *, forecast: bool) -> _Columns:
    observed = _column(row, DIRECT if boundary is Boundary.DIRECT else LIFE_CYCLE) or _spelt_out(row, boundary)
    coming = _column(row, FORECAST)
    time, value = _column(row, TIMES), (coming or observed) if forecast else (observed or coming)
    if time is None or value is None:
        lacking = " and ".join(
            name for name, found in (("times", time), (f"{boundary} intensities in g/kWh", value)) if found is None
        )
        raise BadInputError(f"{path} has no column of {lacking} among {', '.join(row)}; name them time and gco2_per_kwh")
    return _Columns(time=time, value=value, zone=_column(row, ZONES), low=_column(row, LOW), high=_column(row, HIGH))


def _column(row: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    plain = {_OTHER.sub("_", name.lower()).strip("_"): name for name in row if name}
    return next((plain[name] for name in names if name in plain), None)


def _spelt_out(row: Mapping[str, Any], boundary: Boundary) -> str | None:
    """As Electricity Maps heads its columns: "Carbon intensity gCO₂eq/kWh (Life cycle)", or "(LCA)" in older files."""
    words = ("direct",) if boundary is Boundary.DIRECT else ("life cycle", "(lca)")
    fitting = [name for name in row if "intensity" in name.lower() and any(word in name.lower() for word in words)]
    return fitting[0] if fitting else None


def _time_s(value: Any) -> float:
    return float(value.timestamp()) if hasattr(value, "timestamp") else parse_time_s(str(value))


def _number(row: Mapping[str, Any], column: str | None, where: str) -> float | None:
    value = row[column] if column else None
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except ValueError as error:
        raise BadInputError(f"{where}: {column} is {value!r}; write a number, or leave it empty") from error
    return number if math.isfinite(number) else None


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    if path.suffix == ".parquet":
        yield from _parquet_rows(path)
        return
    with (
        gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as packed,
        io.TextIOWrapper(packed, encoding="utf-8-sig", newline="") as stream,
    ):
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
