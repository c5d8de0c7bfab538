"""One self-contained page of a disclosure: no other file, no network, readable without JavaScript, and on paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from greenwright.errors import CannotHereError
from greenwright.records.disclosure import BreakEven, Disclosure, Phase
from greenwright.records.quantities import Grade, Quantity
from greenwright.report import words
from greenwright.report.amounts import quantity_text, range_text
from greenwright.report.contract import Meta
from greenwright.report.figures import BOUNDARY_WORDS, added, delivered_j, figure, figures
from greenwright.report.page import templates

META = Meta(
    id="html",
    title="One page for people",
    suffix=".html",
    leaves_blank="what is not known stands as such",
    source="https://html.spec.whatwg.org/",
)
BARS = (("Carbon", "kg CO2e"), ("Energy", "kWh"), ("Water", "L"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One phase's share of one criterion."""

    phase: str
    width_percent: float
    amount: str
    share: str


def render(disclosure: Disclosure) -> str:
    """The page's HTML.

    Raises:
        CannotHereError: Jinja2 is not installed.
    """
    try:
        template = templates().get_template("disclosure.html")
    except ModuleNotFoundError as error:
        raise CannotHereError(f"the page needs {error.name}: run pip install 'greenwright[report]'") from error
    return template.render(disclosure=disclosure, **_context(disclosure))


def _context(disclosure: Disclosure) -> dict[str, Any]:
    total, each = disclosure.total, disclosure.per_unit
    carbon = _carbon(disclosure)
    return {
        "title": f"{disclosure.name} {disclosure.version}".strip(),
        "version": disclosure.greenwright_version,
        "finished_at": disclosure.created_at,
        "unit": words.noun_text(total.unit) if total.unit else "",
        "boundary": BOUNDARY_WORDS[total.boundary],
        "count": words.count_text(total.functional_units) if total.functional_units is not None else "",
        "cards": _cards(disclosure, carbon),
        "rows": [(one, figure(each, one.key) if each else None) for one in figures(total)],
        "bars": [(name, _bars(disclosure, name, unit)) for name, unit in BARS],
        "phases": [(one, [figure(one.footprint, key) for key in _PHASE_COLUMNS]) for one in disclosure.phases],
        "heads": [figure(total, key).title for key in _PHASE_COLUMNS],
        "break_evens": [(one, _after(one, total.unit)) for one in disclosure.break_evens],
        "left_out": [*total.leaves_out, *disclosure.warnings],
        "text": lambda one: quantity_text(one.quantity, one.unit),
        "range": lambda one: range_text(one.quantity, one.unit),
        "number": lambda value: f"{value:,.4g}",
        "about": words.about_text,
        "grades": {grade.value: words.GRADE_WORDS[grade] for grade in Grade},
        "sci": quantity_text(disclosure.sci_g_per_unit, "kg CO2e") if disclosure.sci_g_per_unit else "",
    }


_PHASE_COLUMNS = ("facility_energy", "location_carbon", "embodied_carbon", "site_water", "grid_water", "ewaste")


def _cards(disclosure: Disclosure, carbon: Quantity | None) -> list[dict[str, str]]:
    total, each = disclosure.total, disclosure.per_unit
    water = added((total.site_water.consumed_l, total.grid_water.consumed_l, total.embodied_water_l))
    energy = delivered_j(total)
    shown: list[tuple[str, Quantity | None, str, str]] = [
        ("Carbon", carbon, "kg CO2e", "operation by location, and making the hardware"),
        ("Energy", energy, "kWh", f"at the boundary of the {'facility' if total.facility_energy_j else 'machines'}"),
        ("Water", water, "L", "consumed at the site, at power stations and in making"),
    ]
    if each is not None:
        per = added((each.location_g, each.losses_g, each.embodied_g))
        shown.append(
            (f"Carbon per {words.noun_text(total.unit)}", per, "kg CO2e", f"over {words.count_text(total.functional_units)}")
        )
    else:
        shown.append(("Hardware used up", total.ewaste_g, "kg", "by share of life"))
    return [
        {
            "label": label,
            "value": quantity_text(quantity, unit),
            "note": f"{range_text(quantity, unit) or 'no range'}; {note}" if quantity else note,
            "grade": quantity.grade.value if quantity else "",
        }
        for label, quantity, unit, note in shown
    ]


def _carbon(disclosure: Disclosure) -> Quantity | None:
    total = disclosure.total
    return added((total.location_g, total.losses_g, total.embodied_g))


def _bars(disclosure: Disclosure, name: str, unit: str) -> list[Bar]:
    amounts = {phase: _of_phase(disclosure, phase, name) for phase in Phase}
    whole = sum(one.value for one in amounts.values() if one)
    if not whole > 0:
        return []
    most = max(one.value for one in amounts.values() if one)
    return [
        Bar(
            phase=phase.value,
            width_percent=round(100 * one.value / most, 2),
            amount=quantity_text(one, unit),
            share=_share(one.value / whole),
        )
        for phase, one in amounts.items()
        if one is not None
    ]


def _share(share: float) -> str:
    return "<0.1%" if 0 < share < 0.001 else words.share_text(round(share, 3))  # noqa: PLR2004 - a tenth of a percent


def _of_phase(disclosure: Disclosure, phase: Phase, name: str) -> Quantity | None:
    parts = [one.footprint for one in disclosure.phases if one.phase is phase]
    picks: dict[str, Any] = {
        "Carbon": lambda one: (one.location_g, one.losses_g, one.embodied_g),
        "Energy": lambda one: (delivered_j(one),),
        "Water": lambda one: (one.site_water.consumed_l, one.grid_water.consumed_l, one.embodied_water_l),
    }
    return added(amount for part in parts for amount in picks[name](part))


def _after(one: BreakEven, unit: str) -> str:
    if one.after_units is None:
        return "perhaps never"
    return words.units_text(one.after_units.value, unit)
