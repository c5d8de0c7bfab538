"""One reader for everybody's files: placing, auditing and ``greenwright intensity`` see the same rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenwright.errors import BadInputError
from greenwright.grid.series import parse_time_s
from greenwright.grid.series_file import about, readings
from greenwright.records.grid import Boundary


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "grid.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_a_file_from_a_spreadsheet_is_read_with_its_mark_and_its_empty_rows(tmp_path: Path) -> None:
    path = write(tmp_path, "Datetime (UTC),Carbon Intensity\r\n2026-03-29T00:00,100\r\n,\r\n2026-03-29T01:00,\r\n", "utf-8-sig")

    found = list(readings(path))

    assert [one.intensity_g_per_kwh for one in found] == [100.0, None]


def test_local_time_over_a_change_of_clocks_is_the_hour_it_says(tmp_path: Path) -> None:
    text = "time,g_per_kwh\n2026-10-25T02:00+02:00,1\n2026-10-25T02:00+01:00,2\n2026-10-25T03:00+01:00,3\n"

    times = [one.at_s - parse_time_s("2026-10-25T00:00Z") for one in readings(write(tmp_path, text))]

    assert times == [0, 3600, 7200]


@pytest.mark.parametrize(("forecast", "value"), [(True, 90.0), (False, 100.0)])
def test_what_was_forecast_is_told_apart_from_what_was(tmp_path: Path, *, forecast: bool, value: float) -> None:
    path = write(tmp_path, "utc_time,gco2_per_kwh,forecast\n2026-01-01T00:00Z,100,90\n")

    assert [one.intensity_g_per_kwh for one in readings(path, forecast=forecast)] == [value]


def test_a_range_comes_with_its_row(tmp_path: Path) -> None:
    (found,) = readings(write(tmp_path, "time,value,low,high\n2026-01-01T00:00Z,100,80,\n"))

    assert (found.low_g_per_kwh, found.high_g_per_kwh) == (80.0, None)


def test_direct_emissions_are_never_taken_for_the_life_cycle(tmp_path: Path) -> None:
    path = write(tmp_path, "time,direct_g_per_kwh\n2026-01-01T00:00Z,100\n")

    assert next(readings(path, Boundary.DIRECT)).intensity_g_per_kwh == 100
    with pytest.raises(BadInputError, match="no column of life cycle intensities"):
        list(readings(path))


def test_a_zone_that_is_not_in_the_file_is_told_which_are(tmp_path: Path) -> None:
    path = write(tmp_path, "zone,time,value\nFR,2026-01-01T00:00Z,3\nfr,2026-01-01T01:00Z,4\n")

    assert [one.intensity_g_per_kwh for one in about(path, "Fr", list(readings(path)))] == [3.0, 4.0]
    with pytest.raises(BadInputError, match="no rows about DE, but about FR, fr"):
        about(path, "DE", list(readings(path)))
