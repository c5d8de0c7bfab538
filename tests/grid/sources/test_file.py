"""Files of the user's: CSV as many tools write it, gzipped or not, and Parquet."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest

from greenwright.grid.contract import Ask, SourceError
from greenwright.grid.series import parse_time_s
from greenwright.grid.sources import file
from greenwright.records.grid import Boundary
from greenwright.testing.sources import SourceContract

START_S = parse_time_s("2024-01-01T00:00Z")
GOOD = """region,utc_hour,gco2_per_kwh,direct_gco2_per_kwh
DE,2024-01-01T00:00Z,300,250
FR,2024-01-01T00:00Z,40,20
DE,2024-01-01T01:00Z,310,
DE,2024-01-01T03:00Z,330,280
"""
ELECTRICITY_MAPS = """Datetime (UTC),Country,Zone id,Carbon intensity gCO₂eq/kWh (direct),Carbon intensity gCO₂eq/kWh (Life cycle)
2024-01-01 00:00:00,Germany,DE,250.1,300.2
2024-01-01 01:00:00,Germany,DE,251.1,301.2
"""


class TestFile(SourceContract):
    source = file
    ask = Ask(zone="DE", start_s=START_S, end_s=START_S + 4 * 3600)
    truth: ClassVar[dict[float, float]] = {START_S: 300.0, START_S + 3 * 3600: 330.0}

    @pytest.fixture(autouse=True)
    def written(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        path = tmp_path / "grid.csv"
        path.write_text(GOOD)
        monkeypatch.setattr(type(self), "settings", {"GREENWRIGHT_INTENSITY_FILE": str(path)})
        return path

    def test_a_missing_hour_is_unknown(self) -> None:
        assert self.fetch().values_g_per_kwh == (300.0, 310.0, None, 330.0)

    def test_direct_emissions_are_the_other_column(self) -> None:
        found = self.fetch(Ask(zone="DE", start_s=START_S, end_s=START_S + 4 * 3600, boundary=Boundary.DIRECT))

        assert found.values_g_per_kwh == (250.0, None, None, 280.0)

    def test_a_zone_that_is_a_copy_of_another_is_said(self, written: Path) -> None:
        rows = [f"2024-01-01T0{hour}:00Z,{zone},{300 + hour}" for hour in range(4) for zone in ("DE", "FR")]
        written.write_text("\n".join(["time,zone,gco2_per_kwh", *rows]))

        assert any("DE and FR show the same value in 4 of 4 steps" in note for note in self.fetch().notes)

    def test_gzip_is_opened(self, written: Path) -> None:
        packed = written.with_suffix(".csv.gz")
        packed.write_bytes(gzip.compress(GOOD.encode()))

        assert self.fetch(settings={"GREENWRIGHT_INTENSITY_FILE": str(packed)}).values_g_per_kwh[0] == 300.0

    def test_the_columns_of_electricity_maps_are_known(self, written: Path) -> None:
        written.write_text(ELECTRICITY_MAPS)

        assert self.fetch().values_g_per_kwh == (300.2, 301.2)
        direct = self.fetch(Ask(zone="DE", start_s=START_S, end_s=START_S + 7200, boundary=Boundary.DIRECT))
        assert direct.values_g_per_kwh == (250.1, 251.1)

    def test_parquet_is_read(self, tmp_path: Path) -> None:
        pa = pytest.importorskip("pyarrow")
        pq = pytest.importorskip("pyarrow.parquet")
        times = [datetime(2024, 1, 1, hour, tzinfo=UTC).replace(tzinfo=None) for hour in (0, 1)]
        pq.write_table(
            pa.table({"time": times, "zone": ["DE", "DE"], "gco2_per_kwh": [300.0, 290.0]}), tmp_path / "grid.parquet"
        )

        found = self.fetch(settings={"GREENWRIGHT_INTENSITY_FILE": str(tmp_path / "grid.parquet")})

        assert (found.start_s, found.values_g_per_kwh) == (START_S, (300.0, 290.0))

    def test_rows_out_of_order_and_twice_are_said(self, written: Path) -> None:
        written.write_text("time,value\n2024-01-01T02:00Z,3\n2024-01-01T00:00Z,1\n2024-01-01T01:00Z,2\n2024-01-01T01:00Z,2.5\n")
        found = self.fetch()

        assert found.values_g_per_kwh == (1.0, 2.5, 3.0)
        assert any("out of order" in note for note in found.notes)
        assert any("stood twice" in note for note in found.notes)

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("", "has no rows; give one that has"),
            ("a,b\n1,2\n", "no column of times and life cycle intensities in g/kWh among a, b"),
            ("time,value\nyesterday,3\n", "'yesterday' is not a time"),
            ("time,value\n2024-01-01T00:00Z,many\n", "value is 'many'"),
            ("time,value,zone\n2024-01-01T00:00Z,3,FR\n", "no rows about DE, but about FR"),
            ("time,value\n2020-01-01T00:00Z,3\n", "knows nothing of DE from 2024-01-01T00:00Z"),
            (
                "time,value\n2024-01-01T00:00Z,3\n2024-01-01T01:00Z,3\n2024-01-01T02:00Z,3\n2024-01-01T02:20Z,3\n",
                "does not lie on the 3600 s steps",
            ),
        ],
    )
    def test_a_file_that_cannot_be_used_says_why(self, written: Path, text: str, complaint: str) -> None:
        written.write_text(text)

        with pytest.raises(SourceError, match=complaint):
            self.fetch()

    def test_a_path_that_leads_nowhere_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match=r"gone\.csv cannot be read: No such file"):
            self.fetch(settings={"GREENWRIGHT_INTENSITY_FILE": str(tmp_path / "gone.csv")})

    @pytest.mark.parametrize("name", ["bad.parquet", "bad.csv.gz", "bad.csv"])
    def test_bytes_that_are_no_table_are_named(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_bytes(b"\x89PNG\xff\xfe\x00")

        with pytest.raises(SourceError, match=name):
            self.fetch(settings={"GREENWRIGHT_INTENSITY_FILE": str(tmp_path / name)})
