"""Energy becomes grams of CO2e, by an intensity that is handed in: constant, or one for each hour.

Source: GHG Protocol, Scope 2 Guidance (2015): energy × emission factor, by location and by market, side by side.
"""

from __future__ import annotations

from collections.abc import Iterable

from greenwright.errors import BadInputError
from greenwright.footprint.arithmetic import difference, exactly, product, quotient, scaled, total
from greenwright.records.quantities import Quantity
from greenwright.units import J_PER_KWH

ONE = exactly(1.0, "")


def carbon_g(energy_j: Quantity, intensity_g_per_kwh: Quantity) -> Quantity:
    """Grams of CO2e of energy delivered at one intensity.

    Raises:
        BadInputError: a negative intensity.
    """
    if intensity_g_per_kwh.low < 0:
        raise BadInputError(
            f"an intensity of {intensity_g_per_kwh.low:g} g/kWh: what is avoided elsewhere is no negative emission; report it apart"
        )
    return scaled(product(energy_j, intensity_g_per_kwh), 1 / J_PER_KWH)


def carbon_over_time_g(hours: Iterable[tuple[Quantity, Quantity]]) -> Quantity:
    """Grams of CO2e of energies that were each delivered at an intensity of their own: (joules, g/kWh) per hour.

    Raises:
        BadInputError: no hours, or a negative intensity.
    """
    return total(carbon_g(energy_j, intensity) for energy_j, intensity in hours)


def mean_intensity_g_per_kwh(hours: Iterable[tuple[Quantity, Quantity]]) -> Quantity:
    """The one intensity that gives the same grams: the mean over (joules, g/kWh), weighted by the energy of each hour.

    Raises:
        BadInputError: no hours, or no energy in them.
    """
    pairs = list(hours)
    weights = [energy_j.value for energy_j, _ in pairs]
    if not sum(weights) > 0:
        raise BadInputError(f"{len(pairs)} hours without energy have no mean intensity; give the energy of each hour")
    return total(scaled(intensity, weight / sum(weights)) for (_, intensity), weight in zip(pairs, weights, strict=True))


def implied_intensity_g_per_kwh(emitted_g: Quantity, energy_j: Quantity) -> Quantity:
    """The intensity that published grams and joules imply: outside 0 to about 1,200 g/kWh one of them is wrong.

    Raises:
        BadInputError: no energy.
    """
    return scaled(quotient(emitted_g, energy_j), J_PER_KWH)


def losses_g(delivered_g: Quantity, losses_ratio: Quantity) -> Quantity:
    """What was emitted for electricity lost on the way, beside ``delivered_g``; scope 3, never folded into scope 2.

    Raises:
        BadInputError: a ratio of generated to delivered below 1.
    """
    if losses_ratio.low < 1:
        raise BadInputError(f"losses of {losses_ratio.low:g}; generated over delivered electricity is at least 1")
    return product(delivered_g, difference(losses_ratio, ONE))
