"""The US Energy Information Administration: what each kind of plant generated, by the hour, times what its kind emits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenwright.grid.answers import as_intensity, as_json, moment_s, number, rows
from greenwright.grid.contract import Ask, Meta, Reach, refuse_others
from greenwright.grid.mix import Mix, intensities
from greenwright.grid.series import HOUR_S, time_text
from greenwright.records.grid import Boundary, Intensity, Signal

META = Meta(
    id="eia",
    title="EIA Hourly Electric Grid Monitor, generation times factors",
    signals=(Signal.AVERAGE,),
    boundaries=(Boundary.LIFE_CYCLE, Boundary.DIRECT),
    history=True,
    forecast=False,
    only=("US-*",),
    zones="balancing authorities of the United States: US-CAL-CISO is its CISO",
    needs=("EIA_API_KEY",),
    clock="its hours are named by their end; here they are moved to their beginning",
    licence="US public domain",
    url="https://www.eia.gov/opendata/",
)

ADDRESS = "https://api.eia.gov/v2/electricity/rto/fuel-type-data/data/"
PAGE_ROWS = 5_000
FUELS = {
    "COL": "coal",
    "NG": "gas",
    "OIL": "oil",
    "NUC": "nuclear",
    "WAT": "hydro",
    "SUN": "solar",
    "WND": "wind",
    "GEO": "geothermal",
}
STORED = {"BAT", "PS", "SNB", "WNB", "UES", "OES"}
"""Batteries and pumped storage give back what was counted when it was generated."""


def fetch(ask: Ask, reach: Reach) -> Intensity:
    """Generation by fuel, page by page, as intensity.

    Raises:
        SourceError: no key, a forecast or a marginal intensity asked for, a zone outside the US, or no answer.
    """
    refuse_others(ask, META)
    mix: Mix = {}
    for row in _rows(ask, reach):
        amount = number(row, "value", META.title)
        code = str(row.get("fueltype", ""))
        if amount is not None and code not in STORED:
            at_s = moment_s(row, "period", META.title) - HOUR_S
            mix.setdefault(at_s, {})[FUELS.get(code, "unknown")] = max(0.0, amount)
    notes = ("hours moved from their end to their beginning", "electricity that flows in from neighbours is not traced")
    return as_intensity(
        intensities(mix, ask.boundary),
        ask=ask,
        meta=META,
        reach=reach,
        signal=Signal.AVERAGE,
        boundary=ask.boundary,
        step_s=HOUR_S,
        notes=notes,
    )


def _rows(ask: Ask, reach: Reach) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    query = {
        "api_key": reach.setting("EIA_API_KEY"),
        "frequency": "hourly",
        "data[0]": "value",
        "facets[respondent][]": ask.zone.upper().rpartition("-")[2],
        "start": time_text(ask.start_s + HOUR_S)[:13],
        "end": time_text(ask.end_s + HOUR_S)[:13],
        "sort[0][column]": "period",
        "sort[0][direction]": "asc",
        "length": str(PAGE_ROWS),
    }
    while True:
        body = reach.get(ADDRESS, {**query, "offset": str(len(found))}, {})
        page = rows(as_json(body, META.title), ("response", "data"), META.title)
        found += page
        if len(page) < PAGE_ROWS:
            return found
