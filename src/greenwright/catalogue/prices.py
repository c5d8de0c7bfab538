"""What an accelerator is rented for: by seller and region where that is known, else between the cheapest and the dearest seller."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

from greenwright.catalogue.devices import Device, device
from greenwright.catalogue.places import provider_key
from greenwright.catalogue.tables import Row, TableSource, is_stale, own_folder, table
from greenwright.errors import CatalogueError
from greenwright.records.quantities import Grade, Quantity
from greenwright.units import S_PER_H

LIST_SPREAD = 0.05
"""A list price of before: how far it may have moved since, relative."""
SPOT_LOW_SHARE, SPOT_HIGH_SHARE = 0.5, 2.0
"""A spot price of before is worth no more than this: halved to doubled, and never above the list price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Of one accelerator for a second. None where nobody offers it, or nobody said."""

    device: str
    """As the catalogue names it."""
    provider: str
    """"" where several sellers stand behind it; likewise the region."""
    region: str
    on_demand_usd_per_s: Quantity | None
    spot_usd_per_s: Quantity | None
    covers: str
    """"accelerator" where the host is billed apart, "instance" where it is within, or "mixed"."""
    year: int
    """It was seen in."""
    source: TableSource

    @property
    def key(self) -> str:
        """Seller, region and device, for people."""
        return "/".join(part for part in (self.provider, self.region, self.device) if part)

    @property
    def stale(self) -> bool:
        """Whether it is too old to compare by."""
        return is_stale(self.year)


def price(device_text: str, provider_text: str = "", region: str = "", own: Path | None = None) -> Price | None:
    """What the device is rented for there; where that is not known, what others ask for it, graded ``assumed``.

    Returns:
        None where the device is not known, or nobody's price for it is.
    """
    own = own or own_folder()
    wanted = device(device_text, own)
    if wanted is None:
        return None
    fitting = [one for sold, one in _prices(own) if _same(wanted, sold)]
    seller = provider_key(provider_text)
    here = [one for one in fitting if one.provider == seller and one.region == region.strip().lower()]
    if here:
        return here[-1]
    return _anywhere(wanted, fitting) if fitting else None


def prices(own: Path | None = None) -> list[Price]:
    """Every price of the table, in its order; the user's own go before ours."""
    return [one for _, one in _prices(own or own_folder())]


def _same(wanted: Device, sold: Device) -> bool:
    """Whether one of the variants that either name stands for is the other's, too."""
    return bool({wanted.name, *wanted.variants} & {sold.name, *sold.variants})


def _anywhere(wanted: Device, fitting: Sequence[Price]) -> Price:
    """The middle of what sellers ask, from the lowest to the highest."""
    covers = {one.covers for one in fitting}
    return Price(
        device=wanted.name,
        provider="",
        region="",
        on_demand_usd_per_s=_among(one.on_demand_usd_per_s for one in fitting),
        spot_usd_per_s=_among(one.spot_usd_per_s for one in fitting),
        covers=covers.pop() if len(covers) == 1 else "mixed",
        year=min(one.year for one in fitting),
        source=fitting[0].source,
    )


def _among(quantities: Iterable[Quantity | None]) -> Quantity | None:
    known = [one for one in quantities if one is not None]
    if not known:
        return None
    said = f"what {len(known)} offers elsewhere ask, their middle and range ({known[0].source})"
    low, high = min(one.low for one in known), max(one.high for one in known)
    return Quantity(value=median(one.value for one in known), low=low, high=high, grade=Grade.ASSUMED, source=said)


@cache
def _prices(own: Path) -> tuple[tuple[Device, Price], ...]:
    rows = table("prices", ("provider", "region", "device", "count"), own).values()
    return tuple((sold, _price(row, sold)) for row in rows for sold in [_sold(row, own)])


def _sold(row: Row, own: Path) -> Device:
    found = device(row.text("device"), own)
    if found is None:
        raise CatalogueError(
            f"{row.where}: no accelerator is called {row.text('device')!r}; see: greenwright catalogue accelerators"
        )
    return found


def _price(row: Row, sold: Device) -> Price:
    each_s = (row.number("count") or 1.0) * S_PER_H
    listed, spot = row.number("usd_per_h"), row.number("spot_usd_per_h")
    ceiling = spot * SPOT_HIGH_SHARE if spot is not None and listed is None else listed
    return Price(
        device=sold.name,
        provider=provider_key(row.text("provider")),
        region=row.text("region").lower(),
        on_demand_usd_per_s=None if listed is None else _around(listed / each_s, 1 - LIST_SPREAD, 1 + LIST_SPREAD, row),
        spot_usd_per_s=None
        if spot is None or ceiling is None
        else _around(spot / each_s, SPOT_LOW_SHARE, max(1.0, min(SPOT_HIGH_SHARE, ceiling / spot)), row),
        covers=row.text("covers") or "instance",
        year=row.year() or row.checked.year,
        source=row.source,
    )


def _around(value: float, low_ratio: float, high_ratio: float, row: Row) -> Quantity:
    return Quantity(
        value=value,
        low=value * low_ratio,
        high=value * high_ratio,
        grade=Grade.MODELLED,
        source=f"{row.source.title}, {row.year()}",
    )
