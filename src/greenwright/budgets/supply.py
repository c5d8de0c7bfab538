"""What a kilowatt-hour brings with it where the check's energy is spent, from the catalogue of places."""

from __future__ import annotations

from greenwright.budgets.read import Plan
from greenwright.catalogue.places import place
from greenwright.errors import BadInputError
from greenwright.records.footprint import Supply
from greenwright.records.quantities import Grade, Quantity


def supply_of(plan: Plan) -> Supply:
    """Average intensity, PUE and water of the place, and the price; what is not told stays unknown.

    Raises:
        BadInputError: a place that nobody knows: budgets are not held against a guess.
    """
    price = plan.price_per_kwh
    told = None if price is None else Quantity(value=price, low=price, high=price, grade=Grade.COUNTER, source=str(plan.path))
    if not plan.place:
        return Supply(price_per_kwh=told, currency=plan.currency)
    found = place(plan.place)
    if not found.known and plan.place != "world":
        raise BadInputError(
            f"{plan.path}: nobody knows the place {plan.place!r}; write a country, a zone, a region such as aws/eu-west-1, or world"
        )
    return Supply(
        pue_ratio=found.pue,
        location_g_per_kwh=found.intensity_g_per_kwh,
        site_consumed_l_per_kwh=found.water_l_per_kwh,
        grid_consumed_l_per_kwh=found.plant_water_l_per_kwh,
        price_per_kwh=told,
        currency=plan.currency,
    )
