"""Catalogue files become factors, or an error that says which file and what to do."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from greenwright.catalogue.load import Factor, every_factor, factors
from greenwright.errors import CatalogueError

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """
unit    = "litre_per_kwh"
scope   = "on site"
source  = "a survey"
url     = "https://example.org/survey"
year    = 2025
checked = 2026-09-01
"""
ENTRY = """
[[entry]]
key = "cold"
value = 1
low = 0.5
high = 2.0
"""


def load(folder: Path, text: str) -> dict[str, Factor]:
    (folder / "water.toml").write_text(text)
    return factors("water", folder)


def test_an_entry_takes_unit_and_source_from_the_head(tmp_path: Path) -> None:
    expected = Factor(
        key="cold",
        value=1.0,
        low=0.5,
        high=2.0,
        unit="litre_per_kwh",
        scope="on site",
        source="a survey",
        url="https://example.org/survey",
        year=2025,
        checked=date(2026, 9, 1),
    )

    assert {"cold": expected} == load(tmp_path, HEAD + ENTRY)


def test_an_entry_may_name_its_own_source_and_year(tmp_path: Path) -> None:
    factor = load(tmp_path, HEAD + ENTRY + 'source = "another survey"\nyear = 2020\n')["cold"]

    assert ("another survey", 2020) == (factor.source, factor.year)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("unit = ", "not TOML"),
        (HEAD, "0 entries"),
        (HEAD + ENTRY + ENTRY, "2 entries with 1 different keys"),
        (ENTRY, "entry 'cold': no unit; give it in the entry or at the head"),
        (HEAD.replace('"a survey"', '""') + ENTRY, "no source"),
        (HEAD + ENTRY.replace("low = 0.5", ""), "no low"),
        (HEAD + ENTRY.replace("low = 0.5", "low = 1.5"), "1.0 is not between 1.5 and 2.0"),
        (HEAD + ENTRY.replace("2.0", "nan"), "high is nan; write a finite number"),
        (HEAD + ENTRY.replace("2.0", '"2.0"'), "high is '2.0'; write a finite number"),
        (HEAD + ENTRY.replace("2.0", "true"), "high is True; write a finite number"),
        (HEAD.replace("2025", '"2025"') + ENTRY, "year is '2025'; write it as 2026, without quotes"),
        (HEAD + ENTRY + "lowest = 0.1\n", "nobody reads lowest"),
        (HEAD + ENTRY + 'confirmed = "no"\n', "confirmed is 'no'; write true or false, without quotes"),
        (HEAD + ENTRY.replace('key = "cold"', ""), "entry 1: no key"),
    ],
)
def test_a_fault_is_named_with_its_file(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        load(tmp_path, text)

    assert complaint in str(caught.value)
    assert str(tmp_path / "water.toml") in str(caught.value)


def test_a_catalogue_that_does_not_exist_is_named() -> None:
    with pytest.raises(CatalogueError, match=r"no-such\.toml: there is no such catalogue"):
        factors("no-such")


def test_what_no_source_confirmed_was_never_checked(tmp_path: Path) -> None:
    seen, unseen = load(tmp_path, HEAD + ENTRY + ENTRY.replace("cold", "warm") + "confirmed = false\n").values()

    assert (seen.confirmed, seen.checked) == (True, date(2026, 9, 1))
    assert (unseen.confirmed, unseen.checked) == (False, None)


def test_one_factor_of_ours_is_unconfirmed_and_its_range_is_wide() -> None:
    found = {(name, one.key): one for name, known in every_factor().items() for one in known.values() if not one.confirmed}

    assert [("mass", "server-unknown")] == list(found)
    assert all(one.high >= 4 * one.low for one in found.values())
