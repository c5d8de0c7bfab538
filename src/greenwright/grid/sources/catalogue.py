"""The yearly average of a zone, the same at every hour: what is left when nobody answers."""

from __future__ import annotations

from math import ceil

from greenwright.catalogue.places import place
from greenwright.grid.contract import Ask, Meta, Reach, refuse_others
from greenwright.grid.series import HOUR_S
from greenwright.records.grid import Boundary, Intensity, Signal
from greenwright.records.quantities import Grade

META = Meta(
    id="catalogue",
    title="the catalogue's yearly average",
    signals=(Signal.AVERAGE,),
    boundaries=(Boundary.LIFE_CYCLE,),
    history=True,
    forecast=True,
    zones="every country and zone in the catalogue; the world for any other",
    clock="no clock: every hour is the year's average",
    licence="ODbL 1.0 and CC BY-SA 4.0, as the catalogue says of each place",
    url="https://github.com/thegreenwebfoundation/co2.js/tree/27cbe83/data/output",
)


def fetch(ask: Ask, reach: Reach) -> Intensity:
    """The average, once per hour.

    Raises:
        SourceError: marginal or direct intensities are asked for, which no yearly average stands in for.
    """
    refuse_others(ask, META)
    found = place(ask.zone)
    start_s = ask.start_s // HOUR_S * HOUR_S
    count = max(1, ceil((ask.end_s - start_s) / HOUR_S))
    intensity = found.intensity_g_per_kwh
    old = (f"the average of {found.year} is old",) if found.stale else ()
    return Intensity(
        zone=ask.zone,
        start_s=start_s,
        step_s=HOUR_S,
        values_g_per_kwh=(intensity.value,) * count,
        low_g_per_kwh=(intensity.low,) * count,
        high_g_per_kwh=(intensity.high,) * count,
        signal=found.signal,
        boundary=found.boundary,
        grade=Grade.ASSUMED,
        source=f"{META.title}: {intensity.source}",
        url=META.url,
        issued_s=reach.now_s if ask.forecast else None,
        fetched_s=reach.now_s,
        notes=(f"every hour is the average of {found.year}: no hour is better than another", *old),
    )
