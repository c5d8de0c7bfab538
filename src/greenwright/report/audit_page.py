"""An audit's record becomes one self-contained page, in the look of a study's: no other file, no network, no script."""

from __future__ import annotations

from typing import Any

from greenwright.errors import CannotHereError
from greenwright.records.audit import AuditRecord, Side
from greenwright.records.quantities import Grade
from greenwright.report import audit_words as words
from greenwright.report import page
from greenwright.report.words import GRADE_WORDS, count_text, share_text, watt_hours_text

_LISTED = 12
_GRADES = {
    Grade.MODELLED: "Computed, not read: what jobs held and how busy it was, times what such hardware draws.",
    Grade.ASSUMED: "Computed from what jobs held, with typical values for what nobody said: how busy it was, or what it was.",
}


def render(record: AuditRecord) -> str:
    """The page's HTML.

    Raises:
        CannotHereError: Jinja2 is not installed.
    """
    try:
        templates = page.templates()
        templates.filters.update(
            energy=watt_hours_text, carbon=words.carbon_text, water=words.water_text, hours=words.hours_text, share=share_text,
            count=count_text, money=words.money_text, energy_span=words.energy_span, carbon_span=words.carbon_span,
            saving=words.saving_text, realised=words.realised_text,
        )  # fmt: skip
        return str(templates.get_template("audit.html").render(record=record, **_context(record)))
    except ModuleNotFoundError as error:
        raise CannotHereError(f"the page needs {error.name}: run pip install 'greenwright[report]'") from error


def _context(record: AuditRecord) -> dict[str, Any]:
    return {
        "title": "Audit",
        "version": record.greenwright_version,
        "finished_at": record.created_at,
        "headline": words.headline(record),
        "charts": [(side, _bars(side)) for side in record.sides],
        "saved_share": sum(
            one.opportunity.saving_share for one in record.hotspots if one.opportunity and one.opportunity.saving_j.high > 0
        ),
        "grades": {grade.value: _GRADES.get(grade, GRADE_WORDS[grade]) for grade in Grade},
    }


def _bars(side: Side) -> list[dict[str, Any]]:
    """Each value as a bar, as long as its part of the largest."""
    ordered = sorted(side.slices, key=lambda one: one.name) if side.dimension == "month" else list(side.slices)
    shown = ordered[: 24 if side.dimension == "month" else _LISTED]
    energies = [one.impact.energy_j.value if one.impact.energy_j else 0.0 for one in side.slices]
    whole = sum(energies) + (side.other.energy_j.value if side.other and side.other.energy_j else 0.0)
    most = max(energies, default=0.0)
    return [
        {
            "name": one.name,
            "impact": one.impact,
            "width_percent": 100 * (one.impact.energy_j.value / most) if one.impact.energy_j and most else 0,
            "share": one.impact.energy_j.value / whole if one.impact.energy_j and whole else None,
        }
        for one in shown
    ]
