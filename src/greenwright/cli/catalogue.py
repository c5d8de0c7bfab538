"""``greenwright catalogue``: list and search the numbers from outside, with their ranges, years and sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from greenwright.cli.show import console, print_json, section

if TYPE_CHECKING:
    from greenwright.catalogue.devices import Device
    from greenwright.catalogue.load import Factor
    from greenwright.catalogue.places import Place
    from greenwright.catalogue.prices import Price
    from greenwright.records.quantities import Quantity


class What(StrEnum):
    """What can be listed."""

    REGIONS = "regions"
    COUNTRIES = "countries"
    ZONES = "zones"
    ACCELERATORS = "accelerators"
    CPUS = "cpus"
    PRICES = "prices"
    FACTORS = "factors"
    SOURCES = "sources"


class Order(StrEnum):
    """By what it is sorted."""

    NAME = "name"
    CARBON = "carbon"
    PUE = "pue"
    WATER = "water"
    CARBON_FREE = "carbon-free"
    POWER = "power"
    PRICE = "price"
    YEAR = "year"


def catalogue(
    what: Annotated[What, typer.Argument(help="Which table.")],
    *,
    sort: Annotated[Order, typer.Option("--sort", help="By what; what nobody knows comes last.")] = Order.NAME,
    search: Annotated[
        str, typer.Option("--search", help="Only what has this in its name, country or zone.", metavar="TEXT")
    ] = "",
    count: Annotated[int | None, typer.Option("--count", help="At most so many.", min=1)] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """List and search the numbers from outside. Tables of your own go in the folder ``catalogue`` of greenwright's home."""
    found = _sorted([one for one in _all(what) if _fits(one, search)], sort)[:count]
    if json:
        print_json(found)
        return
    if not found:
        typer.echo(f"Nothing in {what} has {search!r} in it.")
        return
    section(console(), f"{what.capitalize()}: {len(found)}", _rows(what, found))
    _warn(found)


def _all(what: What) -> list[Any]:
    from greenwright.catalogue import devices, places, prices
    from greenwright.grid.reading import sources

    tables: dict[What, Callable[[], Iterable[Any]]] = {
        What.REGIONS: places.regions,
        What.COUNTRIES: places.countries,
        What.ZONES: places.zones,
        What.ACCELERATORS: devices.accelerators,
        What.CPUS: devices.cpus,
        What.PRICES: prices.prices,
        What.FACTORS: _factors,
        What.SOURCES: lambda: [source.META for source in sources().values()],
    }
    return list(tables[what]())


def _factors() -> list[Factor]:
    """Every single factor, its file before its key."""
    from dataclasses import replace

    from greenwright.catalogue.load import every_factor

    return [replace(one, key=f"{name}/{one.key}") for name, found in every_factor().items() for one in found.values()]


def _fits(one: Any, search: str) -> bool:
    told = (
        getattr(one, name, "")
        for name in ("key", "id", "name", "title", "country", "continent", "bloc", "zone", "vendor", "kind", "provider")
    )
    return search.lower() in " ".join(str(text) for text in told).lower()


def _sorted(found: list[Any], sort: Order) -> list[Any]:
    by: dict[Order, Callable[[Any], Any]] = {
        Order.CARBON: lambda one: _value(getattr(one, "intensity_g_per_kwh", None) or getattr(one, "embodied_g", None)),
        Order.PUE: lambda one: _value(getattr(one, "pue", None)),
        Order.WATER: lambda one: _value(getattr(one, "water_l_per_kwh", None)),
        Order.CARBON_FREE: lambda one: -(getattr(one, "carbon_free_share", None) or -1.0),
        Order.POWER: lambda one: _value(getattr(one, "busy_w", None)),
        Order.PRICE: lambda one: _value(getattr(one, "on_demand_usd_per_s", None)),
        Order.YEAR: lambda one: getattr(one, "year", None) or 0,
        Order.NAME: lambda one: getattr(one, "key", None) or one.id,
    }
    return sorted(found, key=by[sort])


def _value(quantity: Quantity | None) -> float:
    return float("inf") if quantity is None else quantity.value


def _rows(what: What, found: list[Any]) -> list[tuple[str, ...]]:
    if what is What.SOURCES:
        return [
            ("source", "signals", "zones", "needs"),
            *((one.id, ", ".join(one.signals), one.zones, ", ".join(one.needs)) for one in found),
        ]
    if what in {What.ACCELERATORS, What.CPUS}:
        return [("device", "kind", "year", "W", "idle W", "fp16 TFLOP/s", "kg to make", "source"), *map(_device, found)]
    if what is What.PRICES:
        return [("device", "seller", "region", "USD/h", "spot USD/h", "is for", "year", "source"), *map(_price, found)]
    if what is What.FACTORS:
        return [("factor", "value", "range", "unit", "year", "checked", "source"), *map(_factor, found)]
    head = ("place", "name", "zone", "g/kWh", "range", "year", "PUE", "l/kWh", "carbon-free", "source")
    return [head, *map(_place, found)]


def _place(one: Place) -> tuple[str, ...]:
    intensity = one.intensity_g_per_kwh
    free = "" if one.carbon_free_share is None else f"{one.carbon_free_share:.0%}"
    span = f"{intensity.low:.0f} to {intensity.high:.0f}"
    water = _plain(one.water_l_per_kwh)
    source = one.sources[0].title.partition(",")[0] if one.sources else ""
    return one.key, one.name, one.zone, f"{intensity.value:g}", span, str(one.year), _plain(one.pue), water, free, source


def _device(one: Device) -> tuple[str, ...]:
    peak = one.peak_flop_per_s.get("fp16")
    speed = "" if peak is None else f"{peak / 1e12:g}"
    making = "" if one.embodied_g is None else f"{one.embodied_g.value / 1e3:g}"
    kind = "experimental" if one.experimental else one.kind
    return (
        one.name,
        kind,
        str(one.year or ""),
        _plain(one.busy_w),
        _plain(one.idle_w),
        speed,
        making,
        one.source.title.partition(",")[0],
    )


def _price(one: Price) -> tuple[str, ...]:
    listed, spot = (_per_hour(quantity) for quantity in (one.on_demand_usd_per_s, one.spot_usd_per_s))
    return one.device, one.provider, one.region, listed, spot, one.covers, str(one.year), one.source.title


def _per_hour(quantity: Quantity | None) -> str:
    from greenwright.units import S_PER_H

    return "" if quantity is None else f"{quantity.value * S_PER_H:.3g}"


def _factor(one: Factor) -> tuple[str, ...]:
    checked = "unconfirmed" if one.checked is None else one.checked.isoformat()
    return one.key, f"{one.value:g}", f"{one.low:g} to {one.high:g}", one.unit, str(one.year), checked, one.source


def _plain(quantity: Quantity | None) -> str:
    return "" if quantity is None else f"{quantity.value:.3g}"


def _warn(found: list[Any]) -> None:
    """Say what has grown old, and what no source confirmed."""
    if unconfirmed := [one.key for one in found if not getattr(one, "confirmed", True)]:
        typer.echo(
            f"{len(unconfirmed)} of these no source confirmed: {', '.join(unconfirmed)}. They count as assumed, with a wide range."
        )
    old = [one.key for one in found if getattr(one, "stale", False)]
    if old:
        named = ", ".join(old[:5]) + (" …" if len(old) > 5 else "")  # noqa: PLR2004 - five names say enough
        typer.echo(
            f"{len(old)} of these are about a year too long ago to be relied upon: {named}. A table of your own may replace them."
        )
