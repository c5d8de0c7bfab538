"""The figures of a disclosure, once: every format prints these and computes none of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import fsum

from greenwright.records.disclosure import Disclosure, Operator, Phase
from greenwright.records.footprint import Boundary, Footprint
from greenwright.records.quantities import Quantity, weakest
from greenwright.units import G_PER_KG, J_PER_KWH

BOUNDARY_WORDS = {
    Boundary.DEVICE: "the devices",
    Boundary.IT: "the machines",
    Boundary.FACILITY: "the facility",
    Boundary.WITH_EMBODIED: "the facility, with making the hardware",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One criterion: its amount in SI units, and the unit that tables print."""

    key: str
    title: str
    quantity: Quantity | None
    unit: str
    factor: float
    """SI units in one of the printed."""
    note: str = ""


def figures(footprint: Footprint) -> tuple[Figure, ...]:
    """Every figure of a footprint in the order in which reports print them; an unknown one has no quantity."""
    hydro = {True: "reservoirs included", False: "reservoirs left out", None: ""}[footprint.grid_water.hydro_included]
    cost = footprint.energy_cost
    rent = footprint.hardware_cost
    return (
        _figure("it_energy", "Energy of the machines", footprint.it_energy_j, "kWh", J_PER_KWH),
        _figure(
            "facility_energy", "Energy of the facility", footprint.facility_energy_j, "kWh", J_PER_KWH, "with its PUE, once"
        ),
        _figure(
            "location_carbon",
            "Carbon, location-based",
            footprint.location_g,
            "kg CO2e",
            G_PER_KG,
            "average intensity of the grid",
        ),
        _figure(
            "market_carbon",
            "Carbon, market-based",
            footprint.market_g,
            "kg CO2e",
            G_PER_KG,
            "the same energy by contract; in no total",
        ),
        _figure("marginal_carbon", "Carbon, marginal", footprint.marginal_g, "kg CO2e", G_PER_KG, "for decisions; in no total"),
        _figure("losses_carbon", "Carbon of losses on the way", footprint.losses_g, "kg CO2e", G_PER_KG),
        _figure(
            "embodied_carbon",
            "Carbon of making the hardware",
            footprint.embodied_g,
            "kg CO2e",
            G_PER_KG,
            "by time of life used up",
        ),
        _figure(
            "site_water",
            "Water at the site, consumed",
            footprint.site_water.consumed_l,
            "L",
            1.0,
            "WUE × energy of the machines",
        ),
        _figure("site_withdrawal", "Water at the site, withdrawn", footprint.site_water.withdrawn_l, "L", 1.0),
        _figure("grid_water", "Water at power stations, consumed", footprint.grid_water.consumed_l, "L", 1.0, hydro),
        _figure("grid_withdrawal", "Water at power stations, withdrawn", footprint.grid_water.withdrawn_l, "L", 1.0),
        _figure("embodied_water", "Water of making the hardware", footprint.embodied_water_l, "L", 1.0),
        _figure("ewaste", "Hardware used up, by mass", footprint.ewaste_g, "kg", G_PER_KG),
        _figure("energy_cost", "Cost of the energy", cost.amount if cost else None, cost.currency if cost else "", 1.0),
        _figure("hardware_cost", "Cost of the hardware", rent.amount if rent else None, rent.currency if rent else "", 1.0),
    )


def figure(footprint: Footprint, key: str) -> Figure:
    """One of them."""
    return next(one for one in figures(footprint) if one.key == key)


def printed(one: Figure) -> tuple[float, float, float] | None:
    """Value, low and high in the unit that tables print; None where it is unknown."""
    if one.quantity is None:
        return None
    return tuple(number / one.factor for number in (one.quantity.value, one.quantity.low, one.quantity.high))  # type: ignore[return-value]  # three of them


def delivered_j(footprint: Footprint) -> Quantity | None:
    """The energy that carbon belongs to: the facility's where its PUE is known, else the machines'."""
    return footprint.facility_energy_j or footprint.it_energy_j


def added(quantities: Iterable[Quantity | None]) -> Quantity | None:
    """The sum of those that are known, with the sum of their ranges and the weakest grade; None where none is."""
    known = [one for one in quantities if one is not None]
    if not known:
        return None
    return Quantity(
        value=fsum(one.value for one in known),
        low=fsum(one.low for one in known),
        high=fsum(one.high for one in known),
        grade=weakest(one.grade for one in known),
        source="; ".join(dict.fromkeys(one.source for one in known)),
    )


def of_training(disclosure: Disclosure, amount: Callable[[Footprint], Quantity | None]) -> Quantity | None:
    """An amount of all training; None where one part of it is not known, or nothing was trained."""
    parts = [amount(one.footprint) for one in disclosure.phases if one.phase is Phase.TRAINING]
    return None if None in parts else added(parts)


def blanks(disclosure: Disclosure) -> tuple[str, ...]:
    """Titles of the figures that nobody knows."""
    return tuple(one.title for one in figures(disclosure.total) if one.quantity is None)


def is_own(disclosure: Disclosure) -> bool:
    """Whether emissions of the electricity are scope 2 of whoever reports; a cloud's are its customer's scope 3."""
    return disclosure.operator is Operator.OWN


def _figure(  # noqa: PLR0913, PLR0917 - the fields of a figure, in their order
    key: str, title: str, quantity: Quantity | None, unit: str, factor: float, note: str = ""
) -> Figure:
    return Figure(key=key, title=title, quantity=quantity, unit=unit, factor=factor, note=note)
