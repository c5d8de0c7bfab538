"""What the EU AI Act asks about energy: annex XI, section 1, 2 (d) and (e), in the terms of the Model Documentation Form."""

from __future__ import annotations

from math import floor, log10

from greenwright.records.disclosure import Disclosure, Phase
from greenwright.report.asked import Asked, csv_of, empty
from greenwright.report.contract import Meta
from greenwright.report.figures import BOUNDARY_WORDS, delivered_j, of_training
from greenwright.units import J_PER_KWH

META = Meta(
    id="eu-ai-act",
    title="CSV for the energy part of the EU AI Act's technical documentation",
    suffix=".csv",
    leaves_blank="FLOPs, unless the plan gives them, and everything of annex XI that is not compute, time or energy",
    source="https://eur-lex.europa.eu/eli/reg/2024/1689/oj",
)
J_PER_MWH = 1_000 * J_PER_KWH
S_PER_DAY = 86_400.0
MONTHS = ((1, "less than 1 month"), (3, "1 to 3 months"), (6, "3 to 6 months"), (float("inf"), "more than 6 months"))
DAYS_PER_MONTH = 30.4


def render(disclosure: Disclosure) -> str:
    """One row per question, in the order of the form."""
    return csv_of([*_compute(disclosure), *_energy(disclosure), *_inference(disclosure)])


def two_figures(value: float) -> str:
    """At least two significant figures, as the form asks: ``12.345`` as ``"12"``, ``0.01234`` as ``"0.012"``, ``123.4`` as ``"123"``."""
    if value == 0:
        return "0"
    decimals = max(0, 1 - floor(log10(abs(value))))
    return f"{value:.{decimals}f}"


def _compute(disclosure: Disclosure) -> list[Asked]:
    facts = disclosure.facts
    return [
        _said(
            "2(d) training time",
            "Duration of training by the clock, as a range",
            "",
            _months(facts.training_s),
            "not known: give training_hours",
        ),
        _said(
            "2(d) training time",
            "Duration of training by the clock",
            "days",
            _days(facts.training_s),
            "not known: give training_hours",
        ),
        _said(
            "2(d) training time",
            "Hardware-days of training",
            "accelerator-days",
            _days(facts.training_device_s),
            "accelerator-hours are not known",
        ),
        _said(
            "2(d) computation", "Computation of training", "FLOP", _flop(facts.training_flop), "not known: give training_flop"
        ),
        empty(
            "2(d) computation",
            "How computation was measured or estimated",
            "",
            "describe it in words; greenwright counts joules, not operations",
        ),
    ]


def _energy(disclosure: Disclosure) -> list[Asked]:
    energy = of_training(disclosure, delivered_j)
    method = f"{'; '.join(one.how for one in disclosure.phases if one.phase is Phase.TRAINING)}. {disclosure.method}"
    if energy is None:
        return [
            empty(
                "2(e) energy",
                "Energy consumed in training",
                "MWh",
                "N/A: a part of training has no energy, or there is no training",
            )
        ]
    value, low, high = (one / J_PER_MWH for one in (energy.value, energy.low, energy.high))
    row = Asked(
        reference="2(e) energy",
        name="Energy consumed in training",
        unit="MWh",
        value=two_figures(value),
        low=two_figures(low),
        high=two_figures(high),
        grade=energy.grade.value,
        why=f"unrounded: {value!r} MWh; boundary: {BOUNDARY_WORDS[disclosure.total.boundary]}",
    )
    return [
        row,
        Asked(
            reference="2(e) energy",
            name="How energy was measured or estimated",
            value=method,
            why="boundary and factors are in the report",
        ),
    ]


def _inference(disclosure: Disclosure) -> list[Asked]:
    facts = disclosure.facts
    return [
        _said(
            "2(e) inference",
            "Benchmarked computation of inference",
            "FLOP",
            _flop(facts.inference_flop),
            "not known: give inference_flop",
        ),
        _said(
            "2(e) inference", "Task and hardware of that benchmark", "", facts.inference_task, "not known: give inference_task"
        ),
    ]


def _said(reference: str, name: str, unit: str, value: str, blank: str) -> Asked:
    return (
        Asked(reference=reference, name=name, unit=unit, value=value, why="as given")
        if value
        else empty(reference, name, unit, blank)
    )


def _months(duration_s: float | None) -> str:
    if duration_s is None:
        return ""
    months = duration_s / S_PER_DAY / DAYS_PER_MONTH
    return next(text for most, text in MONTHS if months < most)


def _days(duration_s: float | None) -> str:
    return "" if duration_s is None else two_figures(duration_s / S_PER_DAY)


def _flop(count: float | None) -> str:
    return "" if count is None else f"{count:.1e}"
