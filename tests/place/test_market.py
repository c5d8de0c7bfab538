from __future__ import annotations

from greenwright.place import market
from greenwright.place.api import place
from greenwright.records.placement import Plan, PriceClass
from greenwright.records.quantities import Grade

JOB = {
    "work": {"flop": 4e18},
    "when": {"deadline": "24h", "interruptible": True},
    "where": {"here": "aws/us-east-1", "regions": ["gcp/europe-west4"]},
    "how": {"accelerators": ["H100"], "price_classes": ["on-demand", "spot"]},
}


def planned(**changed: object) -> Plan:
    found = place(JOB | changed)
    assert isinstance(found, Plan)
    return found


def test_a_device_has_a_price_on_demand_and_one_that_may_be_taken_away() -> None:
    found = {one.price_class: one for one in market.rates("aws/us-east-1", ["H100"])}

    on_demand, spot = found[PriceClass.ON_DEMAND], found[PriceClass.SPOT]
    assert on_demand.usd_per_s is not None
    assert spot.usd_per_s is not None
    assert 0 < spot.usd_per_s.value < on_demand.usd_per_s.value
    assert spot.interrupted_every_s == market.SPOT_INTERRUPTED_EVERY_S


def test_a_device_that_nobody_sells_has_no_price() -> None:
    assert [one.usd_per_s for one in market.rates("aws/us-east-1", [""])] == [None]


def test_costs_come_from_the_catalogue_with_their_range() -> None:
    found = planned()

    assert found.choice is not None
    cost = found.choice.figures.cost_usd
    assert cost is not None
    assert 0 < cost.low <= cost.value <= cost.high


def test_what_is_preferred_decides_between_carbon_and_cost() -> None:
    clean, cheap = planned(prefer={"for": "carbon"}), planned(prefer={"for": "cost"})

    assert clean.choice is not None
    assert cheap.choice is not None
    assert clean.choice.figures.cost_usd is not None
    assert cheap.choice.figures.cost_usd is not None
    assert clean.choice.figures.carbon_g.value <= cheap.choice.figures.carbon_g.value
    assert cheap.choice.figures.cost_usd.value <= clean.choice.figures.cost_usd.value
    assert cheap.choice.price_class is PriceClass.SPOT
    assert len(clean.front) > 1


def test_a_price_in_the_job_file_goes_before_the_catalogue() -> None:
    found = planned(site=[{"key": "gcp/europe-west4", "rate": [{"device": "H100", "usd_per_h": 9.0}]}])

    there = next(one for one in found.front if one.site == "gcp/europe-west4")
    assert there.figures.cost_usd is not None
    hours = sum(part.end_s - part.start_s for part in there.stretches) / 3600
    assert abs(there.figures.cost_usd.value - 9 * hours) < 1e-6 * hours
    assert there.figures.cost_usd.grade is Grade.ASSUMED
