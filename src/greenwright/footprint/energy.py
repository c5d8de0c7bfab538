"""Energy at each boundary: device, IT, facility. Each overhead is a number of its own, and applied once.

Source: power usage effectiveness, ISO/IEC 30134-2: PUE = energy of the facility / energy of its IT equipment.
"""

from __future__ import annotations

from collections.abc import Sequence

from greenwright.errors import BadInputError
from greenwright.footprint.arithmetic import difference, exactly, product, quotient, scaled, total
from greenwright.records.energy import Part
from greenwright.records.footprint import Boundary, EnergyLayers
from greenwright.records.quantities import Quantity

NOTHING = exactly(0.0, "nothing beside it")
ONE = exactly(1.0, "")


def facility_energy_j(it_energy_j: Quantity, pue_ratio: Quantity) -> Quantity:
    """Energy of the building that IT energy takes. Never hand in energy of a facility: PUE would count twice.

    Raises:
        BadInputError: a PUE below 1.
    """
    return product(it_energy_j, _at_least_1(pue_ratio, "PUE", "the facility cannot use less than its machines"))


def it_energy_of_facility_j(facility_j: Quantity, pue_ratio: Quantity) -> Quantity:
    """The way back, for published energies that hold PUE already.

    Raises:
        BadInputError: a PUE below 1.
    """
    return quotient(facility_j, _at_least_1(pue_ratio, "PUE", "the facility cannot use less than its machines"))


def energy_layers(
    parts: Sequence[Part], rest_of_node_ratio: Quantity | None = None, pue_ratio: Quantity | None = None
) -> EnergyLayers:
    """Measured parts at every boundary. ``rest_of_node_ratio`` is IT energy over the devices', at least 1.

    Raises:
        BadInputError: no parts, or a ratio below 1.
    """
    device_j = total(part.energy_j for part in parts)
    node = _at_least_1(rest_of_node_ratio or ONE, "the rest-of-node ratio", "a machine cannot use less than its devices")
    it_j = product(device_j, node)
    facility_j = facility_energy_j(it_j, pue_ratio or ONE)
    return EnergyLayers(
        parts=tuple(parts),
        device_j=device_j,
        rest_of_node_j=product(device_j, difference(node, ONE)) if rest_of_node_ratio else NOTHING,
        it_j=it_j,
        overhead_j=product(it_j, difference(pue_ratio, ONE)) if pue_ratio else NOTHING,
        facility_j=facility_j,
    )


def energy_at_j(layers: EnergyLayers, boundary: Boundary) -> Quantity:
    """The energy at one boundary. Making the hardware has no joules here: with it, the energy is the facility's."""
    return {Boundary.DEVICE: layers.device_j, Boundary.IT: layers.it_j}.get(boundary, layers.facility_j)


def device_energy_j(power_w: Quantity, duration_s: float, count: float = 1.0) -> Quantity:
    """So many devices at this mean power, each for ``duration_s`` of wall time.

    Device-hours hold the count already: hand them in as ``duration_s`` with a ``count`` of 1.

    Raises:
        BadInputError: a negative duration or count.
    """
    if duration_s < 0 or count < 0:
        raise BadInputError(f"{count:g} devices for {duration_s:g} s; neither can be negative")
    return scaled(power_w, duration_s * count)


def power_at_load_w(idle_w: Quantity, busy_w: Quantity, load_share: float) -> Quantity:
    """Power between idle and busy, in proportion to load.

    Source: Cloud Carbon Footprint, methodology: minimum + load × (maximum − minimum).

    Raises:
        BadInputError: a load outside 0…1, or more watts idle than busy.
    """
    if not 0 <= load_share <= 1:
        raise BadInputError(f"a load of {load_share:g}; give a share between 0 and 1")
    if idle_w.value > busy_w.value:
        raise BadInputError(f"{idle_w.value:g} W idle is more than {busy_w.value:g} W busy; were they swapped?")
    return total((scaled(idle_w, 1 - load_share), scaled(busy_w, load_share)))


def storage_energy_j(size_bytes: float, duration_s: float, watts_per_byte: Quantity, replica_count: float = 1.0) -> Quantity:
    """Energy of keeping data, every copy of it.

    Raises:
        BadInputError: a negative size, duration or number of copies.
    """
    if min(size_bytes, duration_s, replica_count) < 0:
        raise BadInputError(f"{size_bytes:g} bytes × {replica_count:g} copies for {duration_s:g} s; none can be negative")
    return scaled(watts_per_byte, size_bytes * duration_s * replica_count)


def network_energy_j(size_bytes: float, joules_per_byte: Quantity) -> Quantity:
    """Energy of moving data, attributed by volume: a share of networks that would run anyway.

    Raises:
        BadInputError: a negative size.
    """
    if size_bytes < 0:
        raise BadInputError(f"{size_bytes:g} bytes cannot be moved; the size must not be negative")
    return scaled(joules_per_byte, size_bytes)


def implied_power_w(energy_j: Quantity, device_s: float) -> Quantity:
    """Mean power per device that an energy and device-seconds imply: it must lie between 0 and what the device can draw.

    Raises:
        BadInputError: no time.
    """
    if device_s <= 0:
        raise BadInputError(f"{device_s:g} device-seconds imply no power; give the time that the devices ran")
    return scaled(energy_j, 1 / device_s)


def _at_least_1(ratio: Quantity, name: str, why: str) -> Quantity:
    if ratio.low < 1:
        raise BadInputError(f"{name} is {ratio.value:g} (from {ratio.low:g}); it is at least 1: {why}")
    return ratio
