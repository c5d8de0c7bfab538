"""EIA: generation by fuel and hour, which ends when its label says, becomes an intensity."""

from __future__ import annotations

from typing import Any, ClassVar

import httpx
import pytest

from greenwright.grid.contract import Ask, SourceError
from greenwright.grid.series import parse_time_s
from greenwright.grid.sources import eia
from greenwright.records.grid import Boundary
from greenwright.testing.sources import LiveSourceContract

START_S = parse_time_s("2024-01-01T00:00Z")


def row(period: str, fuel: str, value: str | None) -> dict[str, Any]:
    return {
        "period": period,
        "respondent": "CISO",
        "respondent-name": "California Independent System Operator",
        "fueltype": fuel,
        "type-name": fuel,
        "value": value,
        "value-units": "megawatthours",
    }


ROWS = [
    row("2024-01-01T01", "NG", "3000"),
    row("2024-01-01T01", "SUN", "-12"),
    row("2024-01-01T01", "WAT", "1000"),
    row("2024-01-01T01", "BAT", "500"),
    row("2024-01-01T02", "NG", "1000"),
    row("2024-01-01T02", "SUN", None),
    row("2024-01-01T02", "OTH", "1000"),
]


class TestEia(LiveSourceContract):
    source = eia
    ask = Ask(zone="US-CAL-CISO", start_s=START_S, end_s=START_S + 7200)
    settings: ClassVar[dict[str, str]] = {"EIA_API_KEY": "s3cret-key"}
    truth: ClassVar[dict[float, float]] = {START_S: (3 * 490 + 24) / 4, START_S + 3600: (490 + 700) / 2}

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.url.params["facets[respondent][]"] == "CISO"
        assert (request.url.params["start"], request.url.params["end"]) == ("2024-01-01T01", "2024-01-01T03")
        return httpx.Response(200, json={"response": {"total": str(len(ROWS)), "data": ROWS}})

    def test_it_says_that_the_clock_was_moved_and_flows_are_left_out(self) -> None:
        assert any("beginning" in note for note in self.fetch().notes)
        assert any("not traced" in note for note in self.fetch().notes)

    def test_direct_emissions_leave_the_life_cycle_out(self) -> None:
        found = self.fetch(Ask(zone="US-CAL-CISO", start_s=START_S, end_s=START_S + 7200, boundary=Boundary.DIRECT))

        assert found.values_g_per_kwh[0] == pytest.approx(3 * 370 / 4)

    def test_it_turns_pages_until_one_is_not_full(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(eia, "PAGE_ROWS", 4)
        offsets = []

        def answer(request: httpx.Request) -> httpx.Response:
            offset = int(request.url.params["offset"])
            offsets.append(offset)
            return httpx.Response(200, json={"response": {"data": ROWS[offset : offset + 4]}})

        assert len(self.fetch(answer=answer).values_g_per_kwh) == 2
        assert offsets == [0, 4]

    @pytest.mark.parametrize(
        "ask", [Ask(zone="DE", start_s=0, end_s=3600), Ask(zone="US-CAL-CISO", start_s=0, end_s=3600, forecast=True)]
    )
    def test_what_it_does_not_know_it_says(self, ask: Ask) -> None:
        with pytest.raises(SourceError, match="not DE|no forecast"):
            self.fetch(ask)
