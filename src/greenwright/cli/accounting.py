"""What a measured run cost at the boundary that was asked for: energy beyond the devices, carbon, water, the hardware's share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from greenwright.catalogue import places
from greenwright.catalogue.devices import device
from greenwright.catalogue.load import factors
from greenwright.errors import BadInputError
from greenwright.footprint import energy as layers_of
from greenwright.footprint.arithmetic import exactly, of_factor, quotient, total
from greenwright.footprint.whole import footprint
from greenwright.machine import this_machine
from greenwright.records.energy import Window
from greenwright.records.footprint import Boundary, EnergyLayers, Footprint, HardwareUse, Supply
from greenwright.records.quantities import Grade, Quantity
from greenwright.records.runs import Account, Run

BOUNDARIES = {one.value.removeprefix("with "): one for one in Boundary}
"""As the command line spells them."""
LIFESPAN_S = 4 * 365.25 * 86_400
"""Four years, which is what providers write servers off over, unless told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Where it ran, and how far to count."""

    boundary: Boundary
    place: places.Place
    pue_ratio: float | None = None
    """In place of the place's own."""


def asked(boundary: str | None, place: str | None, pue: str | None) -> Asked | None:
    """What was asked for; None where nothing was. A place alone asks for the facility.

    Raises:
        BadInputError: no such boundary, a place that the catalogue does not know, or a PUE that is none.
    """
    if not (boundary or place or pue):
        return None
    name = boundary or "facility"
    if name not in BOUNDARIES:
        raise BadInputError(f"{name!r} is no boundary; give one of {', '.join(BOUNDARIES)}")
    try:
        pue_ratio = float(pue) if pue else None
    except ValueError as error:
        raise BadInputError(f"--pue is {pue!r}; give a number of at least 1, such as 1.3") from error
    if pue_ratio is not None and not 1 <= pue_ratio < 10:  # noqa: PLR2004 - no building wastes nine tenths
        raise BadInputError(f"--pue is {pue}; it is the facility's energy over that of its machines, such as 1.3")
    found = places.place(place) if place else places.unknown()
    if place and not found.known:
        raise BadInputError(f"the catalogue knows no place called {place!r}; give a country, a zone or a cloud's region")
    return Asked(boundary=BOUNDARIES[name], place=found, pue_ratio=pue_ratio)


def account(run: Run, wanted: Asked) -> Account | None:
    """The account of a run's windows, which must not lie in one another; None where it has none."""
    if not run.windows:
        return None
    place = wanted.place
    pue = exactly(wanted.pue_ratio, "given", Grade.ASSUMED) if wanted.pue_ratio else place.pue
    layers = _layers(run.windows, pue)
    supply = Supply(
        pue_ratio=pue,
        location_g_per_kwh=place.intensity_g_per_kwh,
        site_consumed_l_per_kwh=place.water_l_per_kwh,
        grid_consumed_l_per_kwh=place.plant_water_l_per_kwh,
    )
    uses = _uses(run) if wanted.boundary is Boundary.WITH_EMBODIED else ()
    whole = footprint(_within(layers, wanted.boundary), _without_pue(supply, wanted.boundary), uses)
    return Account(
        boundary=wanted.boundary.value,
        energy_j=layers_of.energy_at_j(layers, wanted.boundary),
        device_j=layers.device_j,
        it_j=layers.it_j,
        facility_j=layers.facility_j,
        place=f"{place.name} ({place.key})" if place.known and place.key != place.name else place.name,
        location_g=whole.location_g,
        embodied_g=whole.embodied_g,
        site_water_l=whole.site_water.consumed_l,
        grid_water_l=whole.grid_water.consumed_l,
        pue_ratio=supply.pue_ratio,
        country=place.country,
        leaves_out=_left_out(run.windows, whole, wanted.boundary),
    )


def _layers(windows: Sequence[Window], pue: Quantity | None) -> EnergyLayers:
    parts = tuple(part for window in windows for part in window.parts)
    device_j = total(part.energy_j for part in parts)
    rests = [window.rest_j for window in windows if window.rest_j is not None]
    node = quotient(total([device_j, *rests]), device_j) if rests and device_j.low > 0 else None
    return layers_of.energy_layers(parts, node, pue)


def _within(layers: EnergyLayers, boundary: Boundary) -> Quantity:
    return layers.device_j if boundary is Boundary.DEVICE else layers.it_j


def _without_pue(supply: Supply, boundary: Boundary) -> Supply:
    """Carbon and water of a narrower boundary are those of its own energy."""
    from dataclasses import replace

    return supply if boundary in {Boundary.FACILITY, Boundary.WITH_EMBODIED} else replace(supply, pue_ratio=None)


def _uses(run: Run) -> tuple[HardwareUse, ...]:
    """The processors that took part, for the time that was measured."""
    used_s = sum(window.duration_s for window in run.windows)
    machine = this_machine()
    found = []
    for name, kind in ((machine.cpu, "cpu"), *((gpu, "gpu") for gpu in machine.gpus)):
        found.append(HardwareUse(name=name, used_s=used_s, lifespan_s=LIFESPAN_S, embodied_g=_making_g(name, kind)))
    return tuple(found)


def _making_g(name: str, kind: str) -> Quantity:
    """Of this device where somebody published it, else the range of its kind, which is then an assumption."""
    known = device(name)
    if known is not None and known.embodied_g is not None:
        return known.embodied_g
    return of_factor(factors("embodied")[f"{kind}-unknown"], Grade.ASSUMED)


def _left_out(windows: Sequence[Window], whole: Footprint, boundary: Boundary) -> tuple[str, ...]:
    """What the boundary holds and these numbers do not."""
    if boundary is Boundary.DEVICE:
        return ()
    is_node = all(part.component == "node" for window in windows for part in window.parts)
    has_rest = is_node or all(window.rest_j is not None for window in windows)
    rest = () if has_rest else ("supply, board, fans and disks beyond the counters: nobody measured them here yet",)
    beyond = tuple(text for text in whole.leaves_out if boundary is not Boundary.IT or "PUE" not in text)
    return (*rest, *beyond)
