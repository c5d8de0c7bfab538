"""Great Britain's National Energy System Operator: half-hours, forecast and actual, without a key."""

from __future__ import annotations

from greenwright.grid.answers import as_intensity, as_json, moment_s, rows
from greenwright.grid.contract import Ask, Meta, Reach, SourceError, refuse_others
from greenwright.grid.series import DAY_S, Point, time_text
from greenwright.records.grid import Boundary, Intensity, Signal

META = Meta(
    id="neso",
    title="NESO Carbon Intensity API",
    signals=(Signal.AVERAGE,),
    boundaries=(Boundary.DIRECT,),
    history=True,
    forecast=True,
    zones="Great Britain, GB",
    only=("GB", "UK", "GBR"),
    clock="half-hours in UTC, named by their beginning",
    licence="CC BY 4.0",
    url="https://carbon-intensity.github.io/api-definitions/",
)

ADDRESS = "https://api.carbonintensity.org.uk/intensity"
HALF_HOUR_S = 1_800.0
LONGEST_S = 14 * DAY_S
"""It answers no longer stretch at once."""
FORECAST_S = 2 * DAY_S


def fetch(ask: Ask, reach: Reach) -> Intensity:
    """Half-hours of the national grid: what was, or what it says will be for at most 48 hours.

    Raises:
        SourceError: another zone, another number, or no answer.
    """
    refuse_others(ask, META)
    which = "forecast" if ask.forecast else "actual"
    end_s = min(ask.end_s, ask.start_s + FORECAST_S) if ask.forecast else ask.end_s
    points: list[Point] = []
    at_s = ask.start_s
    while at_s < end_s:
        until_s = min(end_s, at_s + LONGEST_S)
        points += _points(at_s, until_s, which, reach)
        at_s = until_s
    return as_intensity(
        points,
        ask=ask,
        meta=META,
        reach=reach,
        signal=Signal.AVERAGE,
        boundary=Boundary.DIRECT,
        step_s=HALF_HOUR_S,
        issued_s=reach.now_s if ask.forecast else None,
    )


def _points(start_s: float, end_s: float, which: str, reach: Reach) -> list[Point]:
    body = reach.get(f"{ADDRESS}/{time_text(start_s)}/{time_text(end_s)}", {}, {"Accept": "application/json"})
    found = rows(as_json(body, META.title), ("data",), META.title)
    timed = [(moment_s(row, "from", META.title), _value(row, which)) for row in found]
    return [point for point in timed if start_s <= point[0] < end_s]  # it sends the half-hour before, too


def _value(row: object, which: str) -> float | None:
    intensity = row.get("intensity") if isinstance(row, dict) else None
    value = intensity.get(which) if isinstance(intensity, dict) else None
    if value is None or (which == "actual" and value == 0):  # it writes 0 where the actual value is not yet known
        return None
    if not isinstance(value, int | float):
        raise SourceError(f"{META.title} answered {which} = {value!r}, which is no number")
    return float(value)
