"""The Green Software Foundation's carbon-aware-sdk: whatever an instance of your own was set up with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenwright.grid.answers import as_intensity, as_json, moment_s, number, rows
from greenwright.grid.contract import Ask, Meta, Reach, SourceError
from greenwright.grid.series import Point, time_text
from greenwright.records.grid import Boundary, Intensity, Signal

META = Meta(
    id="carbon-aware-sdk",
    title="carbon-aware-sdk",
    signals=(Signal.AVERAGE, Signal.MARGINAL),
    boundaries=(Boundary.LIFE_CYCLE, Boundary.DIRECT),
    history=True,
    forecast=True,
    zones="locations as your instance names them, such as eastus",
    needs=("CARBON_AWARE_SDK_URL",),
    clock="as its own source has it, in UTC",
    licence="that of its own source",
    url="https://github.com/Green-Software-Foundation/carbon-aware-sdk",
)
UNSAID = "which signal this is, its own source decides: the one asked for is taken on trust"


def fetch(ask: Ask, reach: Reach) -> Intensity:
    """Ratings of one location, or its current forecast.

    Raises:
        SourceError: no address, or no answer.
    """
    base = reach.setting("CARBON_AWARE_SDK_URL").rstrip("/")
    points, issued_s = _forecast(base, ask, reach) if ask.forecast else (_history(base, ask, reach), None)
    return as_intensity(
        points, ask=ask, meta=META, reach=reach, signal=ask.signal, boundary=ask.boundary, issued_s=issued_s, notes=(UNSAID,)
    )


def _history(base: str, ask: Ask, reach: Reach) -> list[Point]:
    query = {"location": ask.zone, "time": time_text(ask.start_s), "toTime": time_text(ask.end_s)}
    found = rows(as_json(reach.get(f"{base}/emissions/bylocation", query, {}), META.title), (), META.title)
    return [(moment_s(row, "time", META.title), number(row, "rating", META.title)) for row in found]


def _forecast(base: str, ask: Ask, reach: Reach) -> tuple[list[Point], float]:
    body = reach.get(f"{base}/emissions/forecasts/current", {"location": ask.zone}, {})
    forecasts = rows(as_json(body, META.title), (), META.title)
    if not forecasts:
        raise SourceError(f"{META.title} has no forecast for {ask.zone}")
    first: Mapping[str, Any] = forecasts[0]
    found = rows(first, ("forecastData",), META.title)
    points: list[Point] = [(moment_s(row, "timestamp", META.title), number(row, "value", META.title)) for row in found]
    return points, moment_s(first, "generatedAt", META.title)
