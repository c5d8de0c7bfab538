"""A record that greenwright wrote earlier becomes a disclosure: a report, a study, a measured run, a footprint."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from greenwright.errors import BadInputError
from greenwright.footprint.arithmetic import product, scaled, total
from greenwright.footprint.sci import sci_of_g_per_unit
from greenwright.footprint.whole import footprint, footprint_total, per_unit
from greenwright.lifecycle.method import METHOD
from greenwright.lifecycle.plan import PlacePlan
from greenwright.lifecycle.rest_of_node import REST_OF_NODE
from greenwright.lifecycle.supply import supply_of
from greenwright.records.disclosure import SCHEMA_VERSION, Disclosure, Facts, Operator, Phase, PhaseFootprint
from greenwright.records.footprint import Footprint, Supply
from greenwright.records.quantities import Quantity
from greenwright.records.runs import Merged, Repeats, Run
from greenwright.records.study import StudyRecord

Measured = StudyRecord | Run | Repeats | Merged
_MARKS: tuple[tuple[str, type[Any]], ...] = (
    ("phases", Disclosure),
    ("trials", StudyRecord),
    ("machines", Merged),
    ("detectable_share", Repeats),
    ("windows", Run),
    ("leaves_out", Footprint),
)
"""A key that only this record has."""


def decode(text: str | bytes, where: str) -> Any:
    """The record of a JSON file.

    Raises:
        BadInputError: not JSON, or not a record that is known.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise BadInputError(f"{where} is not JSON: {error}") from error
    kind = next((kind for mark, kind in _MARKS if isinstance(content, dict) and mark in content), None)
    if kind is None:
        raise BadInputError(
            f"{where} is none of greenwright's records; give the JSON of `assess --out`, a study.json, of `measure --json`, or a footprint"
        )
    try:
        found = msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        raise BadInputError(f"{where} is no {kind.__name__} of this version: {error}") from error
    if isinstance(found, Disclosure) and found.schema_version != SCHEMA_VERSION:
        raise BadInputError(f"{where} is of schema {found.schema_version}; this version reads {SCHEMA_VERSION}")
    return found


def disclosure_of(  # noqa: PLR0913 - what a record does not say
    record: Any,
    place: PlacePlan,
    *,
    units: float | None = None,
    unit: str = "",
    phase: Phase = Phase.TRAINING,
    stamp: tuple[str, str] = ("", ""),
) -> Disclosure:
    """A disclosure of any record that ``decode`` gives, at a place. One that is a disclosure already stays as it is.

    Raises:
        BadInputError: a number of the place cannot be read.
    """
    if isinstance(record, Disclosure):
        return record
    supply, where, warnings = supply_of(place)
    parts = _parts(record, supply, phase, units)
    count = units if units is not None or not isinstance(record, StudyRecord) else record.horizon_units
    if isinstance(record, Footprint):
        unit, count = unit or record.unit, units if units is not None else record.functional_units
        warnings = ()
    whole = footprint_total((one.footprint for one in parts), unit=unit or getattr(record, "unit", ""), units=count)
    return Disclosure(
        name=getattr(record, "name", "") or "this work",
        version="",
        summary=_summary(record, whole),
        operator=place.operated_by if place else Operator.OWN,
        phases=parts,
        total=whole,
        per_unit=per_unit(whole) if whole.functional_units else None,
        sci_g_per_unit=sci_of_g_per_unit(whole) if whole.functional_units and whole.location_g and whole.embodied_g else None,
        facts=Facts(place=place.where, hardware=_hardware(record)),
        method=METHOD,
        warnings=(*warnings, *(() if place.where or isinstance(record, Footprint) else (f"the place is {where}",))),
        created_at=stamp[0],
        greenwright_version=stamp[1],
    )


def measured_j(record: Measured) -> tuple[Quantity, str]:
    """Joules of the devices that a run used, or that a study spent, and how they were come by."""
    if isinstance(record, StudyRecord):
        spent = [record.search_j, *([record.training_j] if record.training_j else [])]
        return total(spent), f"search of the study {record.name}" + (
            " and training of its baseline" if record.training_j else ""
        )
    if isinstance(record, Repeats):
        return record.energy_j, f"one of {len(record.run.windows)} runs of {record.run.name}, the median"
    if isinstance(record, Merged):
        return record.energy_j, f"{len(record.runs)} runs of {record.name} on {len(record.machines)} machines, each joule once"
    if not record.windows:
        raise BadInputError(f"the run {record.name!r} has no window: nothing was measured in it")
    cut = "" if record.finished else ", cut off before its end"
    return record.windows[-1].energy_j, f"measured: {record.name}{cut}"


def per_unit_j(record: StudyRecord) -> Quantity:
    """Joules that the study's model needs per unit: the released one's, or the baseline's where that was kept."""
    return record.certificate.comparison.candidate_energy_j if record.certificate else record.baseline.energy_j


def _parts(record: Any, supply: Supply, phase: Phase, units: float | None) -> tuple[PhaseFootprint, ...]:
    if isinstance(record, Footprint):
        return (PhaseFootprint(phase=phase, name=str(phase), footprint=record, how="a footprint computed before"),)
    devices_j, how = measured_j(record)
    node = f"{how}; with the rest of the node"
    parts = [
        PhaseFootprint(phase=phase, name=str(phase), footprint=footprint(product(devices_j, REST_OF_NODE), supply), how=node)
    ]
    if isinstance(record, StudyRecord):
        count = record.horizon_units if units is None else units
        served = product(scaled(per_unit_j(record), count), REST_OF_NODE)
        said = f"{count:,.6g} × {record.unit}, at what the study measured per unit; with the rest of the node"
        parts.append(PhaseFootprint(phase=Phase.DEPLOYMENT, name="serving", footprint=footprint(served, supply), how=said))
    return tuple(parts)


def _summary(record: Any, whole: Footprint) -> str:
    if isinstance(record, StudyRecord):
        return record.verdict.rstrip(".")
    beyond = "" if whole.facility_energy_j else ", without cooling and power distribution"
    return f"What {getattr(record, 'name', '') or 'this work'} cost{beyond}"


def _hardware(record: Any) -> str:
    machine = getattr(record, "machine", None)
    return ", ".join([*machine.gpus, machine.cpu]) if machine else ""
