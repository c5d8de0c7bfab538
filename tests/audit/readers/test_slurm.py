from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Read = Callable[..., list[dict[str, Any]]]

PARSABLE = """JobID|JobName|User|Account|State|Start|End|Elapsed|AllocTRES|ConsumedEnergyRaw|MaxRSS|TotalCPU|AllocCPUS|
123|train|ada|vision|COMPLETED|2026-03-01T10:00:00|2026-03-02T12:00:00|1-02:00:00|billing=8,cpu=8,gres/gpu=2,gres/gpu:a100=2,mem=64G,node=1|0||5-00:00:00|8|
123.batch|batch||vision|COMPLETED|2026-03-01T10:00:00|2026-03-02T12:00:00|1-02:00:00|cpu=8,mem=64G,node=1|9000000|4000000K||8|
123.extern|extern||vision|COMPLETED|2026-03-01T10:00:00|2026-03-02T12:00:00|1-02:00:00|billing=8,cpu=8|8999000|0||8|
123.0|step||vision|COMPLETED|2026-03-01T10:00:00|2026-03-02T12:00:00|20:00:00|cpu=8|7000000|3G||8|
124_1|sweep|ada|vision|CANCELLED by 1000|2026-03-01T10:00:00|2026-03-01T10:00:30|00:00:30|cpu=4,mem=8G,node=1|||00:00:10|4|
124_2|sweep|ada|vision|OUT_OF_MEMORY|2026-03-01T10:00:00|2026-03-01T11:00:00|01:00:00|cpu=4,gres/gpu:h100:1=1,mem=8G,node=1|18446744073709551614||00:30:00|4|
125|wait|ada|vision|PENDING|Unknown|Unknown|00:00:00||||00:00:00|4|
bad|x|ada|vision|FAILED|2026-03-01T10:00:00||some time||||||
"""


@pytest.fixture
def jobs(read: Read) -> dict[str, dict[str, Any]]:
    rows = read("sacct.txt", PARSABLE, "slurm")
    return {row["job_id"]: row for row in rows}


def test_steps_add_nothing_to_their_job_and_lend_it_what_it_does_not_say(jobs: dict[str, dict[str, Any]]) -> None:
    job = jobs["123"]

    assert sum(one.startswith("123") for one in jobs) == 1
    assert job["row_count"] == 4
    assert job["duration_s"] == 26 * 3600
    assert job["node_energy_j"] == 9_000_000  # the batch step saw what the step inside it took
    assert job["memory_peak_bytes"] == 4_000_000 * 1024
    assert (job["gpu_count"], job["device"], job["cpu_count"], job["memory_bytes"]) == (2, "a100", 8, 64 * 2**30)
    assert job["cpu_busy_share"] == pytest.approx(120 / (26 * 8))


def test_tasks_of_an_array_are_jobs_of_their_own(jobs: dict[str, dict[str, Any]]) -> None:
    assert jobs["124_1"]["state"] == "cancelled"
    assert jobs["124_2"]["state"] == "out of memory"
    assert jobs["124_1"]["gpu_count"] == 0


def test_slurms_sign_for_unknown_energy_is_no_energy(jobs: dict[str, dict[str, Any]]) -> None:
    assert jobs["124_2"]["node_energy_j"] is None


def test_a_waiting_job_took_nothing_and_is_no_mistake(jobs: dict[str, dict[str, Any]]) -> None:
    assert (jobs["125"]["state"], jobs["125"]["duration_s"], jobs["125"]["problem"]) == ("pending", 0, None)


def test_a_row_whose_time_cannot_be_read_is_kept_aside_with_its_text(jobs: dict[str, dict[str, Any]]) -> None:
    assert jobs["bad"]["problem"] == "the elapsed time cannot be read"
    assert "some time" in jobs["bad"]["row_text"]


@pytest.mark.parametrize(
    ("elapsed", "expected_s"),
    [("00:30", 30), ("02:00", 120), ("01:02:03", 3723), ("3-00:00:01", 259_201), ("2-03", 183_600), ("00:00.5", 0.5)],
)
def test_elapsed_is_read_in_every_form(read: Read, elapsed: str, expected_s: float) -> None:
    [job] = read("s.txt", f"JobID|Elapsed|AllocCPUS|Partition\n1|{elapsed}|2|a\n")

    assert job["duration_s"] == expected_s


@pytest.mark.parametrize(
    ("said", "expected_j"),
    [("500", 500), ("240.5K", 240_500), ("3.2M", 3_200_000), ("1.5G", 1_500_000_000), ("", None), ("N/A", None)],
)
def test_energy_with_a_letter_counts_in_thousands(read: Read, said: str, expected_j: float | None) -> None:
    [job] = read("s.txt", f"JobID|Elapsed|ConsumedEnergy|AllocCPUS\n1|01:00:00|{said}|2\n")

    assert job["node_energy_j"] == expected_j


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("4Gn", 8 * 2**30), ("4000Mc", 16 * 4000 * 2**20), ("60000M", 60000 * 2**20), ("2.50T", 2.5 * 2**40)],
)
def test_memory_is_per_node_or_per_processor_where_older_versions_say_so(read: Read, asked: str, expected: float) -> None:
    [job] = read("s.txt", f"JobID|Elapsed|ReqMem|AllocCPUS|NNodes\n1|01:00:00|{asked}|16|2\n")

    assert job["memory_bytes"] == expected


def test_a_step_whose_job_is_not_in_the_file_stands_for_it(read: Read) -> None:
    [job] = read("s.txt", "JobID|Elapsed|AllocCPUS|State\n7.batch|01:00:00|4|COMPLETED\n7.0|00:30:00|4|COMPLETED\n")

    assert (job["job_id"], job["duration_s"], job["row_count"]) == ("7", 3600, 2)


def test_commas_are_as_good_as_pipes_and_steps_of_rows_that_are_torn_are_said(read: Read) -> None:
    [job] = read("s.csv", 'JobIDRaw,ElapsedRaw,AllocTRES,State\n9,60,"cpu=2,gres/gpu:v100=4,mem=1G",COMPLETED\n')

    assert (job["duration_s"], job["gpu_count"], job["device"]) == (60, 4, "v100")
