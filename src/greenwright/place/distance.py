"""How far a site is from its users, in seconds there and back, from where both lie: for sites whose latency nobody measured."""

from __future__ import annotations

import math

from greenwright.catalogue.places import Place
from greenwright.records.quantities import Grade, Quantity

EARTH_KM = 6_371.0
BASE_S = 0.004
"""For leaving one network and entering the other."""
S_PER_KM = 1.45e-5
"""There and back over a kilometre of map: fibre takes 1.0e-5, and lies longer than the map."""
LOW_S_PER_KM = 1.0e-5
HIGH_S_PER_KM = 2.4e-5


def latency_s(users: Place, site: Place) -> Quantity | None:
    """There and back; None where either lies nobody knows where.

    Source: fitted to the latencies between six AWS regions in the data of CASPER, https://github.com/carbonfirst/casper.
    """
    far_km = great_circle_km(users, site)
    if far_km is None:
        return None
    return Quantity(
        value=BASE_S + far_km * S_PER_KM,
        low=far_km * LOW_S_PER_KM,
        high=2 * BASE_S + far_km * HIGH_S_PER_KM,
        grade=Grade.MODELLED,
        source="the distance on the map",
    )


def great_circle_km(one: Place, other: Place) -> float | None:
    """Along the globe; None where either has no coordinates."""
    if one.latitude_deg is None or one.longitude_deg is None or other.latitude_deg is None or other.longitude_deg is None:
        return None
    north, south = math.radians(one.latitude_deg), math.radians(other.latitude_deg)
    east = math.radians(other.longitude_deg - one.longitude_deg)
    half = math.sin((south - north) / 2) ** 2 + math.cos(north) * math.cos(south) * math.sin(east / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))
