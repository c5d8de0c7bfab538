"""WattTime: what one more kilowatt-hour emits (marginal), every five minutes, with an account."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from greenwright.grid.answers import as_intensity, as_json, moment_s, number, rows
from greenwright.grid.contract import Ask, Meta, Reach, SourceError, refuse_others
from greenwright.grid.series import HOUR_S, Point, parse_time_s, time_text
from greenwright.records.grid import Boundary, Intensity, Signal
from greenwright.units import G_PER_LB

META = Meta(
    id="watttime",
    title="WattTime API v3",
    signals=(Signal.MARGINAL,),
    boundaries=(Boundary.DIRECT,),
    history=True,
    forecast=True,
    zones="its own regions, such as CAISO_NORTH; without a paid plan only that one",
    needs=("WATTTIME_USER", "WATTTIME_PASSWORD"),
    clock="five minutes in UTC, named by their beginning",
    licence="terms of your plan",
    url="https://docs.watttime.org/",
)

ADDRESS = "https://api.watttime.org"
LONGEST_HOURS = 72
KWH_PER_MWH = 1_000.0


def fetch(ask: Ask, reach: Reach) -> Intensity:
    """Five-minute marginal emissions of one region, pounds per megawatt-hour made grams per kilowatt-hour.

    Raises:
        SourceError: no account, an average asked for, another unit than pounds, or no answer.
    """
    refuse_others(ask, META)
    answer = _answer(ask, reach)
    found = rows(answer, ("data",), META.title)
    meta = answer.get("meta") or {}
    _refuse_other_units(meta)
    points: list[Point] = [(moment_s(row, "point_time", META.title), _g_per_kwh(row)) for row in found]
    model = (meta.get("model") or {}).get("date", "")
    return as_intensity(
        points,
        ask=ask,
        meta=META,
        reach=reach,
        signal=Signal.MARGINAL,
        boundary=Boundary.DIRECT,
        step_s=number(meta, "data_point_period_seconds", META.title) or None,
        issued_s=_issued_s(ask, meta, reach),
        notes=(*((f"its model of {model}",) if model else ()), *_warnings(meta)),
    )


def _answer(ask: Ask, reach: Reach) -> Any:
    headers = {"Authorization": f"Bearer {_token(reach)}"}
    query = {"region": ask.zone, "signal_type": "co2_moer"}
    if ask.forecast:
        hours = min(LONGEST_HOURS, max(1, round((ask.end_s - reach.now_s) / HOUR_S)))
        return as_json(reach.get(f"{ADDRESS}/v3/forecast", {**query, "horizon_hours": str(hours)}, headers), META.title)
    query |= {"start": time_text(ask.start_s), "end": time_text(ask.end_s)}
    return as_json(reach.get(f"{ADDRESS}/v3/historical", query, headers), META.title)


def _token(reach: Reach) -> str:
    account = f"{reach.setting('WATTTIME_USER')}:{reach.setting('WATTTIME_PASSWORD')}"
    headers = {"Authorization": f"Basic {b64encode(account.encode()).decode()}"}
    answer = as_json(reach.get(f"{ADDRESS}/login", {}, headers), META.title)
    token = answer.get("token") if isinstance(answer, dict) else None
    if not isinstance(token, str):
        raise SourceError(f"{META.title} let nobody in: no token in its answer")
    return token


def _refuse_other_units(meta: Mapping[str, Any]) -> None:
    if (units := meta.get("units")) != "lbs_co2_per_mwh":
        raise SourceError(f"{META.title} answered in {units!r}, not in lbs_co2_per_mwh")


def _warnings(meta: Mapping[str, Any]) -> tuple[str, ...]:
    """What it warns of, in its own words."""
    told = meta.get("warnings") or ()
    return tuple(
        f"it warns: {one.get('message') or one.get('type')}" if isinstance(one, Mapping) else f"it warns: {one}" for one in told
    )


def _g_per_kwh(row: Mapping[str, Any]) -> float | None:
    pounds = number(row, "value", META.title)
    return None if pounds is None else pounds * G_PER_LB / KWH_PER_MWH


def _issued_s(ask: Ask, meta: Mapping[str, Any], reach: Reach) -> float | None:
    if not ask.forecast:
        return None
    stated = meta.get("generated_at")
    return parse_time_s(stated) if isinstance(stated, str) else reach.now_s
