"""Points in time become evenly spaced series, and series are cut, resampled and put side by side. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from math import isfinite

from greenwright.errors import BadInputError
from greenwright.records.grid import Intensity
from greenwright.units import S_PER_DAY, S_PER_H

HOUR_S, DAY_S = S_PER_H, S_PER_DAY


def parse_time_s(text: str) -> float:
    """``"2024-01-01T00:00Z"``, ``"2024-01-01 00:00:00"`` or ``"1704067200"`` as seconds since 1970; without a zone it is UTC.

    Raises:
        BadInputError: not a time.
    """
    plain = text.strip()
    if plain.replace(".", "", 1).isdigit() and len(plain) > 8:  # noqa: PLR2004 - shorter digits are a date
        return float(plain)
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError as error:
        raise BadInputError(f"{text!r} is not a time; write it as 2026-01-31T14:00Z") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def time_text(at_s: float) -> str:
    """``1704067200.0`` as ``"2024-01-01T00:00Z"``."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%MZ")


Point = tuple[float, float | None]
"""A time in seconds since 1970, and g CO2e per kWh."""


def regular(
    points: Iterable[Point], step_s: float | None = None
) -> tuple[float, float, tuple[float | None, ...], tuple[str, ...]]:
    """Start, step, values and notes of points in any order: sorted, the last of two at one time kept, gaps filled with None.

    Raises:
        BadInputError: no point, or no step that the times keep to.
    """
    given = list(points)
    if not given:
        raise BadInputError("there is no point in the series")
    notes = []
    ordered = sorted(given, key=lambda point: point[0])
    if ordered != given and given[::-1] != ordered:
        notes.append("rows stood out of order and were sorted by time")
    found = dict(ordered)
    if len(found) < len(given):
        notes.append(f"{len(given) - len(found)} times stood twice; the last row of each was kept")
    start_s, step = ordered[0][0], step_s or _step(list(found))
    count = round((ordered[-1][0] - start_s) / step) + 1
    values: list[float | None] = [None] * count
    for at_s, value in found.items():
        place = (at_s - start_s) / step
        if abs(place - round(place)) > 0.01:  # noqa: PLR2004 - a second in an interval is a clock's rounding
            raise BadInputError(f"{time_text(at_s)} does not lie on the {step:.0f} s steps from {time_text(start_s)} on")
        values[round(place)] = value if value is not None and isfinite(value) else None
    return start_s, step, tuple(values), tuple(notes)


def _step(times_s: Sequence[float]) -> float:
    steps = Counter(round(after - before) for before, after in pairwise(times_s))
    if not steps:
        return HOUR_S
    return float(steps.most_common(1)[0][0])


def cut(series: Intensity, start_s: float, end_s: float) -> Intensity:
    """What of it lies within the stretch."""
    first = max(0, round((start_s - series.start_s) / series.step_s))
    last = max(first, min(len(series.values_g_per_kwh), round((end_s - series.start_s) / series.step_s)))
    return replace(
        series,
        start_s=series.start_s + first * series.step_s,
        values_g_per_kwh=series.values_g_per_kwh[first:last],
        low_g_per_kwh=series.low_g_per_kwh[first:last],
        high_g_per_kwh=series.high_g_per_kwh[first:last],
    )


def hourly(series: Intensity) -> Intensity:
    """Means over whole hours; a longer step is repeated, and an hour of which nothing is known stays unknown."""
    if series.step_s == HOUR_S and series.start_s % HOUR_S == 0:
        return series
    first_s = series.start_s // HOUR_S * HOUR_S
    count = -int(-(series.end_s - first_s) // HOUR_S)

    def over(values: tuple[float | None, ...]) -> tuple[float | None, ...]:
        return tuple(_mean(series, values, first_s + hour * HOUR_S) for hour in range(count)) if values else ()

    return replace(
        series,
        start_s=first_s,
        step_s=HOUR_S,
        values_g_per_kwh=over(series.values_g_per_kwh),
        low_g_per_kwh=over(series.low_g_per_kwh),
        high_g_per_kwh=over(series.high_g_per_kwh),
    )


def _mean(series: Intensity, values: tuple[float | None, ...], hour_s: float) -> float | None:
    """Of the steps in an hour, each weighed by how much of it lies there."""
    first = max(0, int((hour_s - series.start_s) // series.step_s))
    last = min(len(values) - 1, int((hour_s + HOUR_S - series.start_s - 1e-6) // series.step_s))
    total = weight = 0.0
    for place in range(first, last + 1):
        begin_s = series.start_s + place * series.step_s
        inside_s = min(begin_s + series.step_s, hour_s + HOUR_S) - max(begin_s, hour_s)
        value = values[place]
        if value is not None and inside_s > 0:
            total, weight = total + value * inside_s, weight + inside_s
    return total / weight if weight else None
