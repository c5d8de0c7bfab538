from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import greenwright
from greenwright.errors import BadInputError
from greenwright.place.serving import balance
from greenwright.records.placement import ServicePlan

DATA = Path(os.environ.get("GREENWRIGHT_DATA", Path(__file__).parents[3] / "shared" / "data")) / "casper"
NEAR = np.array([[0.003, 0.02, 0.02], [0.02, 0.003, 0.05], [0.02, 0.05, 0.003]])


def test_of_equally_clean_regions_the_nearer_is_taken() -> None:
    found = balance(np.array([10.0, 10.0, 0.0]), np.array([400.0, 50.0, 50.0]), NEAR, np.full(3, 20.0), 0.1)

    assert found.emitted_g == pytest.approx(1000)
    assert found.answered[1, 1] == pytest.approx(10)


def test_what_does_not_fit_is_said_with_the_numbers() -> None:
    with pytest.raises(BadInputError, match="50 requests do not fit within 100 ms"):
        balance(np.array([50.0, 0.0, 0.0]), np.ones(3), NEAR, np.full(3, 10.0), 0.1)


@pytest.mark.skipif(not DATA.is_dir(), reason="the data of CASPER are not here")
@pytest.mark.parametrize(("limit", "mean_ms"), [("100ms", 25.3), ("500ms", 112.1)])
def test_a_day_of_casper_is_as_clean_as_theirs_and_nearer(limit: str, mean_ms: float) -> None:
    found = greenwright.place(
        {
            "service": {
                "requests": str(DATA / "requests.csv"),
                "intensity": str(DATA / "carbon_intensities.csv"),
                "latency": str(DATA / "latency.csv"),
                "limit": limit,
                "capacity": 1000,
                "start": "2022-08-13T00:00Z",
                "hours": 24,
            }
        }
    )

    assert isinstance(found, ServicePlan)
    assert len(found.hours) == 24
    assert found.saving_share > 0.3
    assert found.latency_s * 1e3 < mean_ms * 1.1
