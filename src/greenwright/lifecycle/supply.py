"""What a kilowatt-hour brings with it at the place of a plan: the catalogue's numbers, and before them the plan's own."""

from __future__ import annotations

from typing import Any

from greenwright.catalogue.places import Place, place, unknown
from greenwright.lifecycle.numbers import plain
from greenwright.lifecycle.plan import PlacePlan
from greenwright.records.footprint import Supply
from greenwright.records.quantities import Quantity

_WORLD = "no place was given: the world's mean and range"


def supply_of(plan: PlacePlan, where: str = "place") -> tuple[Supply, str, tuple[str, ...]]:
    """The supply, the place's name, and what a reader must be warned of.

    Raises:
        BadInputError: a number of the plan cannot be read.
    """
    found = place(plan.where) if plan.where else unknown()

    def own(name: str, known: Quantity | None) -> Quantity | None:
        value: Any = getattr(plan, name)
        return known if value is None else plain(value, f"{where}.{name}")

    plants = own("grid_water_l_per_kwh", found.plant_water_l_per_kwh)
    hydro = plan.hydro_included
    if hydro is None and plan.grid_water_l_per_kwh is None and plants is not None:
        hydro = True  # WRI's factors count what reservoirs evaporate
    supply = Supply(
        pue_ratio=own("pue", found.pue),
        location_g_per_kwh=own("intensity_g_per_kwh", found.intensity_g_per_kwh),
        market_g_per_kwh=own("market_g_per_kwh", None),
        marginal_g_per_kwh=own("marginal_g_per_kwh", None),
        losses_ratio=own("losses", None),
        site_consumed_l_per_kwh=own("wue_l_per_kwh", found.water_l_per_kwh),
        site_withdrawn_l_per_kwh=own("site_withdrawn_l_per_kwh", None),
        grid_consumed_l_per_kwh=plants,
        grid_withdrawn_l_per_kwh=own("grid_withdrawn_l_per_kwh", None),
        hydro_included=hydro,
        price_per_kwh=own("price_per_kwh", None),
        currency=plan.currency,
    )
    return supply, plan.where or "unknown", _warnings(plan, found)


def _warnings(plan: PlacePlan, found: Place) -> tuple[str, ...]:
    said = []
    if not found.known and plan.intensity_g_per_kwh is None:
        said.append(
            f"{plan.where!r} is not in the catalogue: the world's mean and range stand for it" if plan.where else _WORLD
        )
    if found.known and found.stale and plan.intensity_g_per_kwh is None:
        said.append(f"the intensity of {found.name} is of {found.year}; grids have moved since")
    return tuple(said)
