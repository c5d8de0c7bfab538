"""WattTime: an account, then pounds per megawatt-hour, which become grams per kilowatt-hour."""

from __future__ import annotations

from typing import Any, ClassVar

import httpx
import pytest

from greenwright.grid.contract import Ask, SourceError
from greenwright.grid.series import parse_time_s
from greenwright.grid.sources import watttime
from greenwright.records.grid import Boundary, Signal
from greenwright.testing.sources import LiveSourceContract

START_S = parse_time_s("2024-01-01T10:00Z")
META = {
    "data_point_period_seconds": 300,
    "region": "CAISO_NORTH",
    "signal_type": "co2_moer",
    "model": {"date": "2023-03-01"},
    "units": "lbs_co2_per_mwh",
    "warnings": [],
}
DATA = [{"point_time": f"2024-01-01T10:{minute:02}:00+00:00", "value": 1000.0 - minute} for minute in (10, 5, 0)]


def ask(*, forecast: bool = False, signal: Signal = Signal.MARGINAL) -> Ask:
    return Ask(
        zone="CAISO_NORTH", start_s=START_S, end_s=START_S + 900, signal=signal, boundary=Boundary.DIRECT, forecast=forecast
    )


class TestWattTime(LiveSourceContract):
    source = watttime
    ask = ask()
    settings: ClassVar[dict[str, str]] = {"WATTTIME_USER": "ann-the-user", "WATTTIME_PASSWORD": "s3cret-word"}
    truth: ClassVar[dict[float, float]] = {START_S: 453.59237, START_S + 600: 449.0564463}

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/login":
            assert request.headers["authorization"].startswith("Basic ")
            return httpx.Response(200, json={"token": "t0ken"})
        assert request.headers["authorization"] == "Bearer t0ken"
        meta: dict[str, Any] = META
        if request.url.path == "/v3/forecast":
            assert 1 <= int(request.url.params["horizon_hours"]) <= 72
            meta = META | {"generated_at": "2024-01-01T09:55:00+00:00"}
        return httpx.Response(200, json={"data": DATA, "meta": meta})

    def test_a_forecast_keeps_the_time_at_which_it_was_made(self) -> None:
        assert self.fetch(ask(forecast=True)).issued_s == START_S - 300

    def test_its_model_is_said(self) -> None:
        assert "its model of 2023-03-01" in self.fetch().notes

    def test_what_it_warns_of_is_said(self) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/login":
                return httpx.Response(200, json={"token": "t0ken"})
            warnings = [{"type": "EXAMPLE_WARNING", "message": "This is just an example"}, "old model"]
            return httpx.Response(200, json={"data": DATA, "meta": META | {"warnings": warnings}})

        assert {"it warns: This is just an example", "it warns: old model"} <= set(self.fetch(answer=answer).notes)

    def test_another_unit_is_refused(self) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/login":
                return httpx.Response(200, json={"token": "t0ken"})
            return httpx.Response(200, json={"data": DATA, "meta": META | {"units": "percent"}})

        with pytest.raises(SourceError, match="answered in 'percent'"):
            self.fetch(answer=answer)

    def test_averages_are_somebody_elses(self) -> None:
        with pytest.raises(SourceError, match="marginal"):
            self.fetch(ask(signal=Signal.AVERAGE))
