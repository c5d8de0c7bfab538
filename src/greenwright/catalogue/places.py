"""Places: countries, zones of the grid and regions of clouds, with what a kilowatt-hour emits and drinks there.

A place that is not known is never guessed: it is the world, with the world's mean and the world's range.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from greenwright.catalogue.tables import Row, TableSource, is_stale, own_folder, table
from greenwright.records.grid import Boundary, Signal
from greenwright.records.quantities import Grade, Quantity

PROVIDERS = {
    "aws": ("aws", "amazon", "amazon web services", "ec2"),
    "gcp": ("gcp", "google", "google cloud", "gce"),
    "azure": ("azure", "microsoft", "microsoft azure"),
}
"""How bills and tools spell them."""

DRIFT_SHARE = 0.15
"""A yearly average is known no better than this: two careful sources differ by as much on most grids."""
PUE_SPREAD = {"region": 0.03, "continent": 0.10, "fleet": 0.15}
"""By what a provider's figure stands for: how far one region may lie from it, relative."""
WATER_SPREAD = 0.5
"""Litres per kWh vary with season and cooling, and power plants with the year's rain: half to one and a half."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where work can run. What nobody knows is None."""

    key: str
    """"aws/eu-west-1", "DE", "US-CAL-CISO" or "world"."""
    name: str
    provider: str = ""
    region: str = ""
    country: str = ""
    """Two letters; "" for the world."""
    continent: str = ""
    bloc: str = ""
    """"EU" where its law holds, else ""."""
    zone: str = ""
    """Of the grid, as Electricity Maps spells it; "" where unknown."""
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    intensity_g_per_kwh: Quantity
    """Yearly average."""
    signal: Signal = Signal.AVERAGE
    boundary: Boundary = Boundary.LIFE_CYCLE
    year: int
    """The intensity is about."""
    pue: Quantity | None = None
    """Energy of the hall over energy of the computers."""
    water_l_per_kwh: Quantity | None = None
    """Evaporated on site, per kWh of the computers (WUE)."""
    plant_water_l_per_kwh: Quantity | None = None
    """Consumed by power plants, per kWh of the hall."""
    carbon_free_share: float | None = None
    """Of the hours, with the provider's own contracts, as the provider says."""
    sources: tuple[TableSource, ...] = ()
    known: bool = True
    """False where the world stands in for a place that nobody knows."""

    @property
    def stale(self) -> bool:
        """Whether its intensity is too old to be relied upon."""
        return is_stale(self.year)


def place(text: str, own: Path | None = None) -> Place:
    """The place a person means: ``"aws/eu-west-1"``, ``"DE"``, ``"Germany"``, ``"US-CAL-CISO"``; the world where it is unknown."""
    own = own or own_folder()
    provider, slash, region = text.replace(":", "/").partition("/")
    if slash:
        return cloud_region(provider, region, own)
    found = zone(text, own)
    return found if found.known else country(text, own)


def country(code: str, own: Path | None = None) -> Place:
    """By two or three letters or by name, in any case; the world where it is unknown or has no number."""
    own = own or own_folder()
    row = _country_rows(own).get(code.strip().lower())
    if row is None or (made := _country(row, own)) is None:
        return unknown(code, own)
    return made


def zone(key: str, own: Path | None = None) -> Place:
    """A zone of the grid, as Electricity Maps spells it; the world where it is unknown."""
    own = own or own_folder()
    row = table("zones", ("zone",), own).get((key.strip().lower(),))
    if row is None:
        return unknown(key, own)
    intensity, year = _zone_intensity(row)
    home = _country_rows(own).get(row.text("zone").partition("-")[0].lower())
    found = Place(
        key=row.text("zone"),
        name=row.text("zone") if "-" in row.text("zone") or home is None else home.text("name"),
        zone=row.text("zone"),
        intensity_g_per_kwh=intensity,
        year=year,
        sources=(row.source,),
    )
    return _at_home(found, home)


def cloud_region(provider: str, name: str, own: Path | None = None) -> Place:
    """A region of a cloud, spelt as its bills spell it; a zone such as ``us-east-1a`` is its region's.

    An unknown region is the world. It keeps the provider's name, and nothing else of it.
    """
    own = own or own_folder()
    cloud = provider_key(provider)
    rows = _region_rows(own)
    wanted = name.strip().lower().replace(" ", "")
    row = next((rows[cloud, tried] for tried in _spellings(cloud, wanted) if (cloud, tried) in rows), None)
    if row is None:
        return replace(unknown(f"{provider}/{name}", own), provider=cloud)
    return _region(row, own)


def unknown(what: str = "", own: Path | None = None) -> Place:
    """The world, standing in for a place that nobody knows: its mean, its range from the cleanest country to the dirtiest."""
    mean, low, high, row = _world(own or own_folder())
    source = f"the world's mean; range from the cleanest country's to the dirtiest's ({row.source.title})"
    said = f"no such place as {what!r} in the catalogue: {source}" if what else source
    return Place(
        key="world",
        name="the world",
        intensity_g_per_kwh=Quantity(value=mean, low=low, high=high, grade=Grade.ASSUMED, source=said),
        year=row.year() or 0,
        sources=(row.source,),
        known=False,
    )


def countries(own: Path | None = None) -> list[Place]:
    """Every country with a number, by code."""
    own = own or own_folder()
    rows = table("countries", ("code",), own).values()
    return [made for row in rows if row.text("code") and (made := _country(row, own)) is not None]


def zones(own: Path | None = None) -> list[Place]:
    """Every zone of the grid, by key."""
    own = own or own_folder()
    return [zone(key, own) for (key,) in table("zones", ("zone",), own)]


def regions(own: Path | None = None) -> list[Place]:
    """Every region of every cloud, by provider and name."""
    own = own or own_folder()
    return [_region(row, own) for row in _region_rows(own).values()]


def _country(row: Row, own: Path) -> Place | None:
    """The consumption of Electricity Maps where it is known, else the generation of Ember; the range spans both."""
    generated = row.number("intensity_g_per_kwh")
    traced = table("zones", ("zone",), own).get((row.text("code").lower(),))
    sources = []
    amounts: list[float] = []
    year = row.year() or 0
    if traced is not None:
        year = traced.year() or year
        amounts += _years(traced)
        sources.append(traced.source)
    if generated is not None:
        amounts.append(generated)
        sources.append(row.source)
    if not amounts:
        return None
    found = Place(
        key=row.text("code").upper(),
        name=row.text("name"),
        zone=row.text("code").upper(),
        intensity_g_per_kwh=_range(amounts[0], amounts, "; ".join(source.title for source in sources)),
        year=year,
        sources=tuple(sources),
    )
    return _at_home(found, row)


def _region(row: Row, own: Path) -> Place:
    home, grid = _region_grid(row, own)
    cloud, name = row.text("provider").lower(), row.text("region").lower()
    found = replace(
        grid,
        key=f"{cloud}/{name}",
        name=row.text("location") or name,
        provider=cloud,
        region=name,
        latitude_deg=row.number("latitude_deg"),
        longitude_deg=row.number("longitude_deg"),
        pue=_spread(row, "pue", PUE_SPREAD.get(row.text("pue_scope"), 0.0), least_ratio=1.0),
        water_l_per_kwh=_spread(row, "wue_l_per_kwh", WATER_SPREAD),
        plant_water_l_per_kwh=_spread(row, "plant_water_l_per_kwh", WATER_SPREAD),
        carbon_free_share=row.number("carbon_free_share"),
        sources=(*grid.sources, row.source),
    )
    return _at_home(found, home)


def _region_grid(row: Row, own: Path) -> tuple[Row | None, Place]:
    """A region's country, and the grid it draws from: its own number where the user gave one, else its zone, else its country."""
    home = _country_rows(own).get(row.text("country").lower())
    given = row.number("intensity_g_per_kwh")
    if given is not None:
        grid = Place(
            key="",
            name="",
            zone=row.text("zone"),
            intensity_g_per_kwh=_range(given, (given,), row.source.title),
            year=row.year() or 0,
            sources=(row.source,),
        )
        return home, grid
    found = zone(row.text("zone"), own)
    if not found.known:
        found = country(row.text("country"), own)
    return home, found


def _at_home(place: Place, row: Row | None) -> Place:
    """The same place, with what its country says of it."""
    if row is None:
        return place
    return replace(place, country=row.text("code").upper(), continent=row.text("continent"), bloc=row.text("bloc"))


def _zone_intensity(row: Row) -> tuple[Quantity, int]:
    given = row.number("intensity_g_per_kwh")
    amounts = _years(row) if given is None else [given]
    return _range(amounts[0], amounts, row.source.title), row.year() or 0


def _years(row: Row) -> list[float]:
    """The last years of a zone, the latest first."""
    columns = sorted((column for column in row.cells if column.startswith("g_per_kwh_")), reverse=True)
    found = [row.number(column) for column in columns]
    return [amount for amount in found if amount is not None]


def _range(value: float, values: Iterable[float], source: str) -> Quantity:
    """Around ``value``, everything that was said of it, and at least what two careful sources differ by."""
    seen = [value, *values]
    low, high = min(*seen, value * (1 - DRIFT_SHARE)), max(*seen, value * (1 + DRIFT_SHARE))
    return Quantity(value=value, low=low, high=high, grade=Grade.MODELLED, source=source)


def _spread(row: Row, column: str, share: float, least_ratio: float = 0.0) -> Quantity | None:
    value = row.number(column)
    if value is None:
        return None
    low, high = max(least_ratio, value * (1 - share)), value * (1 + share)
    return Quantity(value=value, low=low, high=high, grade=Grade.MODELLED, source=row.source.title)


@cache
def _country_rows(own: Path) -> dict[str, Row]:
    """By two letters, three letters, and every name."""
    found: dict[str, Row] = {}
    rows = [row for row in table("countries", ("code",), own).values() if row.text("code")]
    for column in ("also", "name", "code3", "code"):  # the better key last, so that it wins
        for row in rows:
            found |= {name.strip().lower(): row for name in row.text(column).split(";") if name.strip()}
    return found | {alias: found[code] for alias, code in {"uk": "gb", "usa": "us", "great britain": "gb"}.items()}


def _region_rows(own: Path) -> dict[tuple[str, ...], Row]:
    return table("regions", ("provider", "region"), own)


def provider_key(text: str) -> str:
    """A cloud's short name, however bills spell it; of another seller, its name in small letters."""
    plain = text.strip().lower()
    return next((key for key, names in PROVIDERS.items() if plain in names), plain)


def _spellings(cloud: str, wanted: str) -> Iterable[str]:
    """The name itself, and the region that an availability zone belongs to: ``us-east-1a`` and ``us-central1-b``."""
    yield wanted
    if cloud == "aws" and wanted[-1:].isalpha():
        yield wanted[:-1]
    if cloud == "gcp":
        yield wanted.rpartition("-")[0]


@cache
def _world(own: Path) -> tuple[float, float, float, Row]:
    rows = table("countries", ("code",), own)
    row = rows[("",)]
    mean = row.number("intensity_g_per_kwh")
    assert mean is not None, "the catalogue's tests hold the world's mean"
    every = [place.intensity_g_per_kwh.value for place in countries(own)]
    return mean, min(every), max(every), row
