"""Software carbon intensity: grams of CO2e per functional unit.

Source: ISO/IEC 21031:2024, SCI specification 1.1: ``SCI = (E × I + M) per R``, I by location; and SCI for AI (2026), which
fixes R: for consumers a token, an image, a second, a page, a character, an inference or a workflow; for providers a FLOP, a
training token or a parameter.
"""

from __future__ import annotations

from greenwright.errors import BadInputError
from greenwright.footprint.arithmetic import scaled, total
from greenwright.footprint.carbon import carbon_g
from greenwright.records.footprint import Footprint
from greenwright.records.quantities import Quantity

CONSUMER_UNITS = ("token", "image", "second", "page", "character", "inference", "workflow")
PROVIDER_UNITS = ("flop", "training token", "parameter")


def sci_g_per_unit(energy_j: Quantity, intensity_g_per_kwh: Quantity, embodied_g: Quantity, units: float) -> Quantity:
    """``(E × I + M) / R``, with E at the boundary of the facility and I of the location.

    Raises:
        BadInputError: R is not above 0.
    """
    return _per(total((carbon_g(energy_j, intensity_g_per_kwh), embodied_g)), units)


def sci_of_g_per_unit(whole: Footprint) -> Quantity:
    """The score of a footprint. Market-based grams, offsets and marginal grams have no place in it.

    Raises:
        BadInputError: no location-based or no embodied carbon, or no functional units.
    """
    if whole.location_g is None or whole.embodied_g is None:
        missing = "location-based" if whole.location_g is None else "embodied"
        raise BadInputError(
            f"no {missing} carbon, without which there is no SCI score; give it, or report carbon per unit instead"
        )
    known = [one for one in (whole.location_g, whole.losses_g, whole.embodied_g) if one]
    return _per(total(known), whole.functional_units)


def sci_unit(unit: str) -> str:
    """Who SCI for AI means by this functional unit: ``"consumer"``, ``"provider"``, or ``""`` for a unit it does not name."""
    words = unit.lower().removesuffix("s")
    if any(words.endswith(name) for name in PROVIDER_UNITS):
        return "provider"
    return "consumer" if any(words.endswith(name) for name in CONSUMER_UNITS) else ""


def _per(emitted_g: Quantity, units: float | None) -> Quantity:
    if units is None or not units > 0:
        raise BadInputError(f"{units} functional units: SCI is per unit, and needs a number above 0")
    return scaled(emitted_g, 1 / units)
