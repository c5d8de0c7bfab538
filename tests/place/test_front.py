from __future__ import annotations

from dataclasses import replace

from greenwright.place.api import place
from greenwright.place.front import telling
from greenwright.records.placement import Choice, Plan
from greenwright.records.quantities import Grade, Quantity


def a_choice(carbon_g: float, cost_usd: float | None, finish_s: float) -> Choice:
    found = place({"work": {"energy": "1 kWh", "duration": "1h"}})
    assert isinstance(found, Plan)
    assert found.choice is not None

    def exactly(value: float) -> Quantity:
        return Quantity(value=value, low=value, high=value, grade=Grade.ASSUMED, source="a test's own")

    figures = replace(
        found.choice.figures,
        carbon_g=exactly(carbon_g),
        cost_usd=None if cost_usd is None else exactly(cost_usd),
        finish_s=finish_s,
    )
    return replace(found.choice, figures=figures)


def test_of_choices_much_alike_the_cleanest_is_shown() -> None:
    clean, alike, quick, cheap = a_choice(100, 10, 100), a_choice(101, 10, 98), a_choice(103, 10, 50), a_choice(120, 5, 100)

    assert telling([clean, alike, quick, cheap]) == [clean, quick, cheap]


def test_what_is_shown_already_is_not_shown_again_and_hides_what_is_like_it() -> None:
    clean, alike = a_choice(100, None, 100), a_choice(101, None, 99)

    assert telling([clean, alike], [clean]) == []
