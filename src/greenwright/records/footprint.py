"""What work cost the world: energy by boundary, carbon, water, money, hardware. None is unknown; 0 is a known nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from greenwright.records.energy import Part
from greenwright.records.quantities import Quantity


class Boundary(StrEnum):
    """Where a number stops counting; each holds the one before it."""

    DEVICE = "device"
    """What the counters cover: processors, accelerators, memory."""
    IT = "it"
    """The whole of the machines: fans, supplies, boards and disks too. What PUE and WUE are defined on."""
    FACILITY = "facility"
    """With cooling, power distribution and lighting of the building."""
    WITH_EMBODIED = "with embodied"
    """With the share of making the hardware."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyLayers:
    """One energy at each boundary. Overheads stand in fields of their own; what was measured is never inflated in place."""

    parts: tuple[Part, ...]
    """As they were measured."""
    device_j: Quantity
    rest_of_node_j: Quantity
    """What the machine drew beside the devices."""
    it_j: Quantity
    overhead_j: Quantity
    """What the building drew beside the machines."""
    facility_j: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What a kilowatt-hour brings with it at one place and time. Always handed in; nothing here is guessed."""

    pue_ratio: Quantity | None = None
    """Facility energy over IT energy, at least 1."""
    location_g_per_kwh: Quantity | None = None
    """Average intensity of the grid that delivers the electricity."""
    market_g_per_kwh: Quantity | None = None
    """Intensity of what was bought: contracts and certificates, and the residual mix for the rest."""
    marginal_g_per_kwh: Quantity | None = None
    """Intensity of what one more kilowatt-hour would have come from: for decisions, never added to an average."""
    losses_ratio: Quantity | None = None
    """Electricity generated over electricity delivered, at least 1; only where the intensities do not hold it already."""
    site_consumed_l_per_kwh: Quantity | None = None
    """WUE: water evaporated at the site, per kilowatt-hour of IT energy."""
    site_withdrawn_l_per_kwh: Quantity | None = None
    grid_consumed_l_per_kwh: Quantity | None = None
    """EWIF: water evaporated at power stations, per kilowatt-hour delivered to the facility."""
    grid_withdrawn_l_per_kwh: Quantity | None = None
    hydro_included: bool | None = None
    """Whether the water of power stations counts what reservoirs evaporate: it decides the number."""
    price_per_kwh: Quantity | None = None
    currency: str = "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class HardwareUse:
    """Hardware of one kind, and the part of its life that the work used up."""

    name: str
    used_s: float
    """Wall time, of each device."""
    lifespan_s: float
    count: float = 1.0
    embodied_g: Quantity | None = None
    """Of one device, from raw materials to the gate."""
    mass_g: Quantity | None = None
    """Of one device."""
    embodied_water_l: Quantity | None = None
    """Of one device."""
    utilisation_share: float = 1.0
    """Part of its life in which it works at all; 1 blames idle years on nobody."""
    capacity_share: float = 1.0
    """Part of the device that was reserved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Water:
    """Litres at one place. Consumed is evaporated and gone; withdrawn holds it, and what flows back."""

    consumed_l: Quantity | None = None
    withdrawn_l: Quantity | None = None
    hydro_included: bool | None = None
    """For power stations: with what reservoirs evaporate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount in one currency."""

    amount: Quantity
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedFactor:
    """A number from outside that a footprint was computed with."""

    name: str
    quantity: Quantity
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """What some work cost. Kinds of carbon stand apart and are never added; offsets and avoided emissions are not in here."""

    boundary: Boundary
    it_energy_j: Quantity | None = None
    facility_energy_j: Quantity | None = None
    location_g: Quantity | None = None
    """Operational CO2e of the facility's energy, by the average intensity of the grid. Scope 2, location-based."""
    market_g: Quantity | None = None
    """The same energy by what was bought. Scope 2, market-based: another view, not another emission."""
    marginal_g: Quantity | None = None
    """The same energy by what one kilowatt-hour more would have come from: for decisions, in no total."""
    losses_g: Quantity | None = None
    """CO2e of what was lost between power station and facility, by the average intensity. Scope 3, category 3."""
    embodied_g: Quantity | None = None
    """Share of making the hardware. Scope 3, category 2."""
    site_water: Water = Water()
    grid_water: Water = Water()
    embodied_water_l: Quantity | None = None
    energy_cost: Money | None = None
    hardware_cost: Money | None = None
    """Rent, or the share of the purchase: beside the energy, not holding it."""
    ewaste_g: Quantity | None = None
    """Mass of hardware retired, by the share of its life used up."""
    unit: str = ""
    """The functional unit: "1 request"."""
    functional_units: float | None = None
    """How many of them all of this was for."""
    factors: tuple[UsedFactor, ...] = ()
    leaves_out: tuple[str, ...] = ()
    """What belongs to the boundary and is not in the numbers."""
