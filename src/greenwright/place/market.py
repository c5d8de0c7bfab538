"""What a device is rented for at a site, by the catalogue's prices, where the job file gives none of its own."""

from __future__ import annotations

from collections.abc import Iterable

from greenwright.catalogue import prices
from greenwright.records.placement import PriceClass, Rate
from greenwright.records.quantities import Grade, Quantity

SPOT_INTERRUPTED_EVERY_S = 2.7 * 3600
"""Mean time between interruptions of a spot machine of which nobody said: the median of 17 traces of AWS and Google Cloud, which lie
between 0.7 and 14.5 h. Source: https://github.com/skypilot-org/spot-traces."""


def rates(site_key: str, device_names: Iterable[str]) -> tuple[Rate, ...]:
    """On demand and spot, of each device: the seller's there, else what others ask; without a price where nobody's is known."""
    provider, slash, region = site_key.partition("/")
    found: list[Rate] = []
    for name in device_names:
        known = prices.price(name, provider if slash else "", region) if name else None
        found.append(Rate(device=name, usd_per_s=known.on_demand_usd_per_s if known else None))
        if known and known.spot_usd_per_s:
            found.append(
                Rate(
                    device=name,
                    price_class=PriceClass.SPOT,
                    usd_per_s=known.spot_usd_per_s,
                    interrupted_every_s=SPOT_INTERRUPTED_EVERY_S,
                )
            )
    return tuple(found)


def given(usd_per_h: float) -> Quantity:
    """A price that the job file says."""
    usd_per_s = usd_per_h / 3600
    return Quantity(value=usd_per_s, low=usd_per_s, high=usd_per_s, grade=Grade.ASSUMED, source="the job file's prices")
