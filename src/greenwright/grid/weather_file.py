"""Read weather by the hour from a CSV file: a column of times, and whatever else holds numbers."""

from __future__ import annotations

import csv
import gzip
from itertools import pairwise
from pathlib import Path

from greenwright.errors import BadInputError
from greenwright.grid.series import HOUR_S, parse_time_s, time_text
from greenwright.grid.series_file import TIMES
from greenwright.records.grid import Weather

PREFIX = "wx_"
"""Where columns begin so, the others are no weather."""


def weather(path: Path) -> Weather:
    """Every column of weather, which must know every hour.

    Raises:
        BadInputError: no such file, no times, an hour missing, or a cell that is no number.
    """
    try:
        with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise BadInputError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    time = next((name for name in (rows[0] if rows else ()) if name.strip().lower() in TIMES), None)
    if time is None:
        raise BadInputError(f"{path} has no column of times; name it time")
    moments = [parse_time_s(row[time]) for row in rows]
    for before, after in pairwise(moments):
        if after - before != HOUR_S:
            raise BadInputError(f"{path}: after {time_text(before)} comes {time_text(after)}; give every hour once, in order")
    names = [name for name in rows[0] if name.startswith(PREFIX)] or [name for name in rows[0] if name != time]
    return Weather(
        start_s=moments[0], step_s=HOUR_S, columns={name: tuple(_number(row, name, path) for row in rows) for name in names}
    )


def _number(row: dict[str, str], name: str, path: Path) -> float:
    try:
        return float(row[name])
    except (TypeError, ValueError) as error:
        raise BadInputError(f"{path}: {name} is {row[name]!r}; write a number at every hour") from error
