"""A price is that of the seller and region where it is known; elsewhere it is what others ask, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenwright.catalogue.places import cloud_region
from greenwright.catalogue.prices import price, prices
from greenwright.errors import CatalogueError
from greenwright.records.quantities import Grade


def test_a_price_is_of_one_accelerator_for_a_second() -> None:
    found = price("H100", "Amazon", "us-east-1")

    assert found is not None
    assert found.on_demand_usd_per_s is not None
    assert found.spot_usd_per_s is not None
    assert ("aws", "us-east-1", "instance") == (found.provider, found.region, found.covers)
    assert found.on_demand_usd_per_s.value * 3600 == pytest.approx(55.04 / 8)
    assert found.spot_usd_per_s.value < found.on_demand_usd_per_s.value
    assert found.on_demand_usd_per_s.grade == Grade.MODELLED


def test_where_nobody_said_it_is_what_others_ask_and_that_is_assumed() -> None:
    found = price("H100", "gcp", "europe-west4")
    asked = [one.on_demand_usd_per_s for one in prices() if "H100" in one.device and one.on_demand_usd_per_s]

    assert found is not None
    assert found.on_demand_usd_per_s is not None
    assert ("", "") == (found.provider, found.region)
    assert found.on_demand_usd_per_s.grade == Grade.ASSUMED
    assert found.on_demand_usd_per_s.low == min(one.low for one in asked)
    assert found.on_demand_usd_per_s.high == max(one.high for one in asked)


@pytest.mark.parametrize("name", ["NVIDIA H100 80GB HBM3", "nvidia h100 sxm", "H100"])
def test_a_device_is_found_under_every_name_it_goes_by(name: str) -> None:
    assert price(name, "azure", "eastus") == price("H100", "Azure", "EastUS")


def test_what_is_not_known_is_nothing() -> None:
    assert price("a device of tomorrow") is None
    assert price("NVIDIA GeForce GTX 1080") is None


def test_a_spot_price_never_ranges_above_the_list_price() -> None:
    for one in prices():
        if one.spot_usd_per_s and one.on_demand_usd_per_s:
            assert one.spot_usd_per_s.low <= one.spot_usd_per_s.value <= one.spot_usd_per_s.high
            assert one.spot_usd_per_s.high <= one.on_demand_usd_per_s.value * 1.000001


def test_the_regions_of_the_three_clouds_are_ours() -> None:
    for one in prices():
        assert one.provider not in {"aws", "gcp", "azure"} or cloud_region(one.provider, one.region).known, one.key


def test_a_table_of_the_users_own_goes_before_ours(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("provider,region,device,count,usd_per_h,spot_usd_per_h\nmine,cellar,H100,2,1.0,\n")

    found = price("H100", "mine", "Cellar", tmp_path)

    assert found is not None
    assert found.on_demand_usd_per_s is not None
    assert found.spot_usd_per_s is None
    assert found.on_demand_usd_per_s.value * 3600 == pytest.approx(0.5)
    assert found.source.licence == "yours"


def test_a_device_that_nobody_knows_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("provider,region,device,count,usd_per_h\nmine,cellar,H1000,2,1.0\n")

    with pytest.raises(CatalogueError, match=r"line 2: no accelerator is called 'H1000'"):
        prices(tmp_path)
