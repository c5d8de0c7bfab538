"""A study's record becomes one self-contained page: no other file, no network, no server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from greenwright.errors import CannotHereError
from greenwright.records.quantities import Grade
from greenwright.records.study import StudyRecord
from greenwright.report import before_after, front, proof, search, words

if TYPE_CHECKING:
    import jinja2

FILTERS = {
    "about": words.about_text,
    "choices": words.choices_text,
    "count": words.count_text,
    "drop": words.drop_text,
    "drop_range": words.drop_range_text,
    "duration": words.duration_text,
    "energy": words.energy_text,
    "energy_range": words.energy_range_text,
    "factor": words.factor_text,
    "inference": words.inference_text,
    "noun": words.noun_text,
    "quality": words.quality_text,
    "ratio": words.ratio_text,
    "ratio_range": words.ratio_range_text,
    "share": words.share_text,
    "size": words.size_text,
}


def render(record: StudyRecord) -> str:
    """The page's HTML, with the plotting script inside.

    Raises:
        CannotHereError: Jinja2 or Plotly is not installed.
    """
    try:
        template = templates().get_template("page.html")
        page = template.render(record=record, plotly=_plotly(), **_context(record))
    except ModuleNotFoundError as error:
        raise CannotHereError(f"the page needs {error.name}: run pip install 'greenwright[report]'") from error
    return page


def write_page(record: StudyRecord, path: Path) -> None:
    """Put the page at ``path``, whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_text(render(record), encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _context(record: StudyRecord) -> dict[str, Any]:
    certificate = record.certificate
    return {
        "title": record.name,
        "version": record.greenwright_version,
        "finished_at": record.finished_at,
        "certificate": certificate,
        "saves": certificate is not None,
        "cards": before_after.cards(record),
        "figures_table": before_after.figures_table(record),
        "trials": search.trials_in_order(record),
        "figure": front.figure(record),
        "points": front.points(record),
        "outside_view": front.outside_view(record),
        "proofs": list(zip(record.proofs, proof.scales(record.proofs), map(proof.bound_text, record.proofs), strict=True)),
        "outcomes": {offer.strategy: search.outcome_text(offer, record) for offer in record.offers if offer.applies},
        "predictions": {offer.strategy: search.predicted_text(offer) for offer in record.offers},
        "missed": search.prediction_text(record),
        "bars": search.spending_bars(record),
        "repaid": search.repaid_text(certificate, record.horizon_units) if certificate else "",
        "cpu_ratio": before_after.cpu_ratio(certificate) if certificate else None,
        "grade": (certificate.comparison.candidate_energy_j if certificate else record.baseline.energy_j).grade,
        "grades": {grade.value: words.GRADE_WORDS[grade] for grade in Grade},
    }


def templates() -> jinja2.Environment:
    """The environment that draws every page: one base, one stylesheet, numbers as words."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = Path(__file__).parent / "templates"
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(FILTERS)
    return environment


def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())
