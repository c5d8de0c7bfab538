"""The words that every form of a check uses."""

from __future__ import annotations

from collections.abc import Callable

from greenwright.records.checks import Budget, CheckRecord, Judgement, Metric, Outcome
from greenwright.report.words import NOT_MEASURED, duration_text, energy_text, noun_text, size_text

SIGNS = {Outcome.WITHIN: "ok", Outcome.OVER: "OVER", Outcome.CANNOT_TELL: "?"}
_GRAMS = ((1e3, "kg"), (1.0, "g"), (1e-3, "mg"), (1e-6, "µg"), (1e-9, "ng"))
_LITRES = ((1.0, "l"), (1e-3, "ml"), (1e-6, "µl"), (1e-9, "nl"))


def amount_text(metric: Metric, value: float | None, currency: str = "") -> str:
    """``"2.1 mJ"``, ``"0.4 mg CO2e"``, ``"1.2 µl"``, ``"0.0031 EUR"``."""
    if value is None:
        return NOT_MEASURED
    plain: dict[Metric, Callable[[float], str]] = {
        Metric.ENERGY: energy_text,
        Metric.LATENCY: duration_text,
        Metric.SIZE: size_text,
    }
    if metric in plain:
        return plain[metric](value)
    if metric is Metric.COST:
        return f"{value:.3g} {currency}".strip()
    scale = _GRAMS if metric is Metric.CARBON else _LITRES
    size, name = next((step for step in scale if value >= step[0]), scale[-1])
    return f"{value / size:.3g} {name}{' CO2e' if metric is Metric.CARBON else ''}"


def allowed_text(budget: Budget, currency: str = "") -> str:
    """``"at most 2 mJ"`` or ``"at most 2% above base"``."""
    if budget.max_rise_share is None:
        return f"at most {amount_text(budget.metric, budget.most, currency)}"
    share = budget.max_rise_share
    if share < 0:
        return f"at least {-share * 100:.3g}% below {budget.against}"
    return f"at most {share * 100:.3g}% above {budget.against}"


def measured_text(judgement: Judgement, currency: str = "") -> str:
    """What was measured, with its range: a change for a relative budget, an amount for an absolute one."""
    if judgement.ratio is not None:
        ratio = judgement.ratio
        spread = "" if ratio.low == ratio.high else f" ({_change(ratio.low)} to {_change(ratio.high)})"
        return f"{_change(ratio.value)}{spread} in {judgement.basis}"
    measured = judgement.measured
    if measured is None:
        return NOT_MEASURED
    metric = judgement.budget.metric
    value, low, high = (amount_text(metric, one, currency) for one in (measured.value, measured.low, measured.high))
    return value if low == high else f"{value} ({low} to {high})"


def headline(record: CheckRecord) -> str:
    """One sentence: what came of it, and the difference that matters most."""
    over = [one for one in record.judgements if one.outcome is Outcome.OVER]
    unclear = [one for one in record.judgements if one.outcome is Outcome.CANNOT_TELL]
    first = (over or unclear or list(record.judgements))[0]
    allowed = allowed_text(first.budget, record.currency)
    told = f"{first.budget.name} {measured_text(first, record.currency)}{_per(first, record)}; allowed: {allowed}"
    if over:
        return f"{_count(over, record)} over budget. {told}."
    if unclear:
        more = max((one.more_repeats or 0 for one in unclear), default=0)
        advice = f" {more} more repeats would most likely decide." if more else ""
        return f"Nobody can tell about {_count(unclear, record)}. {told}.{advice}"
    return f"{_count(list(record.judgements), record)} within budget. {told}."


def evidence_text(judgement: Judgement) -> str:
    """How the number was come by: ``"counter"``, ``"modelled"``; "" where there is none."""
    return judgement.grade.value if judgement.grade else ""


def _per(judgement: Judgement, record: CheckRecord) -> str:
    return "" if judgement.ratio or judgement.budget.metric is Metric.SIZE else f" per {noun_text(record.unit)}"


def _count(found: list[Judgement], record: CheckRecord) -> str:
    whole = len(record.judgements)
    return f"{len(found)} of {whole} budget{'' if whole == 1 else 's'}"


def _change(ratio: float) -> str:
    return f"{(ratio - 1) * 100:+.1f}%"
