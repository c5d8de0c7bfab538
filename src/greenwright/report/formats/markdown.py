"""Markdown for a repository, a wiki or a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from greenwright.records.disclosure import Disclosure
from greenwright.report.amounts import amount_text, quantity_text, range_text
from greenwright.report.contract import Meta
from greenwright.report.figures import BOUNDARY_WORDS, figure, figures
from greenwright.report.words import noun_text, units_text

META = Meta(
    id="markdown",
    title="Markdown, for repositories and wikis",
    suffix=".md",
    leaves_blank="figures that are not known stand as such",
    source="https://github.github.com/gfm/",
)
COLUMNS = ("it_energy", "facility_energy", "location_carbon", "embodied_carbon", "site_water", "grid_water")


def render(disclosure: Disclosure) -> str:
    """The report, a section after another."""
    return "\n".join([*_head(disclosure), *_totals(disclosure), *_phases(disclosure), *_rest(disclosure)]) + "\n"


def _head(disclosure: Disclosure) -> Iterator[str]:
    version = f" {disclosure.version}" if disclosure.version else ""
    yield from (f"# {_plain(disclosure.name)}{version}: environmental footprint", "", f"{_plain(disclosure.summary)}.", "")
    facts = disclosure.facts
    said = {"Place": facts.place, "Hardware": facts.hardware, "Period": facts.period, "Training": facts.training_type}
    yield from (f"- {name}: {_plain(value)}" for name, value in said.items() if value)
    yield f"- Boundary: {BOUNDARY_WORDS[disclosure.total.boundary]}"
    yield ""


def _totals(disclosure: Disclosure) -> Iterator[str]:
    each = disclosure.per_unit
    unit = noun_text(disclosure.total.unit)
    heads = ["Figure", "Total", *([f"Per {unit}"] if each else []), "Range of the total", "Grade", "Note"]
    yield from ("## Totals", "")
    rows = []
    for one in figures(disclosure.total):
        per = [quantity_text(figure(each, one.key).quantity, one.unit)] if each else []
        grade = one.quantity.grade.value if one.quantity else ""
        rows.append(
            (one.title, quantity_text(one.quantity, one.unit), *per, range_text(one.quantity, one.unit), grade, one.note)
        )
    yield from _table(heads, rows)
    if disclosure.sci_g_per_unit:
        score = amount_text(disclosure.sci_g_per_unit.value, "kg CO2e")
        yield from ("", f"Software carbon intensity (ISO/IEC 21031): {score} per {unit}.")
    yield ""


def _phases(disclosure: Disclosure) -> Iterator[str]:
    yield from ("## By phase", "")
    heads = ("Phase", "Part", *(figure(disclosure.total, key).title for key in COLUMNS), "How")
    rows = []
    for one in disclosure.phases:
        cells = [quantity_text((it := figure(one.footprint, key)).quantity, it.unit) for key in COLUMNS]
        rows.append((one.phase.value, one.name, *cells, one.how))
    yield from _table(heads, rows)
    yield ""


def _rest(disclosure: Disclosure) -> Iterator[str]:
    if disclosure.break_evens:
        yield from ("## Break-even", "")
        for one in disclosure.break_evens:
            after = f"{units_text(one.after_units.value, disclosure.total.unit)}: " if one.after_units else ""
            yield f"- {one.criterion}: {after}{_plain(one.says)}"
        yield ""
    if disclosure.score:
        yield from (
            f"Score: {disclosure.score.value:.2f}, {disclosure.score.band}, against {_plain(disclosure.score.against)}.",
            "",
        )
    left_out = [*disclosure.total.leaves_out, *disclosure.warnings]
    if left_out:
        yield from ("## What is left out", "", *(f"- {_plain(text)}" for text in left_out), "")
    yield from (
        "## Method",
        "",
        disclosure.method,
        "",
        "| Factor | Value | Range | Unit | Source |",
        "| --- | --- | --- | --- | --- |",
    )
    for used in disclosure.total.factors:
        quantity = used.quantity
        yield (
            f"| {_plain(used.name)} | {quantity.value:.6g} | {quantity.low:.6g} to {quantity.high:.6g} | {used.unit} "
            f"| {_plain(quantity.source)} ({quantity.grade}) |"
        )
    yield from ("", f"Made by greenwright {disclosure.greenwright_version} on {disclosure.created_at[:10]}.")


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for cells in (heads, ["---"] * len(heads), *rows):
        yield f"| {' | '.join(_plain(cell) for cell in cells)} |"


def _plain(text: str) -> str:
    """A name must not become a column, a tag or a line."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
