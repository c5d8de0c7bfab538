"""Runs of CodeCarbon and Zeus, from the files that they wrote."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from greenwright.errors import BadInputError
from greenwright.meter.importing import import_runs
from greenwright.records.quantities import Grade
from greenwright.records.runs import Run

DATA = Path(os.environ.get("GREENWRIGHT_DATA", Path(__file__).parents[3] / "shared" / "data")) / "ingest_samples"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="needs real samples: set GREENWRIGHT_DATA")
J_PER_KWH = 3.6e6

HEAD = "timestamp,project_name,run_id,duration,cpu_energy,gpu_energy,ram_energy,energy_consumed,tracking_mode,pue\n"


def kwh(runs: list[Run], component: str = "") -> float:
    parts = [part for run in runs for window in run.windows for part in window.parts]
    return sum(part.energy_j.value for part in parts if component in {"", part.component}) / J_PER_KWH


@needs_data
def test_real_runs_of_codecarbon_keep_their_energy_by_component() -> None:
    runs = import_runs(DATA / "codecarbon_2.3_inference.csv")
    expected = json.loads((DATA / "expected.json").read_text())["codecarbon_2.3_inference.csv"]

    assert expected["rows"] == len(runs)
    assert [expected["energy_kwh"], expected["gpu_kwh"], expected["cpu_kwh"], expected["ram_kwh"]] == pytest.approx(
        [kwh(runs), kwh(runs, "gpu"), kwh(runs, "cpu"), kwh(runs, "dram")], rel=1e-6
    )


@needs_data
def test_of_real_running_totals_the_last_counts_and_shared_machines_are_named() -> None:
    runs = import_runs(DATA / "codecarbon_cumulative.csv")
    expected = json.loads((DATA / "expected.json").read_text())["codecarbon_cumulative.csv"]

    assert expected["runs"] == len(runs)
    assert expected["last_per_run_kwh"] == pytest.approx(kwh(runs))
    assert all("3 other runs of this file measured a whole machine" in run.windows[0].problems[0] for run in runs)


def test_what_codecarbon_guessed_is_not_called_measured(tmp_path: Path) -> None:
    path = tmp_path / "emissions.csv"
    path.write_text(HEAD + "2026-01-01T00:01:00,job,1,60,0.001,0.002,0.003,0.006,process,1.0\n")
    (run,) = import_runs(path)
    grades = {part.component: (part.energy_j.grade, part.energy_j.low < part.energy_j.high) for part in run.windows[0].parts}

    assert {"cpu": (Grade.MODELLED, True), "dram": (Grade.MODELLED, True), "gpu": (Grade.COUNTER, False)} == grades
    assert (Grade.MODELLED, ()) == (run.windows[0].energy_j.grade, run.windows[0].problems)
    assert "2026-01-01T00:00:00.000+00:00" == run.started_at


def test_the_pue_that_codecarbon_multiplied_by_is_taken_out_again(tmp_path: Path) -> None:
    path = tmp_path / "emissions.csv"
    path.write_text(HEAD + "2026-01-01T00:01:00,job,1,60,0.0015,,,0.0015,process,1.5\n")

    assert 0.001 == pytest.approx(kwh(import_runs(path)))


def test_a_log_of_zeus_becomes_one_run_of_its_windows(tmp_path: Path) -> None:
    path = tmp_path / "zeus.csv"
    path.write_text(
        "start_time,window_name,elapsed_time,gpu0_energy,gpu1_energy\n1700000000.5,epoch,10.0,100.0,300.0\n1700000011,epoch,5.0,50,60\n"
    )
    (run,) = import_runs(path)

    assert [("epoch", 10.0, 400.0), ("epoch", 5.0, 110.0)] == [
        (one.name, one.duration_s, one.energy_j.value) for one in run.windows
    ]
    assert Grade.SAMPLED is run.windows[0].energy_j.grade
    assert ["zeus:gpu0", "zeus:gpu1"] == [part.counter for part in run.windows[0].parts]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "its columns are none"),
        ("a,b\n1,2\n", "its columns are a, b"),
        (HEAD + "2026-01-01,job,1,long,0.1,,,0.1,machine,1\n", "has a cell that cannot be used"),
        (HEAD + "yesterday,job,1,60,0.1,,,0.1,machine,1\n", "has a cell that cannot be used"),
        (HEAD + "2026-01-01,job,1,inf,0.1,,,0.1,machine,1\n", "duration is inf"),
    ],
)
def test_a_file_that_is_no_such_table_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)

    with pytest.raises(BadInputError, match=said):
        import_runs(path)


def test_a_table_without_runs_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "emissions.csv"
    path.write_text(HEAD + ",,,,,,,,,\n")

    assert [] == import_runs(path)
