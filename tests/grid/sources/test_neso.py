"""NESO: half-hours as its interface documents them."""

from __future__ import annotations

from typing import Any, ClassVar

import httpx
import pytest

from greenwright.grid.contract import Ask, SourceError
from greenwright.grid.series import parse_time_s
from greenwright.grid.sources import neso
from greenwright.records.grid import Boundary, Signal
from greenwright.testing.sources import LiveSourceContract

START_S = parse_time_s("2024-01-01T00:00Z")


def half_hour(start: str, end: str, forecast: int | None, actual: int | None) -> dict[str, Any]:
    return {"from": start, "to": end, "intensity": {"forecast": forecast, "actual": actual, "index": "low"}}


ROWS = [
    half_hour("2023-12-31T23:30Z", "2024-01-01T00:00Z", 50, 51),
    half_hour("2024-01-01T00:00Z", "2024-01-01T00:30Z", 48, 47),
    half_hour("2024-01-01T00:30Z", "2024-01-01T01:00Z", 52, 0),
    half_hour("2024-01-01T01:00Z", "2024-01-01T01:30Z", 53, None),
    half_hour("2024-01-01T01:30Z", "2024-01-01T02:00Z", 54, 55),
]


class TestNeso(LiveSourceContract):
    source = neso
    ask = Ask(zone="GB", start_s=START_S, end_s=START_S + 7200, boundary=Boundary.DIRECT)
    truth: ClassVar[dict[float, float]] = {START_S: 47.0, START_S + 5400: 55.0}

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert "/intensity/2024-01-01T00:00Z/2024-01-01T02:00Z" in str(request.url)
        return httpx.Response(200, json={"data": ROWS})

    def test_a_half_hour_without_an_actual_value_is_unknown_not_zero(self) -> None:
        assert self.fetch().values_g_per_kwh == (47.0, None, None, 55.0)

    def test_the_forecast_is_the_other_column(self) -> None:
        ask = Ask(zone="GB", start_s=START_S, end_s=START_S + 7200, boundary=Boundary.DIRECT, forecast=True)

        assert self.fetch(ask).values_g_per_kwh == (48.0, 52.0, 53.0, 54.0)
        assert self.fetch(ask).issued_s is not None

    def test_a_long_stretch_is_asked_for_in_pieces(self) -> None:
        asked = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request.url.path)
            start = request.url.path.split("/")[2]
            return httpx.Response(200, json={"data": [half_hour(start, start, 9, 9)]})

        self.fetch(Ask(zone="GB", start_s=START_S, end_s=START_S + 40 * 86400, boundary=Boundary.DIRECT), answer)

        assert len(asked) == 3

    @pytest.mark.parametrize(
        ("ask", "complaint"),
        [
            (Ask(zone="DE", start_s=0, end_s=3600, boundary=Boundary.DIRECT), "Great Britain, GB only, not DE"),
            (Ask(zone="GB", start_s=0, end_s=3600), "nothing average and life cycle"),
            (
                Ask(zone="GB", start_s=0, end_s=3600, boundary=Boundary.DIRECT, signal=Signal.MARGINAL),
                "nothing marginal and direct",
            ),
        ],
    )
    def test_what_it_does_not_know_it_says(self, ask: Ask, complaint: str) -> None:
        with pytest.raises(SourceError, match=complaint):
            self.fetch(ask)
