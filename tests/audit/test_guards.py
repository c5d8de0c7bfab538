"""The mistakes that sources bring with them: each made here on purpose, and each named with what was done about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from greenwright.audit.auditing import Options, audit
from greenwright.audit.guards import on_output
from greenwright.records.audit import AuditRecord
from greenwright.units import J_PER_KWH

HEAD = "job_id,started_at,duration_s,device,gpu_count,node_energy_j,gpu_energy_j,reported_carbon_g,pue,cpu_count"
CASES = {
    "nothing wrong": ("a,2026-01-05T08:00:00,3600,A100-SXM4-80GB,2,2520000,,200,1.2,8", None),
    "energy without GPUs": ("a,2026-01-05T08:00:00,3600,A100-SXM4-80GB,8,360000,,,,8", "scheduler-energy"),
    "0 for unknown": ("a,2026-01-05T08:00:00,3600,,0,0,,,,8", "unknown-as-zero"),
    "kJ for J": ("a,2026-01-05T08:00:00,3600,A100-SXM4-80GB,1,,1500000000,,,8", "implied-power"),
    "a PUE below 1": ("a,2026-01-05T08:00:00,3600,A100-SXM4-80GB,1,,1000000,,0.9,8", "pue-twice"),
    "kg for g": ("a,2026-01-05T08:00:00,3600,A100-SXM4-80GB,1,,1000000,0.1,,8", "implied-intensity"),
    "g for kg": ("a,2026-01-05T08:00:00,3600,A100-SXM4-80GB,1,,1000000,100000,,8", "implied-intensity"),
}


def audited(folder: Path, *rows: str, head: str = HEAD) -> AuditRecord:
    path = folder / "log.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return audit([str(path)], Options(thread_count=1))


@pytest.mark.parametrize("name", CASES)
def test_each_mistake_is_found_where_it_was_made_and_nowhere_else(name: str, tmp_path: Path) -> None:
    row, guard = CASES[name]

    found = audited(tmp_path, row).sources[0].doubts

    assert [one.guard for one in found] == ([guard] if guard else [])
    assert all("1 of 1" in one.says and one.mend for one in found)


def test_an_energy_of_0_is_modelled_in_its_place(tmp_path: Path) -> None:
    told = audited(tmp_path, CASES["0 for unknown"][0]).total

    assert told.it_energy_j is not None
    assert told.it_energy_j.value > 0
    assert told.measured_share == 0


def test_running_totals_are_told_with_what_their_sum_would_have_been(tmp_path: Path) -> None:
    head = "timestamp,run_id,project_name,duration,emissions,energy_consumed,cpu_energy,gpu_energy,ram_energy,pue,tracking_mode"
    rows = [
        f"2026-01-05T0{hour}:00:00,r,p,{hour * 3600},{hour / 10},{hour},{hour / 2},{hour / 2},0,1.25,machine"
        for hour in (1, 2, 3)
    ]
    beside = "2026-01-05T03:00:00,s,p,10800,0.3,3,1.5,1.5,0,1.25,machine"

    found = {one.guard: one.says for one in audited(tmp_path, *rows, beside, head=head).sources[0].doubts}

    assert "all rows make 9 kWh, 1.5 times the 6 kWh of the last ones" in found["cumulative-rows"]
    assert "2 runs that measured their whole machine overlap: their sum counts it 2.00 times" in found["overlapping-runs"]
    assert "2 of 2 runs hold a PUE already" in found["pue-twice"]


def test_a_source_without_energies_is_not_asked(tmp_path: Path) -> None:
    assert audited(tmp_path, "a,3600", head="job_id,duration_s").sources[0].doubts == ()


def test_the_result_itself_is_held_to_the_same_rules(tmp_path: Path) -> None:
    good = audited(tmp_path, CASES["nothing wrong"][0])
    assert list(on_output(good)) == []

    total = good.total
    assert total.energy_j is not None
    assert total.carbon_g is not None
    halved = replace(total, energy_j=replace(total.energy_j, value=total.energy_j.value / 2))
    said = list(on_output(replace(good, total=halved)))
    assert any("the hall took less than its computers" in one for one in said)
    assert any("does not add up" in one for one in said)
    dirty = replace(total, carbon_g=replace(total.carbon_g, value=2_000 * total.energy_j.value / J_PER_KWH))
    assert any("more than any grid" in one for one in on_output(replace(good, total=dirty)))
