"""A model card's ``co2_eq_emissions`` are grams, as a number."""

from __future__ import annotations

import re

from greenwright.footprint.claims.contract import Meta, finding
from greenwright.records.claims import ClaimDocument, ClaimFinding, Kind, Severity, Statement
from greenwright.units import G_PER_KG, G_PER_T

META = Meta(
    id="card-metadata",
    title="A model card's emissions are not grams",
    source="https://huggingface.co/docs/hub/model-cards-co2",
)
WHERE = "metadata, co2_eq_emissions"
FIELDS = {"emissions", "source", "training_type", "geographical_location", "hardware_used"}


def find(document: ClaimDocument) -> list[ClaimFinding]:
    """What is wrong with the metadata of a model card."""
    given = (document.metadata or {}).get("co2_eq_emissions")
    if given is None:
        return []
    emitted = given.get("emissions") if isinstance(given, dict) else given
    unknown = sorted(given.keys() - FIELDS) if isinstance(given, dict) else []
    found = [
        finding(META, WHERE, f"the hub reads no {key!r}", f"use {', '.join(sorted(FIELDS))}", Severity.UNSAID)
        for key in unknown
    ]
    if isinstance(emitted, bool) or not isinstance(emitted, int | float):
        return [*found, finding(META, WHERE, f"emissions are {emitted!r}, which is no number", _as_number(emitted))]
    if emitted < 0:
        found.append(finding(META, WHERE, f"emissions are {emitted:g}", "offsets and avoided emissions do not lower them"))
    return [*found, *_against_text(document, float(emitted))]


def _as_number(emitted: object) -> str:
    match = re.match(r"\s*([\d.]+)\s*(kg|g|t|lbs?)?", str(emitted))
    scale = {"kg": G_PER_KG, "t": G_PER_T, "lb": 453.59237, "lbs": 453.59237}.get((match[2] if match else "") or "", 1.0)
    return (
        f"write grams as a number: emissions: {float(match[1]) * scale:g}"
        if match
        else "write grams as a number, or leave it out"
    )


def _against_text(document: ClaimDocument, emitted_g: float) -> list[ClaimFinding]:
    """The same digits in the text with another unit; or fewer grams than the energy beside it can have emitted."""
    said = [one for claims in document.claims if claims.subject != "metadata" for one in claims.statements]
    for one in (one for one in said if one.kind in {Kind.CARBON, Kind.LOCATION_CARBON} and emitted_g > 0):
        for name, factor in (("kg", G_PER_KG), ("t", G_PER_T)):
            if abs(one.value / factor / emitted_g - 1) < 0.01:  # noqa: PLR2004 - the same digits, but for rounding
                return [_printed_as_grams(emitted_g, one, name, factor)]
    return []


def _printed_as_grams(emitted_g: float, one: Statement, name: str, factor: float) -> ClaimFinding:
    says = f"emissions are {emitted_g:g}, which the hub reads as grams; the text says {one.printed}: {name} were written as g"
    return finding(META, WHERE, says, f"write emissions: {emitted_g * factor:g}")
