"""The catalogue: the year's average at every hour, with the grade that deserves."""

from __future__ import annotations

from typing import ClassVar

import pytest

from greenwright.grid.contract import Ask, SourceError
from greenwright.grid.sources import catalogue
from greenwright.records.grid import Boundary, Signal
from greenwright.records.quantities import Grade
from greenwright.testing.sources import NOW_S, SourceContract


class TestCatalogue(SourceContract):
    source = catalogue
    ask = Ask(zone="DE", start_s=NOW_S, end_s=NOW_S + 3 * 3600)
    truth: ClassVar[dict[float, float]] = {NOW_S: 342.0, NOW_S + 7200: 342.0}

    def test_it_is_assumed_and_says_that_no_hour_is_better(self) -> None:
        found = self.fetch()

        assert found.grade is Grade.ASSUMED
        assert "no hour is better than another" in found.notes[0]
        assert all(
            low < value < high
            for low, value, high in zip(found.low_g_per_kwh, found.values_g_per_kwh, found.high_g_per_kwh, strict=True)
            if low and value and high
        )

    def test_an_unknown_zone_is_the_world(self) -> None:
        assert "no such place as 'ATLANTIS'" in self.fetch(Ask(zone="ATLANTIS", start_s=NOW_S, end_s=NOW_S + 3600)).source

    @pytest.mark.parametrize(
        "ask",
        [
            Ask(zone="DE", start_s=0, end_s=3600, signal=Signal.MARGINAL),
            Ask(zone="DE", start_s=0, end_s=3600, boundary=Boundary.DIRECT),
        ],
    )
    def test_an_average_over_the_life_cycle_stands_in_for_nothing_else(self, ask: Ask) -> None:
        with pytest.raises(SourceError, match="nothing (marginal|average) and"):
            self.fetch(ask)
