"""Read the hours to come from a file: CSV with a time and g/kWh, and where they are known a low and a high."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from greenwright.errors import BadInputError
from greenwright.place.outlook import Outlook, from_arrays, resample
from greenwright.records.quantities import Grade

TIMES = ("time", "utc_hour", "utc_time", "datetime", "timestamp", "from")
VALUES = ("g_per_kwh", "gco2_per_kwh", "gco2e_per_kwh", "intensity_g_per_kwh", "carbon_intensity", "forecast")
LOWS = ("low", "low_g_per_kwh")
HIGHS = ("high", "high_g_per_kwh")
ZONES = ("zone", "region")


def outlook(path: Path, zone: str, start: datetime, step_s: float, slot_count: int) -> Outlook:
    """The file's rows about ``zone``, or all where it names no zones, laid on slots from ``start`` on.

    Raises:
        BadInputError: no such file or column, a value that is no number, or hours that do not cover ``start``.
    """
    rows = _rows(path, zone)
    times = [_moment(row[_column(rows[0], TIMES, path)], path) for row in rows]
    order = sorted(range(len(times)), key=times.__getitem__)
    ordered = [times[index] for index in order]

    def laid(names: Sequence[str], required: Sequence[str] = VALUES) -> list[float]:
        column = next((name for name in names if name in rows[0]), None) or _column(rows[0], required, path)
        return [_number(rows[index][column], path) for index in order]

    median, low, high = (resample(ordered, laid(names), start, step_s, slot_count) for names in (VALUES, LOWS, HIGHS))
    return from_arrays(median, low, high, grade=Grade.MODELLED, source=path.name)


def _rows(path: Path, zone: str) -> list[dict[str, str]]:
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8", newline="") as file
        ):
            every = [{(key or "").strip().lower(): value or "" for key, value in row.items()} for row in csv.DictReader(file)]
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}; correct the path under [intensity]") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInputError(f"{path} is not CSV: {error}") from error
    column = next((name for name in ZONES if every and name in every[0]), None)
    rows = [row for row in every if column is None or row[column].lower() == zone.lower()]
    if not rows:
        raise BadInputError(f"{path} has no rows" + (f" about {zone}" if column else "") + "; correct [intensity]")
    return rows


def _column(row: Iterable[str], names: Sequence[str], path: Path) -> str:
    found = next((name for name in names if name in row), None)
    if found is None:
        raise BadInputError(f"{path} has none of the columns {', '.join(names)}; there are {', '.join(row)}")
    return found


def _moment(text: str, path: Path) -> datetime:
    try:
        moment = (
            datetime.fromtimestamp(float(text), UTC) if text.replace(".", "", 1).isdigit() else datetime.fromisoformat(text)
        )
    except (ValueError, OverflowError) as error:
        raise BadInputError(f"{path}: {text!r} is not a time; write it as 2026-11-24T18:00+00:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(text: str, path: Path) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise BadInputError(f"{path}: {text!r} is not a number of g/kWh; fill the gap, or drop the row") from error
