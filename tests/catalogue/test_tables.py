"""Tables become rows with their sources, or an error that names the file and the line."""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from greenwright.catalogue.tables import is_stale, own_folder, table
from greenwright.errors import CatalogueError

HEAD = """# Zones of my own.
#
# checked = 2026-09-01
#
# [sources.survey]
# title = "a survey"
# url = "https://example.org"
# licence = "CC0"
"""
OURS = {
    "countries": ("code",),
    "zones": ("zone",),
    "regions": ("provider", "region"),
    "accelerators": ("key",),
    "cpus": ("name",),
    "instances": ("instance",),
    "mlperf": ("system", "benchmark", "scenario"),
}


def zones(folder: Path, text: str) -> None:
    (folder / "zones.csv").write_text(text)
    table("zones", ("zone",), folder)


@pytest.mark.parametrize("name", list(OURS))
def test_every_table_of_ours_says_when_it_was_checked_and_whose_each_row_is(name: str) -> None:
    text = (files("greenwright.catalogue") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    sources = {row.source for row in table(name, OURS[name], None).values() if row.text("source")}

    assert "# checked = 2" in text
    assert sources
    assert all(source.title and source.licence for source in sources)


def test_a_row_of_the_users_stands_in_place_of_ours_and_new_ones_are_added(tmp_path: Path) -> None:
    (tmp_path / "zones.csv").write_text(
        HEAD + "zone,intensity_g_per_kwh,year,source\nDE,300,2026,survey\nMINE,12,2026,survey\n"
    )

    rows = table("zones", ("zone",), tmp_path)

    assert ("300", "a survey") == (rows["de",].text("intensity_g_per_kwh"), rows["de",].source.title)
    assert rows["mine",].number("intensity_g_per_kwh") == 12.0
    assert rows["fr",].source.title.startswith("Electricity Maps")


def test_a_users_table_needs_no_head(tmp_path: Path) -> None:
    (tmp_path / "zones.csv").write_text("zone,intensity_g_per_kwh\nMINE,12\n")

    row = table("zones", ("zone",), tmp_path)["mine",]

    assert row.source.title == "your own zones.csv"
    assert row.checked >= date(2026, 9, 1)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("zone,source\nDE,nobody\n", "line 2: has a source 'nobody' that the head does not explain"),
        (HEAD + "zone,source\nDE,survey\nde,survey\n", "line 11: de stands here twice"),
        ("zone,source\nDE,own,3\n", "line 2: has more cells than there are columns"),
        ("name\nDE\n", "no column zone"),
        ("", "no column zone"),
        ("# checked = soon\nzone\nDE\n", "its head is not TOML"),
        ('# checked = "soon"\nzone\nDE\n', "checked is 'soon'; write it as 2026-09-01"),
    ],
)
def test_a_fault_is_named_with_its_file(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        zones(tmp_path, text)

    assert complaint in str(caught.value)
    assert str(tmp_path / "zones.csv") in str(caught.value)


def test_a_cell_that_is_no_number_is_named(tmp_path: Path) -> None:
    zones(tmp_path, "zone,intensity_g_per_kwh\nMINE,many\n")

    with pytest.raises(CatalogueError, match=r"zones.csv, line 2: intensity_g_per_kwh is 'many'; write a number"):
        table("zones", ("zone",), tmp_path)["mine",].number("intensity_g_per_kwh")


def test_the_users_folder_lies_where_greenwright_keeps_things(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GREENWRIGHT_HOME", str(tmp_path))

    assert own_folder() == tmp_path / "catalogue"


@pytest.mark.parametrize(("year", "expected"), [(2026, False), (2023, False), (2022, True), (None, False)])
def test_numbers_of_more_than_three_years_ago_are_stale(year: int | None, expected: bool) -> None:
    assert is_stale(year, date(2026, 11, 24)) is expected
