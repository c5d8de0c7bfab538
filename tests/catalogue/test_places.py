"""Places are found under every name they go by, and one that nobody knows is the world, never a guess."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenwright.catalogue.places import cloud_region, countries, country, place, regions, unknown, zone, zones
from greenwright.records.quantities import Grade

KNOWN = [*countries(), *zones(), *regions()]


@pytest.mark.parametrize("text", ["DE", "de", "DEU", "Germany", " germany "])
def test_a_country_is_found_by_its_codes_and_its_name(text: str) -> None:
    assert "DE" == country(text).key == place(text).key


@pytest.mark.parametrize(("text", "code"), [("UK", "GB"), ("USA", "US"), ("Great Britain", "GB"), ("Viet Nam", "VN")])
def test_a_country_is_found_by_what_people_call_it(text: str, code: str) -> None:
    assert code == country(text).key


@pytest.mark.parametrize(
    ("provider", "name", "key"),
    [
        ("aws", "eu-west-1", "aws/eu-west-1"),
        ("AWS", "us-east-1a", "aws/us-east-1"),
        ("Google Cloud", "us-central1-b", "gcp/us-central1"),
        ("azure", "West Europe", "azure/westeurope"),
        ("Microsoft Azure", "westus2", "azure/westus2"),
    ],
)
def test_a_region_is_found_as_bills_spell_it(provider: str, name: str, key: str) -> None:
    assert key == cloud_region(provider, name).key


def test_a_region_carries_what_its_provider_and_its_grid_say() -> None:
    found = place("aws/eu-west-1")

    assert ("IE", "europe", "EU", "IE") == (found.country, found.continent, found.bloc, found.zone)
    assert found.intensity_g_per_kwh == zone("IE").intensity_g_per_kwh
    assert found.pue is not None
    assert 1.0 <= found.pue.low <= found.pue.value == 1.11
    assert found.water_l_per_kwh is not None
    assert found.plant_water_l_per_kwh is not None
    assert len(found.sources) == 2


@pytest.mark.parametrize("text", ["nowhere", "", "aws/eu-west-99", "aws/", "/", "DE-XX", "world"])
def test_an_unknown_place_is_the_world_with_the_worlds_range(text: str) -> None:
    found = place(text)
    values = [one.intensity_g_per_kwh.value for one in countries()]

    assert not found.known
    assert found.intensity_g_per_kwh.grade == Grade.ASSUMED
    assert (min(values), max(values)) == (found.intensity_g_per_kwh.low, found.intensity_g_per_kwh.high)
    assert found.intensity_g_per_kwh.value == pytest.approx(472.94)
    assert ("", "", None, None) == (found.country, found.zone, found.pue, found.latitude_deg)


def test_what_was_asked_for_stands_in_the_source_of_an_unknown_place() -> None:
    assert "'atlantis'" in place("atlantis").intensity_g_per_kwh.source
    assert cloud_region("aws", "moon-1").provider == "aws"


def test_the_clouds_are_there_with_their_known_regions() -> None:
    counts = {cloud: sum(one.provider == cloud for one in regions()) for cloud in ("aws", "gcp", "azure")}

    assert all(count > 35 for count in counts.values())


def test_every_place_has_a_range_a_year_a_source_and_a_licence() -> None:
    assert [] == [
        one.key
        for one in KNOWN
        if not (0 <= one.intensity_g_per_kwh.low < one.intensity_g_per_kwh.value < one.intensity_g_per_kwh.high <= 1500)
        or one.year < 2021
        or not one.sources
        or any(not source.licence for source in one.sources)
    ]


def test_every_region_knows_its_country_its_grid_its_city_and_its_halls() -> None:
    assert [] == [
        one.key
        for one in regions()
        if not (one.country and one.continent and one.zone and one.known and one.pue and one.latitude_deg and one.longitude_deg)
        or not 1.0 <= one.pue.low <= one.pue.high < 2.0
    ]


def test_the_cleanest_and_the_dirtiest_regions_are_who_one_expects() -> None:
    ranked = sorted(regions(), key=lambda one: one.intensity_g_per_kwh.value)

    assert {"SE", "NO"} >= {one.country for one in ranked[:4]}
    assert {one.country for one in ranked[-4:]} <= {"ZA", "IN", "ID", "US", "MY", "PL"}


def test_a_users_own_hall_may_be_added_and_a_zone_corrected(tmp_path: Path) -> None:
    (tmp_path / "regions.csv").write_text(
        "provider,region,location,country,zone,pue,intensity_g_per_kwh,year\nours,cellar,Bonn,DE,DE,1.4,,\nours,roof,Bonn,DE,,1.1,41,2026\n"
    )
    (tmp_path / "zones.csv").write_text("zone,intensity_g_per_kwh,year\nDE,300,2026\n")

    cellar, roof = place("ours/cellar", tmp_path), place("ours/roof", tmp_path)

    assert cellar.pue is not None
    assert (1.4, 300.0, "DE") == (cellar.pue.value, cellar.intensity_g_per_kwh.value, cellar.country)
    assert (41.0, 2026) == (roof.intensity_g_per_kwh.value, roof.year)
    assert not place("ours/cellar").known


@settings(deadline=None)  # the first call reads the tables
@given(st.text(max_size=20))
def test_no_text_is_too_strange_to_be_looked_up(text: str) -> None:
    found = place(text)

    assert found.known or found.intensity_g_per_kwh.grade == Grade.ASSUMED


def test_the_world_needs_no_name() -> None:
    assert unknown().key == "world"
