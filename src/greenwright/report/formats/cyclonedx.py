"""Environmental considerations of a CycloneDX machine-learning bill of materials.

The schema knows kilowatt-hours and tonnes only, and has no field for water, hardware or ranges: those are properties.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from greenwright.records.disclosure import Disclosure, Phase, PhaseFootprint
from greenwright.report.contract import Meta
from greenwright.report.figures import delivered_j, figures, printed
from greenwright.units import G_PER_T, J_PER_KWH

META = Meta(
    id="cyclonedx",
    title="CycloneDX 1.6 ML-BOM with environmental considerations",
    suffix=".cdx.json",
    leaves_blank="no field for water, hardware, ranges or market-based carbon: these are properties named greenwright:…; no offsets",
    source="https://cyclonedx.org/docs/1.6/json/",
)
ACTIVITIES = {
    Phase.DATA: "data-preparation",
    Phase.TRAINING: "training",
    Phase.DEPLOYMENT: "inference",
    Phase.MAINTENANCE: "other",
    Phase.RETIREMENT: "other",
}


def render(disclosure: Disclosure) -> str:
    """The bill of materials as JSON."""
    return json.dumps(document(disclosure), indent=2, ensure_ascii=False) + "\n"


def document(disclosure: Disclosure) -> dict[str, Any]:
    """The bill of materials: one component, one consumption for each part whose energy is known."""
    consumptions = [
        _consumption(one, index, disclosure) for index, one in enumerate(disclosure.phases) if delivered_j(one.footprint)
    ]
    considerations = {"energyConsumptions": consumptions, "properties": _properties(disclosure)}
    component: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": _reference(disclosure.name, disclosure.version),
        "name": disclosure.name,
        "modelCard": {"considerations": {"environmentalConsiderations": considerations}},
    }
    if disclosure.version:
        component["version"] = disclosure.version
    made: dict[str, Any] = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [component]}
    if disclosure.created_at:
        made["metadata"] = {"timestamp": disclosure.created_at}
    return made


def _consumption(one: PhaseFootprint, index: int, disclosure: Disclosure) -> dict[str, Any]:
    energy = delivered_j(one.footprint)
    assert energy is not None
    kwh = {"value": energy.value / J_PER_KWH, "unit": "kWh"}
    provider = {
        "bom-ref": f"{_reference(disclosure.name, disclosure.version)}-grid-{index}",
        "description": f"electricity at {disclosure.facts.place or 'a place that is not known'}",
        "organization": {"name": disclosure.facts.place or "not known"},
        "energySource": "unknown",
        "energyProvided": kwh,
    }
    made: dict[str, Any] = {"activity": ACTIVITIES[one.phase], "energyProviders": [provider], "activityEnergyCost": kwh}
    if one.footprint.location_g is not None:
        made["co2CostEquivalent"] = {"value": one.footprint.location_g.value / G_PER_T, "unit": "tCO2eq"}
    made["properties"] = [
        _property("phase", one.phase.value),
        _property("part", one.name),
        _property("how", one.how),
        _property("boundary", one.footprint.boundary.value),
        _property("co2CostEquivalent", "operational, location-based"),
        *_figures(one.footprint),
    ]
    return made


def _properties(disclosure: Disclosure) -> list[dict[str, str]]:
    left_out = [*disclosure.total.leaves_out, *disclosure.warnings]
    return [
        _property("method", disclosure.method),
        *_figures(disclosure.total),
        *(_property("left_out", text) for text in left_out),
    ]


def _figures(footprint: Any) -> list[dict[str, str]]:
    """Every known figure with its range and grade, in the units that tables print."""
    made = []
    for one in figures(footprint):
        if one.quantity is not None and (numbers := printed(one)):
            value, low, high = numbers
            made.append(_property(one.key, f"{value!r} {one.unit} ({low!r} to {high!r}, {one.quantity.grade})"))
    return made


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": f"greenwright:{name}", "value": value}


def _reference(name: str, version: str) -> str:
    return f"model-{sha256(f'{name}@{version}'.encode()).hexdigest()[:12]}"
