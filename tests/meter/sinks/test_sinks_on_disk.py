"""Sinks that write files: JSON, CSV, CodeCarbon's table, a textfile for Prometheus, TensorBoard's events."""

from __future__ import annotations

import csv
from pathlib import Path

import msgspec
import pytest

from greenwright.errors import BadInputError
from greenwright.meter.sinks import codecarbon, csv_file, json_file
from greenwright.records.runs import Run
from greenwright.testing.sinks import SinkContract, a_run


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


class TestJson(SinkContract):
    sink = json_file

    def target(self, tmp_path: Path) -> str:
        return str(tmp_path / "new" / "energy.json")

    def test_what_is_read_back_is_the_run(self, tmp_path: Path) -> None:
        json_file.write(a_run(), self.target(tmp_path))

        assert a_run() == msgspec.json.decode(Path(self.target(tmp_path)).read_bytes(), type=Run)

    def test_a_folder_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()

        with pytest.raises(BadInputError, match=r"file/energy\.json cannot be written: .*; name a file"):
            json_file.write(a_run(), str(tmp_path / "file" / "energy.json"))


class TestCsv(SinkContract):
    sink = csv_file

    def target(self, tmp_path: Path) -> str:
        return str(tmp_path / "new" / "energy.csv")

    def test_there_is_a_row_a_window_under_one_head(self, tmp_path: Path) -> None:
        for _ in range(2):
            csv_file.write(a_run(), self.target(tmp_path))
        found = rows(Path(self.target(tmp_path)))

        assert ["epoch", "epoch", "whole"] * 2 == [row["window"] for row in found]
        assert ("100.0", "90.0", "counter", "train") == tuple(
            found[-1][name] for name in ("energy_j", "energy_low_j", "grade", "name")
        )

    def test_a_table_of_other_columns_is_left_as_it_is(self, tmp_path: Path) -> None:
        path = tmp_path / "other.csv"
        path.write_text("a,b\n1,2\n")

        with pytest.raises(BadInputError, match=r"has other columns \(a, b …\); name a new file"):
            csv_file.write(a_run(), str(path))
        assert "a,b\n1,2\n" == path.read_text()


class TestCodeCarbon(SinkContract):
    sink = codecarbon

    def target(self, tmp_path: Path) -> str:
        return str(tmp_path / "emissions.csv")

    def test_its_energy_is_in_kilowatt_hours_by_component(self, tmp_path: Path) -> None:
        codecarbon.write(a_run(), self.target(tmp_path))
        (row,) = rows(Path(self.target(tmp_path)))

        assert pytest.approx(100 / 3.6e6) == float(row["energy_consumed"])
        assert [0.5, 0.4, 0.1] == pytest.approx(
            [float(row[f"{part}_energy"]) / float(row["energy_consumed"]) for part in ("cpu", "gpu", "ram")]
        )
        assert pytest.approx(12.5) == float(row["cpu_power"])

    def test_where_nobody_said_where_it_ran_no_emissions_are_claimed(self, tmp_path: Path) -> None:
        codecarbon.write(a_run(), self.target(tmp_path))
        (row,) = rows(Path(self.target(tmp_path)))

        assert ("", "", "") == (row["emissions"], row["country_name"], row["water_consumed"])

    def test_a_table_that_codecarbon_began_is_gone_on_with(self, tmp_path: Path) -> None:
        path = tmp_path / "emissions.csv"
        path.write_text(",".join(codecarbon.COLUMNS) + "\n")
        codecarbon.write(a_run(), str(path))

        assert ["train"] == [row["project_name"] for row in rows(path)]
