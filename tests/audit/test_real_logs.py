"""Real files with known totals: exactly these must come out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from greenwright.audit.auditing import audit
from greenwright.records.audit import SourceRead
from greenwright.units import J_PER_KWH


def read(data: Path, name: str) -> tuple[SourceRead, Any, Any]:
    expected = json.loads((data / "ingest_samples" / "expected.json").read_text())[name]
    record = audit([str(data / "ingest_samples" / name)])
    return record.sources[0], expected, record


def test_slurm_hours_keep_their_days_and_energy_its_gaps(data: Path) -> None:
    source, expected, record = read(data, "slurm_jeanzay_pipe.txt")

    assert source.reader == "slurm"
    assert (source.row_count, source.job_count, source.rejected_count) == (expected["rows"], 90, 0)
    assert {name: held / 3600 for name, held in source.gpu_s_by_device.items()} == pytest.approx(
        expected["gpu_hours"], abs=1e-4
    )
    assert source.facts["node_energy_j"] / J_PER_KWH == pytest.approx(expected["consumed_energy_kwh"], abs=1e-4)
    assert source.facts["energy_missing_row_count"] == expected["energy_missing_rows"]
    assert source.facts["multi_day_row_count"] == expected["multi_day"]
    assert record.total.gpu_s == pytest.approx(3600 * sum(expected["gpu_hours"].values()), rel=1e-6)


def test_codecarbon_rows_add_up_by_component(data: Path) -> None:
    source, expected, record = read(data, "codecarbon_2.3_inference.csv")

    assert source.row_count == expected["rows"]
    for fact, name in (("last_per_run_j", "energy_kwh"), ("gpu_energy_j", "gpu_kwh"), ("cpu_energy_j", "cpu_kwh")):
        assert source.facts[fact] / J_PER_KWH == pytest.approx(expected[name], rel=1e-6)
    assert source.facts["memory_energy_j"] / J_PER_KWH == pytest.approx(expected["ram_kwh"], rel=1e-6)
    assert source.facts["reported_carbon_g"] / 1000 == pytest.approx(expected["emissions_kg"])
    assert record.total.it_energy_j is not None
    assert record.total.it_energy_j.value / J_PER_KWH == pytest.approx(expected["energy_kwh"], rel=0.01)
    assert record.total.measured_share == pytest.approx(expected["gpu_kwh"] / expected["energy_kwh"], abs=0.01)


def test_running_totals_of_codecarbon_are_not_added_and_one_host_counts_once(data: Path) -> None:
    source, expected, record = read(data, "codecarbon_cumulative.csv")

    assert (source.row_count, source.rejected_count, source.job_count) == (
        expected["rows"],
        expected["blank_rows"],
        expected["runs"],
    )
    assert source.folded_count == expected["rows"] - expected["blank_rows"] - expected["runs"]
    for fact in ("naive_sum", "last_per_run"):
        assert source.facts[f"{fact}_j"] / J_PER_KWH == pytest.approx(expected[f"{fact}_kwh"], rel=1e-9)
    assert source.facts["largest_run_j"] / J_PER_KWH == pytest.approx(expected["max_single_run_kwh"], rel=1e-9)
    total = record.total.it_energy_j
    assert total is not None
    assert total.value / J_PER_KWH == pytest.approx(expected["max_single_run_kwh"], rel=0.15)
    assert total.high / J_PER_KWH >= expected["last_per_run_kwh"]


@pytest.mark.parametrize(
    ("name", "count", "cpu_s"), [("pai_1k.csv", 1_000, 11493272.0), ("pai_100k.csv.gz", 99_998, 3640485065.0)]
)
def test_a_trace_says_by_its_digits_whether_it_counts_seconds_or_hours(data: Path, name: str, count: int, cpu_s: float) -> None:
    record = audit([str(data / "jobs" / name)])

    assert record.total.job_count == count
    assert record.total.cpu_s == pytest.approx(cpu_s, rel=1e-9)
