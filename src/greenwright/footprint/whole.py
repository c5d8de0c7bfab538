"""One footprint from energy, supply and hardware; sums of footprints; and what one functional unit cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from typing import Any

from greenwright.errors import BadInputError
from greenwright.footprint import carbon, cost, energy, hardware, water
from greenwright.footprint.arithmetic import known_total, scaled, total
from greenwright.records.footprint import Boundary, Footprint, HardwareUse, Money, Supply, UsedFactor, Water
from greenwright.records.quantities import Quantity

_TITLES = {
    "it_energy_j": "energy of the machines",
    "facility_energy_j": "energy of the facility",
    "location_g": "location-based carbon",
    "market_g": "market-based carbon",
    "marginal_g": "marginal carbon",
    "losses_g": "carbon of losses on the way",
    "embodied_g": "carbon of making the hardware",
    "embodied_water_l": "water of making the hardware",
    "ewaste_g": "mass of hardware used up",
}
_UNITS = {
    "pue_ratio": "facility energy over IT energy",
    "location_g_per_kwh": "g CO2e/kWh",
    "market_g_per_kwh": "g CO2e/kWh",
    "marginal_g_per_kwh": "g CO2e/kWh",
    "losses_ratio": "generated over delivered",
    "site_consumed_l_per_kwh": "L/kWh of IT energy",
    "site_withdrawn_l_per_kwh": "L/kWh of IT energy",
    "grid_consumed_l_per_kwh": "L/kWh delivered",
    "grid_withdrawn_l_per_kwh": "L/kWh delivered",
    "price_per_kwh": "per kWh",
}


def footprint(
    it_energy_j: Quantity,
    supply: Supply,
    hardware_uses: Sequence[HardwareUse] = (),
    *,
    unit: str = "",
    units: float | None = None,
) -> Footprint:
    """What work with this IT energy cost at this place, on this hardware.

    What the supply does not say stays None. Without a PUE the boundary is IT: carbon, grid water and cost are then those of the
    IT energy alone, and ``leaves_out`` says so.

    Raises:
        BadInputError: a factor that cannot be: a PUE below 1, a negative intensity, a lifespan of 0.
    """
    delivered_j = energy.facility_energy_j(it_energy_j, supply.pue_ratio) if supply.pue_ratio else it_energy_j
    location_g = _with(carbon.carbon_g, delivered_j, supply.location_g_per_kwh)
    return Footprint(
        boundary=_boundary(supply, hardware_uses),
        it_energy_j=it_energy_j,
        facility_energy_j=delivered_j if supply.pue_ratio else None,
        location_g=location_g,
        market_g=_with(carbon.carbon_g, delivered_j, supply.market_g_per_kwh),
        marginal_g=_with(carbon.carbon_g, delivered_j, supply.marginal_g_per_kwh),
        losses_g=_with(carbon.losses_g, location_g, supply.losses_ratio) if location_g else None,
        embodied_g=known_total(hardware.embodied_g(use) for use in hardware_uses),
        site_water=Water(
            consumed_l=_with(water.site_water_l, it_energy_j, supply.site_consumed_l_per_kwh),
            withdrawn_l=_with(water.site_water_l, it_energy_j, supply.site_withdrawn_l_per_kwh),
        ),
        grid_water=Water(
            consumed_l=_with(water.grid_water_l, delivered_j, supply.grid_consumed_l_per_kwh),
            withdrawn_l=_with(water.grid_water_l, delivered_j, supply.grid_withdrawn_l_per_kwh),
            hydro_included=supply.hydro_included,
        ),
        embodied_water_l=known_total(hardware.embodied_water_l(use) for use in hardware_uses),
        energy_cost=cost.energy_cost(delivered_j, supply.price_per_kwh, supply.currency) if supply.price_per_kwh else None,
        ewaste_g=known_total(hardware.ewaste_g(use) for use in hardware_uses),
        unit=unit,
        functional_units=units,
        factors=_factors(supply, hardware_uses),
        leaves_out=_left_out(supply, hardware_uses),
    )


def footprint_total(footprints: Iterable[Footprint], *, unit: str = "", units: float | None = None) -> Footprint:
    """The sum of footprints, each kind with its own kind. The boundary is the narrowest, since that much is in all of them.

    A kind that only some of them know is the sum of those, and ``leaves_out`` says for how many it is missing.

    Raises:
        BadInputError: nothing to add, several currencies, or grid water with and without hydropower.
    """
    parts = list(footprints)
    if not parts:
        raise BadInputError("no footprints to add up; give at least one")
    order = list(Boundary)
    sums: dict[str, Quantity | None] = {name: known_total(getattr(one, name) for one in parts) for name in QUANTITIES}
    return Footprint(
        boundary=min((one.boundary for one in parts), key=order.index),
        **sums,
        site_water=_water_total([one.site_water for one in parts]),
        grid_water=_water_total([one.grid_water for one in parts]),
        energy_cost=cost.total_cost(one.energy_cost for one in parts),
        hardware_cost=cost.total_cost(one.hardware_cost for one in parts),
        unit=unit,
        functional_units=units,
        factors=tuple(dict.fromkeys(factor for one in parts for factor in one.factors)),
        leaves_out=tuple(dict.fromkeys([*(text for one in parts for text in one.leaves_out), *_partly_known(parts)])),
    )


def per_unit(whole: Footprint, units: float | None = None) -> Footprint:
    """What one functional unit cost; ``units`` are those of the footprint itself, unless given.

    Raises:
        BadInputError: no units, or not a positive number of them.
    """
    count = whole.functional_units if units is None else units
    if count is None or not count > 0:
        raise BadInputError(
            f"{count} functional units: a footprint per unit needs a number above 0; count what the work delivered"
        )
    return replace(scaled_footprint(whole, 1 / count), functional_units=1.0)


def scaled_footprint(whole: Footprint, factor: float) -> Footprint:
    """Every amount ``factor`` times, functional units too: a share of the work, or the work many times over."""
    amounts: dict[str, Any] = {name: _scaled(getattr(whole, name), factor) for name in QUANTITIES}
    return replace(
        whole,
        **amounts,
        site_water=_scaled_water(whole.site_water, factor),
        grid_water=_scaled_water(whole.grid_water, factor),
        energy_cost=_scaled_money(whole.energy_cost, factor),
        hardware_cost=_scaled_money(whole.hardware_cost, factor),
        functional_units=None if whole.functional_units is None else whole.functional_units * factor,
    )


QUANTITIES = tuple(field.name for field in fields(Footprint) if field.type == "Quantity | None")
"""The amounts of a footprint that stand in one field."""


def _with(formula: Callable[[Quantity, Quantity], Quantity], amount: Quantity, factor: Quantity | None) -> Quantity | None:
    return None if factor is None else formula(amount, factor)


def _boundary(supply: Supply, uses: Sequence[HardwareUse]) -> Boundary:
    if supply.pue_ratio is None:
        return Boundary.IT
    return Boundary.WITH_EMBODIED if uses and all(use.embodied_g for use in uses) else Boundary.FACILITY


def _factors(supply: Supply, uses: Sequence[HardwareUse]) -> tuple[UsedFactor, ...]:
    found = [(name, getattr(supply, name), unit) for name, unit in _UNITS.items()]
    for use in uses:
        found += [
            (f"embodied, {use.name}", use.embodied_g, "g CO2e per device"),
            (f"mass, {use.name}", use.mass_g, "g per device"),
            (f"embodied water, {use.name}", use.embodied_water_l, "L per device"),
        ]
    return tuple(UsedFactor(name=name, quantity=quantity, unit=unit) for name, quantity, unit in found if quantity)


def _left_out(supply: Supply, uses: Sequence[HardwareUse]) -> tuple[str, ...]:
    said = [] if supply.pue_ratio else ["cooling and power distribution: no PUE was given"]
    said += [f"making of {use.name}: its embodied carbon is not known" for use in uses if use.embodied_g is None]
    return tuple(said)


def _partly_known(parts: Sequence[Footprint]) -> list[str]:
    counts = {name: sum(getattr(one, name) is not None for one in parts) for name in QUANTITIES}
    return [
        f"{_TITLES[name]}: not known for {len(parts) - count} of {len(parts)} parts"
        for name, count in counts.items()
        if 0 < count < len(parts)
    ]


def _water_total(waters: Sequence[Water]) -> Water:
    flags = {one.hydro_included for one in waters if one.consumed_l or one.withdrawn_l}
    if {True, False} <= flags:
        raise BadInputError("water of power stations with and without reservoirs cannot be added; take factors of one kind")
    return Water(
        consumed_l=known_total(one.consumed_l for one in waters),
        withdrawn_l=known_total(one.withdrawn_l for one in waters),
        hydro_included=flags.pop() if len(flags) == 1 else None,
    )


def _scaled(amount: Quantity | None, factor: float) -> Quantity | None:
    return None if amount is None else scaled(amount, factor)


def _scaled_water(body: Water, factor: float) -> Water:
    return replace(body, consumed_l=_scaled(body.consumed_l, factor), withdrawn_l=_scaled(body.withdrawn_l, factor))


def _scaled_money(money: Money | None, factor: float) -> Money | None:
    return replace(money, amount=scaled(money.amount, factor)) if money else None


def carbon_total_g(one: Footprint) -> Quantity | None:
    """Operational location-based, losses and embodied: the whole, without the other views of the same energy. None without any."""
    known = [amount for amount in (one.location_g, one.losses_g, one.embodied_g) if amount]
    return total(known) if known else None


def water_total_l(one: Footprint) -> Quantity | None:
    """Litres consumed at the site, at power stations and in making the hardware; None without any."""
    return known_total((one.site_water.consumed_l, one.grid_water.consumed_l, one.embodied_water_l))
