"""Where jobs ran, from the spellings in the logs: every one is looked up once, and joined to the jobs as a small table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from greenwright.audit.contract import Spot
from greenwright.catalogue.load import factors
from greenwright.catalogue.places import Place, cloud_region, country, place, unknown
from greenwright.records.quantities import Grade, Quantity

_PROVIDERS = (("aws", r"aws|amazon|ec2"), ("gcp", r"gcp|google|gce"), ("azure", r"azure|microsoft"))
_AVAILABILITY_ZONE = re.compile(r"^([a-z]{2}(?:-[a-z]+)+-?\d+)-?[a-f]$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """One spelling of provider, region and country, resolved."""

    provider: str
    region: str
    country: str
    name: str
    """As the audit calls it."""
    known: bool
    intensity_g_per_kwh: Quantity
    pue: Quantity
    water_l_per_kwh: Quantity | None
    """On site, per kWh of the computers."""
    plant_water_l_per_kwh: Quantity | None
    """In power plants, per kWh of the hall."""
    url: str = ""


def whereabouts(provider: str, region: str, country_said: str, default: str = "") -> Whereabouts:
    """The place that this spelling stands for, else ``default``, else the world. Never a guess."""
    found = _place(provider, region, country_said)
    if not found.known and default and not any((region, country_said)):
        found = place(default)
    return Whereabouts(
        provider=provider,
        region=region,
        country=country_said,
        name=_name(found, provider, region, country_said),
        known=found.known,
        intensity_g_per_kwh=found.intensity_g_per_kwh,
        pue=found.pue or hall(),
        water_l_per_kwh=found.water_l_per_kwh,
        plant_water_l_per_kwh=found.plant_water_l_per_kwh,
        url=found.sources[0].url if found.sources else "",
    )


def hall() -> Quantity:
    """PUE where nobody says it."""
    factor = factors("allocated_power")["hall"]
    return Quantity(value=factor.value, low=factor.low, high=factor.high, grade=Grade.ASSUMED, source=factor.source)


def spots(found: Iterable[Whereabouts]) -> dict[str, Spot]:
    """What findings may know of them, by name."""
    return {
        one.name: Spot(
            name=one.name, provider=cloud(one.provider), intensity_g_per_kwh=one.intensity_g_per_kwh, known=one.known
        )
        for one in found
    }


def cloud(provider: str) -> str:
    """``"Amazon Web Services, Inc."`` as ``"aws"``; "" for nobody we know."""
    return next((name for name, pattern in _PROVIDERS if re.search(pattern, provider.lower())), "")


def _place(provider: str, region: str, country_said: str) -> Place:
    if not (region or country_said):
        return unknown()
    name = cloud(provider)
    tried = [cloud_region(name, spelt) for spelt in _spellings(region)] if name and region else []
    tried += [cloud_region(one, region) for one in ("aws", "gcp", "azure")] if region and not provider else []
    tried += [place(region)] if region and not name else []
    tried += [country(country_said)] if country_said else []
    return next((one for one in tried if one.known), unknown(region or country_said))


def _spellings(region: str) -> list[str]:
    zone = _AVAILABILITY_ZONE.match(region.lower())
    return [region, *([zone[1]] if zone else [])]


def _name(found: Place, provider: str, region: str, country_said: str) -> str:
    if found.known:
        return found.key if "/" in found.key else f"{found.name} ({found.key})"
    said = " ".join(word for word in (provider, region, country_said) if word)
    return f"{said} (not in the catalogue)" if region or country_said else "nobody says where"
