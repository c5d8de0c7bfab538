"""The power of CPUs claims no more than is known."""

from __future__ import annotations

from collections import Counter

from greenwright.catalogue.load import factors

KNOWN = factors("cpu_power")


def test_every_range_is_at_least_half_to_double() -> None:
    assert [] == [key for key, factor in KNOWN.items() if factor.low > factor.value / 2 or factor.high < factor.value * 2]


def test_the_range_of_an_unknown_cpu_holds_every_known_value() -> None:
    unknown = KNOWN["unknown"]

    assert [] == [key for key, factor in KNOWN.items() if not unknown.low <= factor.value <= unknown.high]


def test_no_cpu_matches_two_entries() -> None:
    names = Counter(name for factor in KNOWN.values() for name in factor.match)

    assert [] == [name for name, count in names.items() if count > 1]


def test_every_entry_but_the_unknown_can_be_matched_and_has_a_title() -> None:
    assert ["unknown"] == [key for key, factor in KNOWN.items() if not factor.match]
    assert all(factor.title for factor in KNOWN.values())
