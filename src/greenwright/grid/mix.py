"""From what each kind of plant generated to what a kilowatt-hour emitted: factors from the catalogue, weighed by generation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import fsum

from greenwright.catalogue.load import factors
from greenwright.grid.series import Point
from greenwright.records.grid import Boundary

Mix = dict[float, dict[str, float]]
"""Generation by fuel, in any one unit, by time."""


def intensities(mix: Mix, boundary: Boundary) -> list[Point]:
    """One point per time: g CO2e per kWh generated; None where nothing was.

    Source: the definition of an average intensity, as in Tranberg et al. (2019), arXiv:1812.06679, without flows between zones.
    """
    return [(at_s, intensity_g_per_kwh(mix[at_s], boundary)) for at_s in sorted(mix)]


def intensity_g_per_kwh(generation: Mapping[str, float], boundary: Boundary) -> float | None:
    """The mean of the fuels' factors, weighed by what each generated; a fuel that nobody knows is "unknown"."""
    total = fsum(generation.values())
    if total <= 0:
        return None
    known = _factors(boundary)
    return fsum(amount * known.get(fuel, known["unknown"]) for fuel, amount in generation.items()) / total


@cache
def _factors(boundary: Boundary) -> dict[str, float]:
    name = "fuel_direct" if boundary is Boundary.DIRECT else "fuel_life_cycle"
    return {key: factor.value for key, factor in factors(name).items()}
