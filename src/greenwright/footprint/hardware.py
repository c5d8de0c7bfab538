"""The share of making and discarding hardware that some work used up: by time of life, and by capacity.

Source: ISO/IEC 21031 (SCI): ``M = TE × (time reserved / lifespan) × (resources reserved / resources there)``;
with the share of life in use, as Luccioni, Viguier and Ligozat (2023), arXiv:2211.02001, count it.
"""

from __future__ import annotations

from greenwright.errors import BadInputError
from greenwright.footprint.arithmetic import scaled
from greenwright.records.footprint import HardwareUse
from greenwright.records.quantities import Quantity


def life_share(use: HardwareUse) -> float:
    """Devices' worth of life that was used up: ``count × used / (lifespan × utilisation) × capacity``; may be above 1.

    Raises:
        BadInputError: a lifespan or utilisation of 0, a share outside 0…1, or a negative time or count.
    """
    if not use.lifespan_s > 0 or not 0 < use.utilisation_share <= 1:
        raise BadInputError(
            f"{use.name}: a lifespan of {use.lifespan_s:g} s, {use.utilisation_share:g} of it in use; "
            "give a lifespan above 0 and a utilisation above 0 and up to 1"
        )
    if not 0 <= use.capacity_share <= 1:
        raise BadInputError(f"{use.name}: a capacity share of {use.capacity_share:g}; give a part of the device, 0 to 1")
    if use.used_s < 0 or use.count < 0:
        raise BadInputError(f"{use.name}: {use.count:g} devices for {use.used_s:g} s; neither can be negative")
    return use.count * use.used_s / (use.lifespan_s * use.utilisation_share) * use.capacity_share


def embodied_g(use: HardwareUse) -> Quantity | None:
    """Grams of CO2e of making the hardware, for the life used up; None where making it is unknown.

    Raises:
        BadInputError: as ``life_share``.
    """
    return _share_of(use.embodied_g, use)


def ewaste_g(use: HardwareUse) -> Quantity | None:
    """Grams of hardware that will be discarded for it; None where the mass is unknown.

    Raises:
        BadInputError: as ``life_share``.
    """
    return _share_of(use.mass_g, use)


def embodied_water_l(use: HardwareUse) -> Quantity | None:
    """Litres consumed in making it, for the life used up; None where that is unknown.

    Raises:
        BadInputError: as ``life_share``.
    """
    return _share_of(use.embodied_water_l, use)


def _share_of(whole: Quantity | None, use: HardwareUse) -> Quantity | None:
    share = life_share(use)
    return None if whole is None else scaled(whole, share)
