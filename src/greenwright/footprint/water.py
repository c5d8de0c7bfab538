"""Energy becomes litres: at the site per kilowatt-hour of IT energy, at the power station per kilowatt-hour delivered.

Source: Li, Yang, Islam and Ren, "Making AI Less Thirsty" (2023), arXiv:2304.03271:
``L = e_IT × (WUE + PUE × EWIF)``. WUE is defined on IT energy, ISO/IEC 30134-9; multiplied by PUE it is too high.
"""

from __future__ import annotations

from collections.abc import Mapping

from greenwright.errors import BadInputError
from greenwright.footprint.arithmetic import exactly, product, scaled, total
from greenwright.records.quantities import Grade, Quantity
from greenwright.units import J_PER_KWH, L_PER_GALLON

LEAST_WUE_L_PER_KWH = 0.05
"""What the wet-bulb model never goes below."""

EWIF_GALLONS_PER_KWH = {
    "coal": 0.45,
    "gas": 0.30,
    "nuclear": 0.60,
    "oil": 0.35,
    "other": 0.475,
    "hydro": 0.0,
    "solar": 0.0,
    "wind": 0.0,
}
"""Of the authors' own code. Hydro is 0 here: reservoirs are left out, which other tables count at 18 litres a kilowatt-hour."""


def site_water_l(it_energy_j: Quantity, wue_l_per_kwh: Quantity) -> Quantity:
    """Litres at the data centre. Takes IT energy, never the facility's."""
    return scaled(product(it_energy_j, wue_l_per_kwh), 1 / J_PER_KWH)


def grid_water_l(facility_energy_j: Quantity, ewif_l_per_kwh: Quantity) -> Quantity:
    """Litres at the power stations that deliver the facility's energy."""
    return scaled(product(facility_energy_j, ewif_l_per_kwh), 1 / J_PER_KWH)


def water_l(it_energy_j: Quantity, wue_l_per_kwh: Quantity, pue_ratio: Quantity, ewif_l_per_kwh: Quantity) -> Quantity:
    """Both together: ``e_IT × (WUE + PUE × EWIF)``."""
    return total((site_water_l(it_energy_j, wue_l_per_kwh), grid_water_l(product(it_energy_j, pue_ratio), ewif_l_per_kwh)))


def wue_at_wet_bulb_l_per_kwh(wet_bulb_f: float, cycles: float = 6.0) -> Quantity:
    """WUE of a cooling tower at a wet-bulb temperature in degrees Fahrenheit, with so many cycles of concentration.

    ``max(0.05, S/(S−1) × (6e-5 T³ − 0.01 T² + 0.61 T − 10.4))``. Source: the code of Li et al.,
    https://github.com/Ren-Research/Making-AI-Less-Thirsty (MIT).

    Raises:
        BadInputError: 1 cycle or fewer, which is no recirculation.
    """
    if not cycles > 1:
        raise BadInputError(f"{cycles:g} cycles of concentration; a cooling tower that recirculates has more than 1")
    evaporated = 6e-5 * wet_bulb_f**3 - 0.01 * wet_bulb_f**2 + 0.61 * wet_bulb_f - 10.4
    return exactly(
        max(LEAST_WUE_L_PER_KWH, cycles / (cycles - 1) * evaporated), "Li et al. 2023, wet-bulb model", Grade.MODELLED
    )


def ewif_of_mix_l_per_kwh(mix: Mapping[str, float]) -> Quantity:
    """Litres at power stations per kilowatt-hour of a generation mix: fuel to energy, in any one unit. Hydro counts 0.

    Raises:
        BadInputError: an unknown fuel, a negative amount, or nothing generated.
    """
    if unknown := sorted(mix.keys() - EWIF_GALLONS_PER_KWH.keys()):
        raise BadInputError(f"no water factor for {', '.join(unknown)}; known fuels are {', '.join(EWIF_GALLONS_PER_KWH)}")
    if min(mix.values(), default=0.0) < 0 or not sum(mix.values()) > 0:
        raise BadInputError(f"a mix of {dict(mix)} generates nothing; give the energy of each fuel, none negative")
    gallons = sum(amount * EWIF_GALLONS_PER_KWH[fuel] for fuel, amount in mix.items()) / sum(mix.values())
    return exactly(gallons * L_PER_GALLON, "Li et al. 2023, water per fuel, reservoirs left out", Grade.MODELLED)
