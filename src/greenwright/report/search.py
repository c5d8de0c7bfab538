"""What the search tried, what it spent, and when that is repaid."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite, sqrt
from statistics import median
from typing import TYPE_CHECKING

from greenwright.records.study import TrialState
from greenwright.report import words

if TYPE_CHECKING:
    from greenwright.records.study import Certificate, Offer, StudyRecord, Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One purpose that energy was spent on."""

    purpose: str
    energy: str
    share: str
    width_percent: float


def trials_in_order(record: StudyRecord) -> list[Trial]:
    """The chosen first, then the front, then what was measured by energy, then what was stopped, then what failed."""
    states = list(TrialState)

    def key(trial: Trial) -> tuple[bool, int, bool, float, int]:
        ratio = trial.figures.energy_ratio.value if trial.figures else inf
        return not trial.chosen, states.index(trial.state), not trial.on_front, ratio, trial.number

    return sorted(record.trials, key=key)


def outcome_text(offer: Offer, record: StudyRecord) -> str:
    """What became of a strategy that applied: measured how, in which trial, and kept or lost."""
    alone = [trial for trial in record.trials if [step.strategy for step in trial.recipe] == [offer.strategy]]
    tried = alone or [trial for trial in record.trials if any(step.strategy == offer.strategy for step in trial.recipe)]
    if not tried:
        return f"Put off: {offer.put_off}." if offer.put_off else "Not tried."
    best = min(tried, key=lambda trial: (not trial.chosen, trial.figures.energy_ratio.value if trial.figures else inf))
    if best.figures is None:
        return f"Lost in trial {best.number}: {best.reason}."
    with_others = "" if alone else ", with others"
    measured = (
        f"Measured: {words.share_text(best.figures.energy_ratio.value)} of the energy, in trial {best.number}{with_others}."
    )
    kept = any(trial.chosen and any(step.strategy == offer.strategy for step in trial.recipe) for trial in record.trials)
    return f"{measured} {'Kept.' if kept else f'Lost: {best.reason}.'}"


def predicted_text(offer: Offer) -> str:
    """What earlier studies led to expect, or nothing."""
    told = offer.predicted
    if told is None:
        return ""
    low, high = words.share_text(told.energy_ratio.low), words.share_text(told.energy_ratio.high)
    return (
        f"Predicted from {words.studies_text(told.study_count)}: {low} to {high} of the energy, and quality held"
        f" {words.share_text(told.holds_share)} of the time."
    )


def prediction_text(record: StudyRecord) -> str:
    """By how much predictions from earlier studies missed, beside what the strategies' own promises missed by; or nothing."""
    known = [
        (offer.expects, offer.predicted, offer.predicted.realised)
        for offer in record.offers
        if offer.predicted and offer.predicted.realised and offer.expects
    ]
    if not known:
        return ""
    learnt = median(_missed(told.energy_ratio.value, found.value) for _, told, found in known)
    promised = median(_missed(sqrt(low * high), found.value) for (low, high), _, found in known)
    count = max(told.study_count for _, told, _ in known)
    return (
        f"What {words.studies_text(count)} led to expect of {words.count_text(len(known))} of its strategies missed by a factor of"
        f" {words.factor_text(learnt)[:-1]} in the middle; their own promises missed by {words.factor_text(promised)[:-1]}."
    )


def _missed(first: float, second: float) -> float:
    """The factor between two ratios, at least 1."""
    return max(first / second, second / first)


def spending_bars(record: StudyRecord) -> list[Bar]:
    """The search's energy by purpose, the largest first; a bar's width is its share of the total."""
    spent = [(spending.purpose, spending.energy_j.value) for spending in record.spending if isfinite(spending.energy_j.value)]
    total_j = sum(energy_j for _, energy_j in spent) or 1.0
    return [
        Bar(
            purpose=purpose,
            energy=words.energy_text(energy_j),
            share=words.share_text(energy_j / total_j),
            width_percent=round(100 * energy_j / total_j, 2),
        )
        for purpose, energy_j in sorted(spent, key=lambda pair: -pair[1])
    ]


def repaid_text(certificate: Certificate, horizon_units: float) -> str:
    """How soon the saving has paid for the search, in words."""
    if not isfinite(certificate.break_even_units):
        return "The saving never repays the search."
    count = words.units_text(max(0.0, certificate.break_even_units), certificate.unit)
    judged = (
        f" The saving was judged over {words.units_text(horizon_units, certificate.unit)}." if isfinite(horizon_units) else ""
    )
    return f"The search is repaid after {count}.{judged}"
