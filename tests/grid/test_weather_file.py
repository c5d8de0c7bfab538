"""Weather comes by the hour, whole, or not at all."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from greenwright.errors import BadInputError
from greenwright.grid.weather_file import weather

GOOD = "utc_hour,gco2_per_kwh,wx_wind,wx_sun\n2024-01-01T00:00Z,300,5.5,0\n2024-01-01T01:00Z,,6.5,10\n"


def test_columns_of_weather_are_told_from_others_by_their_prefix(tmp_path: Path) -> None:
    (tmp_path / "sky.csv.gz").write_bytes(gzip.compress(GOOD.encode()))

    found = weather(tmp_path / "sky.csv.gz")

    assert found.columns == {"wx_wind": (5.5, 6.5), "wx_sun": (0.0, 10.0)}
    assert (found.start_s, found.step_s) == (1_704_067_200.0, 3600.0)


def test_without_the_prefix_every_other_column_is_weather(tmp_path: Path) -> None:
    (tmp_path / "sky.csv").write_text("time,wind\n2024-01-01T00:00Z,5.5\n")

    assert weather(tmp_path / "sky.csv").columns == {"wind": (5.5,)}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no column of times"),
        ("time,wind\n2024-01-01T00:00Z,1\n2024-01-01T02:00Z,1\n", "after 2024-01-01T00:00Z comes 2024-01-01T02:00Z"),
        ("time,wind\n2024-01-01T00:00Z,\n", "wind is ''; write a number"),
    ],
)
def test_what_is_not_whole_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "sky.csv").write_text(text)

    with pytest.raises(BadInputError, match=complaint):
        weather(tmp_path / "sky.csv")


def test_a_path_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="No such file"):
        weather(tmp_path / "gone.csv")
