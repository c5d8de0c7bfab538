from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from greenwright.errors import BadInputError
from greenwright.place.series_file import outlook

H = 3600.0
START = datetime(2026, 1, 1, tzinfo=UTC)


def test_hours_of_a_zone_are_laid_on_the_slots_of_a_plan(tmp_path: Path) -> None:
    path = tmp_path / "grid.csv"
    path.write_text(
        "zone,time,g_per_kwh,low,high\n"
        "DE,2026-01-01T00:00Z,300,250,400\nSE,2026-01-01T00:00Z,20,10,30\n"
        "DE,2026-01-01T01:00Z,100,90,200\nSE,2026-01-01T01:00Z,22,11,33\n"
    )

    found = outlook(path, "DE", START, H / 2, 4)

    assert found.median_g_per_kwh.tolist() == [300, 300, 100, 100]
    assert found.low_g_per_kwh.tolist() == [250, 250, 90, 90]
    assert found.high_g_per_kwh.tolist() == [400, 400, 200, 200]
    assert found.source == "grid.csv"


@pytest.mark.parametrize(
    ("content", "zone", "said"),
    [
        (None, "DE", "grid.csv"),
        ("", "DE", "grid.csv"),
        ("time,price\n2026-01-01T00:00Z,3\n", "DE", "grid.csv"),
        ("zone,time,g_per_kwh\nSE,2026-01-01T00:00Z,3\n", "DE", "DE"),
        ("time,g_per_kwh\n2026-01-01T00:00Z,dirty\n2026-01-01T01:00Z,3\n", "DE", "dirty"),
        ("time,g_per_kwh\n2026-01-02T00:00Z,3\n2026-01-02T01:00Z,3\n", "DE", "covers"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_the_reason(tmp_path: Path, content: str | None, zone: str, said: str) -> None:
    path = tmp_path / "grid.csv"
    if content is not None:
        path.write_text(content)

    with pytest.raises(BadInputError, match=said):
        outlook(path, zone, START, H, 2)


def test_real_traces_of_several_zones_are_read() -> None:
    beside = Path(__file__).parents[2].parent / "shared" / "data"
    path = Path(os.environ.get("GREENWRIGHT_DATA", beside)) / "grid" / "carboncast_lifecycle.csv.gz"
    if not path.is_file():
        pytest.skip("no traces of grids here; set GREENWRIGHT_DATA")

    found = {zone: outlook(path, zone, datetime(2021, 6, 10, 8, tzinfo=UTC), H, 48) for zone in ("DE", "SE")}

    assert all(len(one.median_g_per_kwh) == 48 for one in found.values())
    assert found["SE"].median_g_per_kwh.max() < found["DE"].median_g_per_kwh.min()
