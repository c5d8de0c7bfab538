"""Every finding passes the contract on jobs that are such waste and on jobs that are not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from greenwright.audit import findings as folder
from greenwright.audit.findings import (
    dirty_hours,
    dirty_regions,
    failed_jobs,
    idle_gpus,
    old_hardware,
    over_requested,
    repeated_jobs,
    unoptimized_serving,
    unused_training,
)
from greenwright.audit.hardware import hardware
from greenwright.testing.findings import FindingContract

OLD, NEW = "Tesla P100", "H100"


def ran(phase: str, first_day: int, last_day: int, model: str = "ranker", **said: Any) -> dict[str, Any]:
    start, end = (datetime(2026, 3, day, tzinfo=UTC) for day in (first_day, last_day))
    return {"phase": phase, "model": model, "started_at": start, "ended_at": end} | said


class TestIdleGpus(FindingContract):
    finding = idle_gpus
    wasteful = ({"gpu_busy_share": 0.02},)
    sound = ({"gpu_busy_share": 0.1}, {"gpu_busy_share": None}, {"gpu_s": 0.0, "gpu_busy_share": 0.0})


class TestOverRequested(FindingContract):
    finding = over_requested
    wasteful = (
        {"gpu_busy_share": 0.3},
        {"gpu_s": 0.0, "cpu_busy_share": 0.2},
        {"gpu_s": None, "memory_bytes": 1e9, "memory_peak_bytes": 1e8},
    )
    sound = ({"gpu_busy_share": 0.9, "cpu_busy_share": 0.1}, {"gpu_s": 0.0, "cpu_busy_share": 0.8}, {"memory_bytes": 0.0})

    def test_what_is_at_stake_is_the_part_nobody_used(self) -> None:
        assert self.parts(self.wasteful) == [0.7, 0.8, 0.9]


class TestFailedJobs(FindingContract):
    finding = failed_jobs
    wasteful = tuple({"state": state} for state in ("failed", "cancelled", "timeout", "out of memory", "preempted"))
    sound = ({"state": "completed"}, {"state": "running"}, {"state": ""})


class TestRepeatedJobs(FindingContract):
    finding = repeated_jobs
    wasteful = ({"repeat_key": "same"}, {"repeat_key": "same"}, {"repeat_key": "same"}, {"repeat_key": "other"})
    sound = ({"repeat_key": "one"}, {"repeat_key": "one", "state": "failed"}, {"repeat_key": ""}, {"repeat_key": ""})

    def test_one_of_three_had_to_run(self) -> None:
        assert self.parts(self.wasteful) == pytest.approx([2 / 3] * 3)


class TestUnusedTraining(FindingContract):
    finding = unused_training
    wasteful = (ran("training", 1, 2), ran("training", 3, 4), ran("inference", 5, 6, call_count=900.0))
    sound = (
        ran("training", 1, 2),
        ran("inference", 2, 3, call_count=5.0),
        ran("training", 4, 5),
        ran("training", 1, 2, "nobody logs who asks it"),
        ran("training", 3, 4, "nobody logs who asks it"),
    )


class TestDirtyRegions(FindingContract):
    finding = dirty_regions
    regions = (("aws", "us-east-1"), ("aws", "eu-north-1"))
    wasteful = ({"place": "aws/us-east-1"},)
    sound = ({"place": "aws/eu-north-1"}, {"place": "nobody says where"})


class TestDirtyHours(FindingContract):
    finding = dirty_hours
    wasteful = ({"hour_saving_share": 0.4},)
    sound = ({"hour_saving_share": 0.0}, {"hour_saving_share": None}, {"hour_saving_share": 0.4, "state": "failed"})


class TestOldHardware(FindingContract):
    finding = old_hardware
    devices = (OLD, NEW)
    wasteful = ({"hardware": hardware(OLD, "").name},)
    sound = ({"hardware": hardware(NEW, "").name}, {"hardware": "an accelerator nobody named"})


class TestUnoptimizedServing(FindingContract):
    finding = unoptimized_serving
    wasteful = ({"phase": "inference"}, {"phase": "serving"})
    sound = ({"phase": "training"}, {"phase": ""})


def test_no_member_goes_untested() -> None:
    assert {one.finding.META.id for one in FindingContract.__subclasses__()} == set(folder.MEMBERS)
