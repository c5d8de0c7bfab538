"""The headline numbers and the table of figures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from greenwright.report.before_after import cards, figures_table

if TYPE_CHECKING:
    from greenwright.records.study import StudyRecord


def test_the_headline_is_the_change_in_energy_quality_size_and_latency(saving: StudyRecord) -> None:
    assert [(card.label, card.value) for card in cards(saving)] == [
        ("Energy per image", "12.3× less"),
        ("Accuracy on test", "0.28 points lost"),
        ("Size", "8× smaller"),
        ("Latency", "7.9× faster"),
    ]


def test_without_a_certificate_the_headline_is_what_the_model_costs(keeping: StudyRecord) -> None:
    assert [card.value for card in cards(keeping)] == ["1.08 mJ", "98.61%", "1.26 MB", "219 µs"]


def test_more_throughput_and_less_energy_are_better_and_a_loss_is_not(saving: StudyRecord) -> None:
    better = {row.label: row.better for row in figures_table(saving)}

    assert better["Throughput"]
    assert better["Energy per image"]
    assert not better["Accuracy, test"]


def test_memory_that_was_not_measured_says_so_and_claims_no_change(saving: StudyRecord) -> None:
    assert saving.certificate is not None
    candidate = replace(saving.certificate.candidate, peak_memory_bytes=None)

    rows = {
        row.label: row for row in figures_table(replace(saving, certificate=replace(saving.certificate, candidate=candidate)))
    }

    memory = rows["Peak memory of a fresh process"]
    assert (memory.before, memory.after, memory.change, memory.better) == ("268 MB", "not measured", "", False)


def test_a_slower_candidate_is_called_slower(saving: StudyRecord) -> None:
    assert saving.certificate is not None
    slow = replace(saving.certificate.candidate, latency_p50_s=saving.certificate.baseline.latency_p50_s * 1.4)

    rows = {row.label: row for row in figures_table(replace(saving, certificate=replace(saving.certificate, candidate=slow)))}

    assert (rows["Latency, median"].change, rows["Latency, median"].better) == ("1.4× slower", False)
