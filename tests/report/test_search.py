"""What the search tried and spent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from greenwright.records.study import Offer
from greenwright.report.search import outcome_text, repaid_text, spending_bars, trials_in_order

if TYPE_CHECKING:
    from greenwright.records.study import StudyRecord


def test_the_chosen_comes_first_then_the_front_and_the_failed_last(saving: StudyRecord) -> None:
    numbers = [trial.number for trial in trials_in_order(saving)]

    assert numbers == [7, 9, 8, 6, 0, 2, 4, 1, 3, 5, 10]


def test_bars_share_one_width_the_largest_first(saving: StudyRecord) -> None:
    bars = spending_bars(saving)

    assert (bars[0].purpose, bars[0].width_percent, bars[0].share) == ("training candidates", 70.23, "70.2%")
    assert [bar.width_percent for bar in bars] == sorted((bar.width_percent for bar in bars), reverse=True)
    assert round(sum(bar.width_percent for bar in bars)) == 100


def test_spending_nothing_draws_bars_without_length(saving: StudyRecord) -> None:
    nothing = tuple(replace(spent, energy_j=replace(spent.energy_j, value=0.0)) for spent in saving.spending)

    assert {bar.width_percent for bar in spending_bars(replace(saving, spending=nothing))} == {0.0}


def test_the_break_even_is_said_in_units(saving: StudyRecord) -> None:
    assert saving.certificate is not None
    certificate = replace(saving.certificate, break_even_units=12_345)

    assert (
        repaid_text(certificate, 1e9)
        == "The search is repaid after 12,300 images. The saving was judged over 1 billion images."
    )


def test_a_strategy_that_applied_says_what_became_of_it(study: StudyRecord) -> None:
    record = study
    offer = Offer(strategy="int8", title="Store weights in 8 bits", stage="quantize", applies=True, reason="it can")
    lost = replace(record, trials=(replace(record.trials[0], chosen=False, reason="needs more"),))
    broken = replace(record.trials[0], figures=None, chosen=False, reason="the export refused")

    assert "Measured: 50% of the energy, in trial 1. Kept." == outcome_text(offer, record)
    assert "Measured: 50% of the energy, in trial 1. Lost: needs more." == outcome_text(offer, lost)
    assert "Lost in trial 1: the export refused." == outcome_text(offer, replace(record, trials=(broken,)))
    assert "Not tried." == outcome_text(replace(offer, strategy="fp16"), record)
