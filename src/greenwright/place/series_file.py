"""Lay the hours to come from a file on the slots of a plan; see ``grid.series_file`` for what a file may look like."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from greenwright.errors import BadInputError
from greenwright.grid.series_file import Reading, about, readings
from greenwright.place.outlook import Outlook, from_arrays, resample
from greenwright.records.quantities import Grade


def outlook(path: Path, zone: str, start: datetime, step_s: float, slot_count: int) -> Outlook:
    """The file's rows about ``zone``, or all where it names no zones, laid on slots from ``start`` on.

    Raises:
        BadInputError: no such file or column, a value that is no number, or hours that do not cover ``start``.
    """
    rows = sorted(about(path, zone, list(readings(path))), key=lambda one: one.at_s)
    times = [datetime.fromtimestamp(one.at_s, UTC) for one in rows]
    medians = [_known(one, one.intensity_g_per_kwh, path) for one in rows]
    lows = [median if one.low_g_per_kwh is None else one.low_g_per_kwh for one, median in zip(rows, medians, strict=True)]
    highs = [median if one.high_g_per_kwh is None else one.high_g_per_kwh for one, median in zip(rows, medians, strict=True)]
    median, low, high = (resample(times, values, start, step_s, slot_count) for values in (medians, lows, highs))
    return from_arrays(median, low, high, grade=Grade.MODELLED, source=path.name)


def _known(row: Reading, intensity_g_per_kwh: float | None, path: Path) -> float:
    if intensity_g_per_kwh is None:
        at = datetime.fromtimestamp(row.at_s, UTC).isoformat(timespec="minutes")
        raise BadInputError(f"{path} knows nothing of {at}; fill the gap, or drop the row")
    return intensity_g_per_kwh
