"""Runs, repeats, comparisons and totals in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from greenwright.records.energy import Comparison, Verdict
from greenwright.records.quantities import Grade, Interval, Quantity
from greenwright.records.runs import Account, MachineTotal, Merged, Repeats
from greenwright.report.runs import comparison_lines, merged_lines, repeats_lines, run_lines
from greenwright.testing.sinks import a_run, a_window


def quantity(value: float) -> Quantity:
    return Quantity(value=value, low=value * 0.5, high=value * 2, grade=Grade.MODELLED, source="a model")


def test_a_run_says_energy_range_grade_power_and_what_it_covers() -> None:
    lines = list(run_lines(a_run()))

    assert "train: 100 J (90 to 110 J), counter, 25 W, in 4 s" == lines[0]
    assert "  nvml:GPU-0: 40 J, all of nvml:GPU-0" in lines
    assert "  epoch: 30 J (27 to 33 J), counter, 30 W, in 1 s" in lines


def test_one_that_was_cut_off_says_how_much_is_missing_at_most() -> None:
    assert (
        "it was cut off: at most 1 s of it is missing here"
        in list(run_lines(replace(a_run(finished=False), interval_s=1.0)))[-1]
    )
    assert "what came after its last window" in list(run_lines(a_run(finished=False)))[-1]
    assert ["train: nothing was measured before it was cut off"] == list(run_lines(a_run(windows=())))


def test_idling_and_problems_are_told() -> None:
    window = replace(
        a_window("job", 100.0, 4.0), idle_j=quantity(40.0), net_j=quantity(60.0), problems=("rapl:0 was reset once",)
    )
    lines = "\n".join(run_lines(a_run(windows=(window,))))

    assert "without the machine's idling (40 J): 60 J (30 to 120 J), modelled" in lines
    assert "take care: rapl:0 was reset once" in lines


def test_an_account_stands_beside_what_was_measured() -> None:
    account = Account(
        boundary="facility",
        energy_j=quantity(130.0),
        device_j=quantity(100.0),
        it_j=quantity(110.0),
        facility_j=quantity(130.0),
        place="Germany (DE)",
        location_g=quantity(0.012),
        site_water_l=quantity(2.5),
        leaves_out=("the rest of the node",),
    )
    lines = list(run_lines(replace(a_run(), account=account)))

    assert lines[0].startswith("train: 100 J")
    assert "    carbon of its electricity 12 mg (6 to 24) CO2e, modelled" in lines
    assert "    water at the site 2.5 l (1.25 to 5), modelled" in lines
    assert "    not in it: the rest of the node" in lines


def test_repeats_say_what_they_could_tell_apart() -> None:
    few = Repeats(run=a_run(), energy_j=quantity(30.0), spread=None, detectable_share=None)
    spread = Interval(value=30.0, low=29.0, high=31.0, confidence=0.95)
    many = replace(few, spread=spread, detectable_share=0.06)

    assert "too few for an interval, which takes 6" in "\n".join(repeats_lines(few))
    assert "a change of less than 6% would go unseen" in "\n".join(repeats_lines(many))


@pytest.mark.parametrize(
    ("verdict", "value", "said"),
    [
        (Verdict.LESS, 0.8, "needs 20% less energy"),
        (Verdict.MORE, 1.5, "needs 50% more energy"),
        (Verdict.SAME, 1.0, "needs about the same energy"),
        (Verdict.CANNOT_TELL, 0.99, "nobody can tell"),
    ],
)
def test_a_verdict_is_one_sentence(verdict: Verdict, value: float, said: str) -> None:
    compared = Comparison(
        ratio=Interval(value=value, low=value - 0.1, high=value + 0.1, confidence=0.95),
        baseline_energy_j=quantity(10.0),
        candidate_energy_j=quantity(10.0 * value),
        baseline_cpu_s=1.0,
        candidate_cpu_s=1.0,
        pair_count=12,
        units_per_window=(1.0, 1.0),
        verdict=verdict,
        detectable_share=0.05,
    )
    lines = "\n".join(comparison_lines(compared, ["python", "old.py"], ["python", "new.py"]))

    assert said in lines
    assert "a difference of less than 5% would most likely have gone unseen" in lines
    assert lines.startswith("python new.py\n")


def test_a_total_of_many_runs_names_every_machine_and_what_was_not_counted_twice() -> None:
    machine = MachineTotal(boot_id="b", host="node1", rank_count=4, energy_j=quantity(100.0), parts=())
    merged = Merged(
        name="job", energy_j=quantity(100.0), machines=(machine,), runs=("a", "b"), counted_twice_j=300.0, finished=False
    )
    lines = "\n".join(merged_lines(merged))

    assert "job: 100 J (50 to 200 J), modelled, from 2 runs on 1 machines" in lines
    assert "node1: 100 J (50 to 200 J), modelled, 4 processes" in lines
    assert "would have counted 300 J more than once" in lines
    assert "one of the runs was cut off" in lines
