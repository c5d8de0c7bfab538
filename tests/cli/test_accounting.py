"""What a run cost at a boundary: overheads beside what was measured, water on IT energy, no place guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from greenwright.cli.accounting import account, asked
from greenwright.errors import BadInputError
from greenwright.records.quantities import Grade, Quantity
from greenwright.records.runs import Account
from greenwright.testing.sinks import a_run, a_window

DUBLIN = "aws/eu-west-1"


def made(boundary: str | None, place: str | None = DUBLIN, pue: str | None = None, rest_j: float | None = None) -> Account:
    terms = asked(boundary, place, pue)
    assert terms is not None
    rest = None if rest_j is None else Quantity(value=rest_j, low=rest_j, high=rest_j, grade=Grade.MODELLED, source="learned")
    found = account(a_run(windows=(replace(a_window("job", 100.0, 4.0), rest_j=rest),)), terms)
    assert found is not None
    return found


def test_each_boundary_holds_the_one_before_and_nothing_measured_is_inflated() -> None:
    accounts = [made(boundary, pue="1.5", rest_j=20.0) for boundary in ("device", "it", "facility", "embodied")]

    assert [100.0, 120.0, 180.0, 180.0] == pytest.approx([one.energy_j.value for one in accounts])
    assert {100.0} == {one.device_j.value for one in accounts}
    assert {120.0} == {round(one.it_j.value, 9) for one in accounts}


def test_water_at_the_site_is_of_it_energy_and_water_at_power_plants_of_the_facility_s() -> None:
    low, high = made("facility", pue="1.0"), made("facility", pue="2.0")

    assert low.site_water_l is not None
    assert high.site_water_l is not None
    assert low.grid_water_l is not None
    assert high.grid_water_l is not None
    assert low.site_water_l.value == high.site_water_l.value
    assert 2 * low.grid_water_l.value == pytest.approx(high.grid_water_l.value)


def test_where_nobody_says_it_is_the_world_with_its_whole_range() -> None:
    world = made("facility", place=None)
    assert world.location_g is not None

    assert "the world" == world.place
    assert Grade.ASSUMED is world.location_g.grade
    assert world.location_g.high > 10 * world.location_g.low
    assert any("no PUE was given" in text for text in world.leaves_out)


def test_making_a_processor_that_nobody_published_is_a_range_and_an_assumption() -> None:
    embodied_g = made("embodied").embodied_g

    assert embodied_g is not None
    assert Grade.ASSUMED is embodied_g.grade
    assert 0 < embodied_g.low < embodied_g.value < embodied_g.high
    assert embodied_g.high / embodied_g.low > 8


def test_what_nobody_measured_beyond_the_counters_is_said() -> None:
    assert any("supply, board, fans" in text for text in made("it").leaves_out)
    assert () == made("it", rest_j=20.0).leaves_out
    assert () == made("device").leaves_out


def test_a_place_alone_asks_for_the_facility_and_nothing_for_nothing() -> None:
    terms = asked(None, "DE", None)

    assert terms is not None
    assert "facility" == terms.boundary.value
    assert asked(None, None, None) is None


def test_a_run_in_which_nothing_was_measured_has_no_account() -> None:
    terms = asked("it", None, None)
    assert terms is not None

    assert account(a_run(windows=()), terms) is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("all", None, None), "'all' is no boundary; give one of device, it, facility, embodied"),
        ((None, "Atlantis", None), "the catalogue knows no place called 'Atlantis'"),
        ((None, None, "0.9"), "--pue is 0.9"),
        ((None, None, "low"), "--pue is 'low'"),
        ((None, None, "nan"), "--pue is nan"),
    ],
)
def test_terms_that_cannot_be_are_refused(given: tuple[str | None, str | None, str | None], said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        asked(*given)
