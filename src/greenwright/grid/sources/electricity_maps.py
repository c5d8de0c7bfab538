"""Electricity Maps: hourly intensities of most of the world's zones, with a key; forecasts on paid plans."""

from __future__ import annotations

from typing import Any

from greenwright.grid.answers import as_intensity, as_json, moment_s, number, rows
from greenwright.grid.contract import Ask, Meta, Reach, refuse_others
from greenwright.grid.series import DAY_S, HOUR_S, Point, time_text
from greenwright.records.grid import Boundary, Intensity, Signal

META = Meta(
    id="electricity-maps",
    title="Electricity Maps API",
    signals=(Signal.AVERAGE,),
    boundaries=(Boundary.LIFE_CYCLE, Boundary.DIRECT),
    history=True,
    forecast=True,
    zones="more than 350, as in: greenwright catalogue zones",
    needs=("ELECTRICITY_MAPS_TOKEN",),
    clock="hours in UTC, named by their beginning",
    licence="terms of your plan; its open data are under ODbL",
    url="https://portal.electricitymaps.com/docs",
)

ADDRESS = "https://api.electricitymaps.com/v3/carbon-intensity"
RECENT_S = DAY_S
"""The free plan tells the last day; for what is before, it is asked about a range."""
LONGEST_S = 10 * DAY_S
"""It answers no longer range of hours at once."""


def fetch(ask: Ask, reach: Reach) -> Intensity:
    """Hours of one zone: the forecast, the last day, or ranges of ten days.

    Raises:
        SourceError: no key, marginal intensities asked for, or no answer.
    """
    refuse_others(ask, META)
    found = _found(ask, reach)
    points: list[Point] = [(moment_s(row, "datetime", META.title), number(row, "carbonIntensity", META.title)) for row in found]
    estimated = sum(bool(row.get("isEstimated")) for row in found)
    notes = (f"{estimated} of {len(found)} hours are its estimates",) if estimated else ()
    return as_intensity(
        points,
        ask=ask,
        meta=META,
        reach=reach,
        signal=Signal.AVERAGE,
        boundary=ask.boundary,
        step_s=HOUR_S,
        issued_s=reach.now_s if ask.forecast else None,
        notes=notes,
    )


def _found(ask: Ask, reach: Reach) -> list[Any]:
    if ask.forecast:
        return list(_rows("forecast", "forecast", ask, reach, {}))
    if ask.start_s >= reach.now_s - RECENT_S:
        return list(_rows("history", "history", ask, reach, {}))
    found: list[Any] = []
    at_s = ask.start_s
    while at_s < ask.end_s:
        until_s = min(ask.end_s, at_s + LONGEST_S)
        found += _rows("past-range", "data", ask, reach, {"start": time_text(at_s), "end": time_text(until_s)})
        at_s = until_s
    return found


def _rows(what: str, key: str, ask: Ask, reach: Reach, query: dict[str, str]) -> list[Any]:
    kind = "direct" if ask.boundary is Boundary.DIRECT else "lifecycle"
    headers = {"auth-token": reach.setting("ELECTRICITY_MAPS_TOKEN")}
    body = reach.get(f"{ADDRESS}/{what}", {"zone": ask.zone, "emissionFactorType": kind, **query}, headers)
    return list(rows(as_json(body, META.title), (key,), META.title))
