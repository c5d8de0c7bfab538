"""The headline numbers and the table of figures, as words: before and after, or the baseline alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from greenwright.report import words
from greenwright.report.proof import bound_text, lost_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from greenwright.records.quantities import Grade, Interval, Quantity
    from greenwright.records.study import Certificate, Figures, QualityProof, StudyRecord

NOTHING = "\N{EM DASH}"
LESS = ("less", "more")
FASTER = ("faster", "slower")
SMALLER = ("smaller", "larger")
MILLION = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One headline number."""

    label: str
    value: str
    note: str
    grade: Grade | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure, before and after."""

    label: str
    before: str
    after: str = NOTHING
    change: str = ""
    before_note: str = ""
    after_note: str = ""
    change_note: str = ""
    before_grade: Grade | None = None
    after_grade: Grade | None = None
    better: bool = False
    """Whether the change is for the better."""


def cards(record: StudyRecord) -> list[Card]:
    """Energy, quality, size and latency: the change where there is a certificate, else what they are."""
    noun, metric = words.noun_text(record.unit), _title(record.metric)
    if record.certificate:
        return _changes(record.certificate, noun, metric)
    now = record.baseline
    energy = f"range: {words.energy_range_text(now.energy_j)}"
    of = "whole text" if now.generated else "call"
    latency = f"median of one {of} with batch {record.batch}"
    return [
        Card(label=f"Energy per {noun}", value=words.energy_text(now.energy_j.value), note=energy, grade=now.energy_j.grade),
        Card(label=metric, value=words.quality_text(now.quality, record.metric), note="on the validation set"),
        Card(label="Size", value=words.size_text(now.size_bytes), note="on disk"),
        Card(label="Latency", value=words.duration_text(now.latency_p50_s), note=latency),
    ]


def figures_table(record: StudyRecord) -> list[Row]:
    """Every figure of the baseline and, with a certificate, of the candidate."""
    proven = record.certificate
    before, after = (proven.baseline, proven.candidate) if proven else (record.baseline, None)
    noun, metric = words.noun_text(record.unit), record.metric
    latency = "Latency of a whole text" if before.generated else "Latency"

    def row(label: str, say: Callable[[float | None], str], name: str, change: tuple[str, str] = LESS) -> Row:
        ratio = _over(getattr(after, name, None), getattr(before, name))
        row = Row(label=label, before=say(getattr(before, name)), after=say(getattr(after, name)) if after else NOTHING)
        return replace(row, change=words.ratio_text(ratio, *change), better=ratio < 1) if ratio else row

    return [
        _energy_row(
            f"Energy per {noun}",
            before.energy_j,
            proven.candidate.energy_j if proven else None,
            proven.comparison.ratio if proven else None,
        ),
        _electricity_row(f"Electricity per {words.units_text(MILLION, record.unit)}", before, after),
        row(f"Processor time per {noun}", words.duration_text, "cpu_s"),
        *_generated_rows(before, after),
        row(f"{latency}, median", words.duration_text, "latency_p50_s", FASTER),
        row(f"{latency}, 95th percentile", words.duration_text, "latency_p95_s", FASTER),
        *_paced_rows(before, after),
        _throughput_row(before, after),
        row("Size on disk", words.size_text, "size_bytes", SMALLER),
        row("Peak memory of a fresh process", words.size_text, "peak_memory_bytes"),
        _quality_row(f"{_title(metric)}, validation", record, after),
        *([_test_row(proven.quality)] if proven else []),
    ]


def _paced_rows(before: Figures, after: Figures | None) -> list[Row]:
    """Latency and processor time of calls that come with pauses between them, where that was measured."""
    if before.paced is None:
        return []
    then = after.paced if after else None
    pause = f"with {words.duration_text(before.paced.gap_s)} between calls"
    return [
        _duration_row(f"Latency, median, {pause}", before.paced.latency_p50_s, then.latency_p50_s if then else None, FASTER),
        _duration_row(f"Processor time, {pause}", before.paced.cpu_s, then.cpu_s if then else None, LESS),
    ]


def _generated_rows(before: Figures, after: Figures | None) -> list[Row]:
    """Prefill and decode apart, where texts are generated."""
    now, then = before.generated, after.generated if after else None
    if now is None:
        return []
    prefill, decode = (then.prefill, then.decode) if then else (None, None)
    size = _over(then.cache_bytes if then else None, now.cache_bytes)
    texts = "the text's" if now.batch == 1 else f"{now.batch} texts'"
    cache = Row(
        label=f"Cache at {texts} end",
        before=words.size_text(now.cache_bytes),
        after=words.size_text(then.cache_bytes) if then else NOTHING,
        change=words.ratio_text(size, *SMALLER) if size else "",
        better=size is not None and size < 1,
    )
    return [
        _energy_row(
            f"Energy per token read, of prompts of {now.prompt_tokens:,}",
            now.prefill.energy_j,
            prefill.energy_j if prefill else None,
            prefill.energy_ratio if prefill else None,
        ),
        _energy_row(
            f"Energy per token said after the first, of {now.new_tokens:,}",
            now.decode.energy_j,
            decode.energy_j if decode else None,
            decode.energy_ratio if decode else None,
        ),
        _duration_row("Until the first token", now.prefill.latency_p50_s, prefill.latency_p50_s if prefill else None, FASTER),
        _duration_row("From one token to the next", now.decode.latency_p50_s, decode.latency_p50_s if decode else None, FASTER),
        cache,
    ]


def _duration_row(label: str, before_s: float, after_s: float | None, change: tuple[str, str]) -> Row:
    ratio = _over(after_s, before_s)
    row = Row(label=label, before=words.duration_text(before_s), after=words.duration_text(after_s) if after_s else NOTHING)
    return replace(row, change=words.ratio_text(ratio, *change), better=ratio < 1) if ratio else row


def cpu_ratio(certificate: Certificate) -> float | None:
    """Processor time of the candidate as a share of the baseline's: what was measured where joules are modelled."""
    return _over(certificate.comparison.candidate_cpu_s, certificate.comparison.baseline_cpu_s)


def _changes(proven: Certificate, noun: str, metric: str) -> list[Card]:
    before, after, quality, ratio = proven.baseline, proven.candidate, proven.quality, proven.comparison.ratio
    size = words.ratio_text(_over(after.size_bytes, before.size_bytes), *SMALLER)
    latency = words.ratio_text(_over(after.latency_p50_s, before.latency_p50_s), *FASTER)
    scores = " → ".join(words.quality_text(score, quality.metric) for score in (quality.baseline, quality.candidate))
    return [
        Card(
            label=f"Energy per {noun}",
            value=words.ratio_text(ratio.value),
            note=f"{words.share_text(ratio.confidence)} interval: {words.ratio_range_text(ratio)}",
            grade=proven.comparison.candidate_energy_j.grade,
        ),
        Card(
            label=f"{metric} on test",
            value=lost_text(quality.drop.value, quality.metric),
            note=f"{scores}; {bound_text(quality)}",
        ),
        Card(label="Size", value=size, note=f"{words.size_text(before.size_bytes)} → {words.size_text(after.size_bytes)}"),
        Card(
            label="Latency",
            value=latency,
            note=f"median: {words.duration_text(before.latency_p50_s)} → {words.duration_text(after.latency_p50_s)}",
        ),
    ]


def _energy_row(label: str, before: Quantity, after: Quantity | None, ratio: Interval | None) -> Row:
    now = Row(
        label=label,
        before=words.energy_text(before.value),
        before_note=words.energy_range_text(before),
        before_grade=before.grade,
    )
    if after is None or ratio is None:
        return now
    return replace(
        now,
        after=words.energy_text(after.value),
        after_note=words.energy_range_text(after),
        after_grade=after.grade,
        change=words.ratio_text(ratio.value),
        change_note=words.ratio_range_text(ratio),
        better=ratio.high < 1,
    )


def _electricity_row(label: str, before: Figures, after: Figures | None) -> Row:
    said = [words.watt_hours_text(figures.energy_j.value * MILLION) for figures in (before, after) if figures]
    return Row(label=label, before=said[0], after=said[1] if after else NOTHING)


def _quality_row(label: str, record: StudyRecord, after: Figures | None) -> Row:
    before = record.certificate.baseline if record.certificate else record.baseline
    row = Row(label=label, before=words.quality_text(before.quality, record.metric))
    if after is None:
        return row
    drop = (before.quality - after.quality) * (1 if record.higher_is_better else -1)
    said = words.quality_text(after.quality, record.metric)
    return replace(row, after=said, change=lost_text(drop, record.metric), better=drop < 0)


def _test_row(proof: QualityProof) -> Row:
    return Row(
        label=f"{_title(proof.metric)}, test",
        before=words.quality_text(proof.baseline, proof.metric),
        after=words.quality_text(proof.candidate, proof.metric),
        change=lost_text(proof.drop.value, proof.metric),
        change_note=bound_text(proof),
        better=proof.drop.value < 0,
    )


def _throughput_row(before: Figures, after: Figures | None) -> Row:
    row = Row(label="Throughput", before=words.rate_text(before.throughput_per_s))
    if after is None:
        return row
    ratio = _over(after.throughput_per_s, before.throughput_per_s)
    said = words.rate_text(after.throughput_per_s)
    return replace(row, after=said, change=words.ratio_text(ratio), better=ratio is not None and ratio > 1)


def _over(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _title(metric: str) -> str:
    return metric[:1].upper() + metric[1:]
