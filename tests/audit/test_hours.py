from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis
import pytest

from greenwright.audit.engines import engine
from greenwright.audit.hours import Hour, read_hours, with_hours
from greenwright.errors import BadInputError

FIRST = 490_896  # 2026-01-01T00:00Z, in hours since 1970
DAY = [Hour(at_hour_count=FIRST + at, intensity_g_per_kwh=400.0 if at < 12 else 100.0) for at in range(48)]


def write(folder: Path, text: str) -> Path:
    path = folder / "grid.csv"
    path.write_text(text)
    return path


def met(jobs: list[tuple[str, float, str]], grid: dict[str, list[Hour]]) -> list[tuple[Any, Any]]:
    rows = [
        {"at": at, "started_at": start, "duration_s": length, "place": place, "region": "", "country": ""}
        for at, (start, length, place) in enumerate(jobs)
    ]
    with engine(thread_count=1) as opened:
        table = ibis.memtable(rows).mutate(started_at=ibis._.started_at.cast("timestamp"))
        found = opened.backend.to_pyarrow(with_hours(table, grid).order_by("at")).to_pylist()
    return [(row["hour_g_per_kwh"], row["hour_saving_share"]) for row in found]


@pytest.mark.parametrize(
    "text",
    [
        "time,g_per_kwh\n2026-01-01T00:20:00,100\n2026-01-01T00:40:00,200\n2026-01-01T01:00:00,50\n",
        "Datetime (UTC);x\n".replace(";x", ",Carbon Intensity")
        + "2026-01-01T00:00:00Z,150\n2026-01-01T02:00:00+01:00,50\n,9\n2026-01-01T05:00:00,\n",
        "timestamp,value\n1767225600,150\n1767229200,50\n",
    ],
)
def test_hours_are_means_of_what_lies_in_them_in_any_spelling_of_time(tmp_path: Path, text: str) -> None:
    hours = read_hours(write(tmp_path, text))

    assert [(one.at_hour_count - FIRST, one.intensity_g_per_kwh) for one in hours[""]] == [(0, 150), (1, 50)]


def test_several_grids_in_one_file_are_kept_apart(tmp_path: Path) -> None:
    found = read_hours(write(tmp_path, "zone,time,g_per_kwh\nFR,2026-01-01T00:00:00,20\nPL,2026-01-01T00:00:00,700\n"))

    assert {name: hours[0].intensity_g_per_kwh for name, hours in found.items()} == {"FR": 20, "PL": 700}


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "holds no hour that can be read"),
        ("time,price\n2026-01-01T00:00:00,5\n", "no column of life cycle intensities in g/kWh among time, price"),
        ("time,g_per_kwh\nsoon,5\n", "row 2: 'soon' is not a time"),
        ("time,g_per_kwh\n2026-01-01T00:00:00,clean\n", "row 2: g_per_kwh is 'clean'"),
    ],
)
def test_a_file_without_hours_says_what_it_lacks(tmp_path: Path, text: str, match: str) -> None:
    with pytest.raises(BadInputError, match=match):
        read_hours(write(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"nowhere\.csv cannot be read"):
        read_hours(tmp_path / "nowhere.csv")


def test_a_job_meets_the_mean_of_its_hours_and_what_the_best_start_of_a_day_would_have_saved() -> None:
    first, across, clean, outside = met(
        [
            ("2026-01-01T00:00:00", 3_600, ""),
            ("2026-01-01T11:00:00", 7_200, ""),
            ("2026-01-01T13:00:00", 3_600, ""),
            ("2027-01-01T00:00:00", 3_600, ""),
        ],
        {"": DAY},
    )

    assert first == (400, 0.75)
    assert across == (250, pytest.approx(0.6))
    assert clean == (100, 0)
    assert outside == (None, None)


def test_what_lasts_longer_than_half_a_day_cannot_wait_and_more_than_a_week_meets_no_hours() -> None:
    day, fortnight = met([("2026-01-01T00:00:00", 86_400, ""), ("2026-01-01T00:00:00", 14 * 86_400, "")], {"": DAY})

    assert day == (250, 0)
    assert fortnight == (None, None)


def test_a_job_meets_the_grid_of_its_own_place() -> None:
    [poland, nowhere] = met(
        [("2026-01-01T00:00:00", 3_600, "Poland (PL)"), ("2026-01-01T00:00:00", 3_600, "")],
        {"PL": DAY, "FR": [Hour(at_hour_count=FIRST, intensity_g_per_kwh=20.0)]},
    )

    assert poland == (400, 0.75)
    assert nowhere == (None, None)
