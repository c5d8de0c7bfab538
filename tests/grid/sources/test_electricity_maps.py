"""Electricity Maps: history, ranges and forecasts as version 3 documents them."""

from __future__ import annotations

from typing import Any, ClassVar

import httpx
import pytest

from greenwright.grid.contract import Ask, SourceError
from greenwright.grid.series import parse_time_s
from greenwright.grid.sources import electricity_maps
from greenwright.records.grid import Boundary, Signal
from greenwright.testing.sources import LiveSourceContract

START_S = parse_time_s("2024-01-01T06:00Z")


def hour(moment: str, value: int | None, *, estimated: bool = False) -> dict[str, Any]:
    return {
        "zone": "DE",
        "carbonIntensity": value,
        "datetime": moment,
        "updatedAt": "2024-01-01T12:00:00.000Z",
        "createdAt": "2023-12-29T06:00:00.000Z",
        "emissionFactorType": "lifecycle",
        "isEstimated": estimated,
        "estimationMethod": "TIME_SLICER_AVERAGE" if estimated else None,
    }


HOURS = [
    hour("2024-01-01T06:00:00.000Z", 302),
    hour("2024-01-01T07:00:00.000Z", 295),
    hour("2024-01-01T08:00:00.000Z", 290, estimated=True),
]


class TestElectricityMaps(LiveSourceContract):
    source = electricity_maps
    ask = Ask(zone="DE", start_s=START_S, end_s=START_S + 3 * 3600)
    settings: ClassVar[dict[str, str]] = {"ELECTRICITY_MAPS_TOKEN": "s3cret-token"}
    truth: ClassVar[dict[float, float]] = {START_S: 302.0, START_S + 7200: 290.0}

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["auth-token"] == "s3cret-token"
        assert request.url.params["zone"] == "DE"
        kind = request.url.path.rpartition("/")[2]
        key = {"history": "history", "forecast": "forecast", "past-range": "data"}[kind]
        return httpx.Response(200, json={"zone": "DE", key: HOURS, "temporalGranularity": "hourly"})

    def test_estimated_hours_are_said(self) -> None:
        assert "1 of 3 hours are its estimates" in self.fetch().notes

    def test_a_forecast_says_when_it_was_asked_for(self) -> None:
        assert self.fetch(Ask(zone="DE", start_s=START_S, end_s=START_S + 7200, forecast=True)).issued_s is not None

    def test_the_past_is_asked_for_in_ranges_and_as_the_kind_wanted(self) -> None:
        asked = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append((request.url.path, request.url.params["emissionFactorType"], request.url.params.get("start")))
            return httpx.Response(200, json={"zone": "DE", "data": [hour(request.url.params["start"], 300)]})

        start_s = parse_time_s("2023-01-01T00:00Z")
        found = self.fetch(Ask(zone="DE", start_s=start_s, end_s=start_s + 25 * 86400, boundary=Boundary.DIRECT), answer)

        assert [start for _, _, start in asked] == ["2023-01-01T00:00Z", "2023-01-11T00:00Z", "2023-01-21T00:00Z"]
        assert {(path, kind) for path, kind, _ in asked} == {("/v3/carbon-intensity/past-range", "direct")}
        assert found.boundary is Boundary.DIRECT

    def test_marginal_intensities_are_somebody_elses(self) -> None:
        with pytest.raises(SourceError, match="nothing marginal"):
            self.fetch(Ask(zone="DE", start_s=0, end_s=3600, signal=Signal.MARGINAL))

    @pytest.mark.parametrize("value", ["many", -40, 9_000])
    def test_a_value_that_cannot_be_is_refused(self, value: Any) -> None:
        rows = [hour("2024-01-01T06:00:00.000Z", value)]

        with pytest.raises(SourceError, match="is no number|cannot be"):
            self.fetch(answer=lambda _: httpx.Response(200, json={"history": rows}))
