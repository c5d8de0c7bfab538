"""Energy and time become money, in the currency of the price; currencies are never mixed or converted."""

from __future__ import annotations

from collections.abc import Iterable

from greenwright.errors import BadInputError
from greenwright.footprint.arithmetic import product, scaled, total
from greenwright.records.footprint import Money
from greenwright.records.quantities import Quantity
from greenwright.units import J_PER_KWH, S_PER_H


def energy_cost(energy_j: Quantity, price_per_kwh: Quantity, currency: str) -> Money:
    """What delivered energy costs; for your own facility that is the facility's energy."""
    return Money(amount=scaled(product(energy_j, price_per_kwh), 1 / J_PER_KWH), currency=currency)


def rent(device_s: float, price_per_h: Quantity, currency: str) -> Money:
    """What renting costs: device-seconds at a price per device-hour. Rent holds the energy; do not add both.

    Raises:
        BadInputError: a negative time.
    """
    if device_s < 0:
        raise BadInputError(f"{device_s:g} device-seconds cannot be rented; the time must not be negative")
    return Money(amount=scaled(price_per_h, device_s / S_PER_H), currency=currency)


def total_cost(amounts: Iterable[Money | None]) -> Money | None:
    """The sum of those that are known; None where none is.

    Raises:
        BadInputError: more than one currency.
    """
    known = [one for one in amounts if one is not None]
    currencies = sorted({one.currency for one in known})
    if len(currencies) > 1:
        raise BadInputError(f"cannot add {' and '.join(currencies)}; give every price in one currency")
    return Money(amount=total(one.amount for one in known), currency=currencies[0]) if known else None
