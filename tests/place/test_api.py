from __future__ import annotations

import math
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import greenwright
from greenwright.catalogue.places import Place
from greenwright.errors import BadInputError
from greenwright.place.outlook import Outlook, from_arrays
from greenwright.records.placement import FleetPlan, Plan
from greenwright.records.quantities import Grade

JOB = {
    "work": {"energy": "12 kWh", "duration": "6h"},
    "when": {"deadline": "24h"},
    "where": {"here": "DE", "regions": ["SE"]},
    "intensity": {"DE": 400, "SE": 20},
}


def test_a_mapping_and_a_file_give_the_same_plan(tmp_path: Path) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    path = tmp_path / "job.toml"
    path.write_text(
        '[work]\nenergy = "12 kWh"\nduration = "6h"\n[when]\ndeadline = "24h"\n'
        '[where]\nhere = "DE"\nregions = ["SE"]\n[intensity]\nDE = 400\nSE = 20\n'
    )

    found = greenwright.place(JOB, now=now)

    assert isinstance(found, Plan)
    assert found == greenwright.place(path, now=now) == greenwright.place(str(path), now=now)
    assert found.choice is not None
    assert found.choice.site.split("/")[-1] in {"eu-north-1", "europe-north2", "swedencentral"}


def test_intensities_may_come_from_anywhere() -> None:
    def look(_place: Place, _start: datetime, _step_s: float, slot_count: int) -> Outlook:
        median = np.array([300.0 - 100 * math.sin((slot - 6) / 24 * 2 * math.pi) for slot in range(slot_count)])
        return from_arrays(median, median, median, grade=Grade.MODELLED, source="a look")

    found = greenwright.place({key: value for key, value in JOB.items() if key != "intensity"}, look=look)

    assert isinstance(found, Plan)
    assert found.choice is not None
    assert 8 <= found.choice.stretches[0].start_s / 3600 <= 11


def test_where_every_hour_and_place_is_alike_there_is_no_benefit() -> None:
    found = greenwright.place(JOB | {"intensity": {"DE": 400, "SE": 400}, "where": {"here": "DE"}})

    assert isinstance(found, Plan)
    assert found.verdict.startswith("No benefit")
    assert not found.benefits


def test_several_jobs_are_planned_together_within_what_a_site_has() -> None:
    shared = {"work": JOB["work"], "when": JOB["when"], "where": {"here": "DE"}}
    jobs = [shared | {"name": f"job {number}"} for number in range(3)]
    found = greenwright.place({"job": jobs, "site": [{"key": "SE", "capacity": 1}], "intensity": {"DE": 400, "SE": 20}})

    assert isinstance(found, FleetPlan)
    assert all(one.choice and one.choice.site == "SE" for one in found.placed)
    starts = sorted(one.choice.stretches[0].start_s for one in found.placed if one.choice)
    assert all(later - earlier >= 6 * 3600 for earlier, later in pairwise(starts))
    assert found.gap_share == pytest.approx(0, abs=1e-9)


def test_each_job_of_a_fleet_gets_the_width_that_its_own_curve_makes_cleanest() -> None:
    """A steep curve is worth its width only where the hours are short; both jobs share two nodes."""
    narrow = {"nodes": 1, "speed": 1.0, "power": 1.0}
    scales = {"name": "scales", "how": {"width": [narrow, {"nodes": 2, "speed": 2.0, "power": 1.6}]}}
    wastes = {"name": "wastes", "how": {"width": [narrow, {"nodes": 2, "speed": 1.1, "power": 1.9}]}}
    shared = {"work": JOB["work"], "when": JOB["when"], "where": {"here": "SE", "regions": ["SE"]}}
    found = greenwright.place(
        {"job": [shared | scales, shared | wastes], "site": [{"key": "SE", "capacity": 2}], "intensity": {"SE": 20}}
    )

    assert isinstance(found, FleetPlan)
    assert {one.job: one.choice.node_count for one in found.placed if one.choice} == {"scales": 2, "wastes": 1}


def test_a_job_that_is_not_understood_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="there is no job file"):
        greenwright.place(tmp_path / "none.toml")
    with pytest.raises(BadInputError, match="the job: "):
        greenwright.place({"wrok": {}})
