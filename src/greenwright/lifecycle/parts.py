"""The energy and the hardware of one part of a life, from what the plan says about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from greenwright.catalogue.devices import device
from greenwright.catalogue.load import Factor, factors
from greenwright.errors import BadInputError
from greenwright.footprint import cost, energy, llm
from greenwright.footprint.arithmetic import of_factor, product, scaled
from greenwright.lifecycle import numbers
from greenwright.lifecycle.plan import PhasePlan
from greenwright.lifecycle.records import decode, measured_j, per_unit_j
from greenwright.lifecycle.rest_of_node import REST_OF_NODE
from greenwright.records.disclosure import Disclosure, Phase
from greenwright.records.footprint import Boundary, Footprint, HardwareUse, Money, Supply
from greenwright.records.quantities import Grade, Quantity
from greenwright.records.study import StudyRecord
from greenwright.units import BYTES_PER_GB, BYTES_PER_TB, J_PER_KWH, J_PER_WH, S_PER_H, S_PER_YEAR

DEFAULT_LOAD = 0.7
LOAD_SPREAD = 0.3
"""A load that nobody measured is 0.4 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What one part takes, once."""

    it_energy_j: Quantity
    hardware: tuple[HardwareUse, ...] = ()
    rent: Money | None = None
    device_s: float | None = None
    how: str = ""


def demand(part: PhasePlan, where: str, supply: Supply, units: float | None, folder: Path) -> Demand:
    """The energy and hardware of one part, from the one source of energy that it names.

    Raises:
        BadInputError: no source of energy, several, or one that cannot be read.
    """
    sources = {
        "energy": part.energy is not None,
        "energy_per_unit": part.energy_per_unit is not None,
        "measured": bool(part.measured),
        "text": part.text is not None,
        "stored": bool(part.stored),
        "moved": bool(part.moved),
        "accelerator": bool(part.accelerator or part.power_w is not None),
    }
    named = [name for name, given in sources.items() if given]
    if not named:
        raise BadInputError(f"{where} has no energy; give one of {', '.join([*sources, 'like'])}")
    energies = [name for name in named if name != "accelerator" or named == ["accelerator"]]
    if len(energies) > 1:
        raise BadInputError(f"{where} has {' and '.join(energies)}: the same energy twice? make a part of each")
    made = _MAKERS[energies[0]](part, where, supply, units, folder)
    if energies != ["accelerator"] and part.accelerator:
        uses = (*made.hardware, *_hardware(part))
        made = replace(made, hardware=uses, rent=_rent(part, where, supply), device_s=_device_s(part))
    return made


def _given(part: PhasePlan, where: str, supply: Supply, units: float | None, folder: Path) -> Demand:
    del units, folder
    joules = at_it(numbers.energy(part.energy, f"{where}.energy"), part.boundary, part.rest_of_node, where, supply)
    return Demand(it_energy_j=joules, how=part.how or f"energy as given, measured at the boundary of: {part.boundary}")


def _per_unit(part: PhasePlan, where: str, supply: Supply, units: float | None, folder: Path) -> Demand:
    del folder
    if not units:
        raise BadInputError(f"{where}.energy_per_unit needs units: say how many this part delivers")
    each = at_it(
        numbers.energy(part.energy_per_unit, f"{where}.energy_per_unit"), part.boundary, part.rest_of_node, where, supply
    )
    return Demand(it_energy_j=scaled(each, units), how=part.how or f"energy per unit as given, {units:,.6g} times")


def at_it(joules: Quantity, boundary: str, rest_of_node: object, where: str, supply: Supply) -> Quantity:
    """An energy at the boundary of IT, wherever it was measured.

    Raises:
        BadInputError: an unknown boundary, or a facility's energy without its PUE.
    """
    if boundary == Boundary.FACILITY:
        if supply.pue_ratio is None:
            raise BadInputError(f"{where}: an energy of the facility needs the PUE that is in it; give place.pue")
        return energy.it_energy_of_facility_j(joules, supply.pue_ratio)
    if boundary == Boundary.DEVICE:
        ratio = numbers.plain(rest_of_node, f"{where}.rest_of_node") if rest_of_node is not None else REST_OF_NODE
        return product(joules, ratio)
    if boundary != Boundary.IT:
        raise BadInputError(f"{where}.boundary is {boundary!r}; it is device, it or facility")
    return joules


def _measured(part: PhasePlan, where: str, supply: Supply, units: float | None, folder: Path) -> Demand:
    """What a run or a study used; in deployment, what a study's model needs per unit."""
    path = folder / part.measured
    try:
        record = decode(path.read_bytes(), str(path))
    except OSError as error:
        raise BadInputError(f"{where}.measured: {path} cannot be read: {error.strerror}") from error
    if isinstance(record, Disclosure | Footprint):
        raise BadInputError(f"{where}.measured: {path} is a footprint already; give a study.json or the JSON of a measured run")
    if isinstance(record, StudyRecord) and part.phase is Phase.DEPLOYMENT:
        if not units:
            raise BadInputError(f"{where}: a study's model in deployment needs units: say how many it delivers")
        joules, how = (
            scaled(per_unit_j(record), units),
            f"energy per {record.unit} of the study {record.name}, {units:,.6g} times",
        )
    else:
        joules, how = measured_j(record)
    return Demand(it_energy_j=at_it(joules, Boundary.DEVICE, part.rest_of_node, where, supply), how=how)


def _text(part: PhasePlan, where: str, supply: Supply, units: float | None, folder: Path) -> Demand:
    del supply, folder
    assert part.text is not None
    if not units:
        raise BadInputError(f"{where}.text needs units: say how many requests it answers")
    request = llm.TextRequest(
        active_parameter_count=part.text.active_parameters,
        total_parameter_count=part.text.total_parameters or part.text.active_parameters,
        token_count=part.text.tokens,
        latency_s=part.text.latency_s or float("inf"),
        batch_count=part.text.batch,
    )
    one = llm.estimate(request)
    many = replace(one.hardware, used_s=one.hardware.used_s * units)
    how = f"{units:,.6g} requests of {part.text.tokens:g} tokens, by a regression on models of this size"
    return Demand(it_energy_j=scaled(one.it_energy_j, units), hardware=(many,), how=how)


def _stored(part: PhasePlan, where: str, supply: Supply, units: float | None, folder: Path) -> Demand:
    del supply, units, folder
    disk = _factor("storage", part.disks, f"{where}.disks")
    watts_per_byte = scaled(of_factor(disk), J_PER_WH / (BYTES_PER_TB * S_PER_H))
    size = numbers.size_bytes(part.stored, f"{where}.stored")
    if not part.hours > 0:
        raise BadInputError(f"{where}.stored needs hours: say how long it is kept")
    joules = energy.storage_energy_j(size, part.hours * S_PER_H, watts_per_byte, part.copies)
    return Demand(it_energy_j=joules, how=f"{part.stored} on {disk.title}, {part.copies:g} copies, {part.hours:,.6g} hours")


def _moved(part: PhasePlan, where: str, supply: Supply, units: float | None, folder: Path) -> Demand:
    del supply, units, folder
    way = _factor("transfer", part.over, f"{where}.over")
    joules_per_byte = scaled(of_factor(way), J_PER_KWH / BYTES_PER_GB)
    joules = energy.network_energy_j(numbers.size_bytes(part.moved, f"{where}.moved"), joules_per_byte)
    return Demand(it_energy_j=joules, how=f"{part.moved} moved {way.title}, attributed by volume")


def _accelerators(part: PhasePlan, where: str, supply: Supply, units: float | None, folder: Path) -> Demand:
    del units, folder
    if not part.hours > 0:
        raise BadInputError(f"{where} needs hours: say how long each of the {part.count:g} devices runs")
    power_w, how = _power_w(part, where)
    devices_j = energy.device_energy_j(power_w, part.hours * S_PER_H, part.count)
    joules = at_it(devices_j, Boundary.DEVICE, part.rest_of_node, where, supply)
    return Demand(
        it_energy_j=joules, hardware=_hardware(part), rent=_rent(part, where, supply), device_s=_device_s(part), how=how
    )


def _power_w(part: PhasePlan, where: str) -> tuple[Quantity, str]:
    what = f"{part.count:g} × {part.accelerator or 'device'} for {part.hours:,.6g} h"
    if part.power_w is not None:
        return numbers.plain(part.power_w, f"{where}.power_w"), f"{what} at the power given"
    known = device(part.accelerator)
    if known is None or known.busy_w is None or known.idle_w is None:
        raise BadInputError(
            f"{where}: the catalogue knows no power of {part.accelerator!r}; give power_w, the mean of one device"
        )
    if part.load is not None:
        return energy.power_at_load_w(known.idle_w, known.busy_w, part.load), f"{what} at {part.load:.0%} load"
    middle, low, high = (
        energy.power_at_load_w(known.idle_w, known.busy_w, load)
        for load in (DEFAULT_LOAD, DEFAULT_LOAD - LOAD_SPREAD, DEFAULT_LOAD + LOAD_SPREAD)
    )
    power_w = Quantity(value=middle.value, low=low.low, high=high.high, grade=Grade.ASSUMED, source=middle.source)
    return power_w, f"{what} at a load nobody measured"


def _hardware(part: PhasePlan) -> tuple[HardwareUse, ...]:
    """The accelerators, and the servers that hold them: one for each eight, unless said otherwise."""
    if not part.accelerator or not part.hours:
        return ()
    life = _factor("lifespan", "accelerator", "lifespan")
    lifespan_s = (part.lifespan_years or life.value) * S_PER_YEAR
    servers = part.servers or part.count / 8
    return tuple(
        HardwareUse(
            name=name,
            used_s=part.hours * S_PER_H,
            lifespan_s=lifespan_s,
            count=count,
            embodied_g=_found("embodied", key, default),
            mass_g=_found("mass", key, default),
            embodied_water_l=_found("embodied_water", key, None),
            utilisation_share=part.in_use,
        )
        for name, count, key, default in (
            (part.accelerator, part.count, part.accelerator, "gpu-unknown"),
            (part.server or "server", servers, part.server or "gpu server", "server-unknown"),
        )
        if count
    )


def _found(table: str, name: str, default: str | None) -> Quantity | None:
    """The factor whose names the text holds; else the default, which is then assumed."""
    words = name.lower().replace("-", " ")
    for factor in factors(table).values():
        if any(match in words for match in factor.match):
            return of_factor(factor)
    return of_factor(factors(table)[default], Grade.ASSUMED) if default else None


def _factor(table: str, key: str, where: str) -> Factor:
    known = factors(table)
    if key not in known:
        raise BadInputError(f"{where} is {key!r}; there are {', '.join(known)}")
    return known[key]


def _device_s(part: PhasePlan) -> float | None:
    return part.count * part.hours * S_PER_H if part.hours else None


def _rent(part: PhasePlan, where: str, supply: Supply) -> Money | None:
    if part.rent_per_h is None:
        return None
    return cost.rent(_device_s(part) or 0.0, numbers.plain(part.rent_per_h, f"{where}.rent_per_h"), supply.currency)


_MAKERS = {
    "energy": _given,
    "energy_per_unit": _per_unit,
    "measured": _measured,
    "text": _text,
    "stored": _stored,
    "moved": _moved,
    "accelerator": _accelerators,
}
