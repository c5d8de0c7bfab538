"""The metadata of a Hugging Face model card, and the section of the card that it is a summary of."""

from __future__ import annotations

import json
from collections.abc import Iterator

from greenwright.records.disclosure import Disclosure, Phase
from greenwright.report.amounts import quantity_text, range_text
from greenwright.report.contract import Meta
from greenwright.report.figures import BOUNDARY_WORDS, figures, of_training

META = Meta(
    id="model-card",
    title="Metadata and a section for a Hugging Face model card",
    suffix=".md",
    leaves_blank="the hub's field holds training alone, operational and location-based; everything else stands in the text below it",
    source="https://huggingface.co/docs/hub/model-cards-co2",
)


def render(disclosure: Disclosure) -> str:
    """Front matter with ``co2_eq_emissions`` in grams, and a section of the card."""
    return "\n".join([*_metadata(disclosure), *_section(disclosure)]) + "\n"


def _metadata(disclosure: Disclosure) -> Iterator[str]:
    emitted, facts = of_training(disclosure, lambda one: one.location_g), disclosure.facts
    if emitted is None:
        yield from ("---", "# co2_eq_emissions is left out: the carbon of training is not known", "---", "")
        return
    yield from ("---", "co2_eq_emissions:", f"  emissions: {emitted.value!r}  # grams, location-based, training only")
    source = f"greenwright {disclosure.greenwright_version}".strip()
    fields = {
        "source": f"{source}, {emitted.grade}, {emitted.low:.6g} to {emitted.high:.6g} g",
        "training_type": facts.training_type,
        "geographical_location": facts.place,
        "hardware_used": facts.hardware,
    }
    yield from (f"  {name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items() if value)
    yield from ("---", "")


def _section(disclosure: Disclosure) -> Iterator[str]:
    yield from (
        "## Environmental impact",
        "",
        f"Boundary: {BOUNDARY_WORDS[disclosure.total.boundary]}. {disclosure.method}",
        "",
    )
    training = [one for one in disclosure.phases if one.phase is Phase.TRAINING]
    for one in training or disclosure.phases:
        yield from (f"### {one.phase.value.capitalize()}: {one.name}", "", f"{one.how}.", "")
        for row in figures(one.footprint):
            if row.quantity is not None:
                within = range_text(row.quantity, row.unit)
                yield (
                    f"- {row.title}: {quantity_text(row.quantity, row.unit)}"
                    + (f" ({within})" if within else "")
                    + f", {row.quantity.grade}"
                )
        yield ""
    left_out = [*disclosure.total.leaves_out, *disclosure.warnings]
    yield from ((f"Left out: {'; '.join(left_out)}.",) if left_out else ())
