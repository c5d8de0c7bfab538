"""carbon-aware-sdk: ratings and the current forecast, as its WebApi documents them."""

from __future__ import annotations

from typing import ClassVar

import httpx

from greenwright.grid.contract import Ask
from greenwright.grid.series import parse_time_s
from greenwright.grid.sources import carbon_aware_sdk
from greenwright.testing.sources import LiveSourceContract

START_S = parse_time_s("2024-01-01T10:00Z")
HISTORY = [
    {"location": "US-MIDA-PJM", "time": "2024-01-01T10:00:00+00:00", "rating": 410.5, "duration": "01:00:00"},
    {"location": "US-MIDA-PJM", "time": "2024-01-01T11:00:00+00:00", "rating": 402.0, "duration": "01:00:00"},
]
FORECAST = [
    {
        "generatedAt": "2024-01-01T09:55:00+00:00",
        "requestedAt": "2024-01-01T09:57:00+00:00",
        "location": "eastus",
        "windowSize": 5,
        "optimalDataPoints": [],
        "forecastData": [
            {"location": "US-MIDA-PJM", "timestamp": "2024-01-01T10:00:00+00:00", "duration": 5, "value": 398.0},
            {"location": "US-MIDA-PJM", "timestamp": "2024-01-01T10:05:00+00:00", "duration": 5, "value": 397.0},
        ],
    }
]


class TestCarbonAwareSdk(LiveSourceContract):
    source = carbon_aware_sdk
    ask = Ask(zone="eastus", start_s=START_S, end_s=START_S + 7200)
    settings: ClassVar[dict[str, str]] = {"CARBON_AWARE_SDK_URL": "http://sdk.example/"}
    truth: ClassVar[dict[float, float]] = {START_S: 410.5, START_S + 3600: 402.0}

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.url.host == "sdk.example"
        assert request.url.params["location"] == "eastus"
        return httpx.Response(200, json=FORECAST if "forecasts" in request.url.path else HISTORY)

    def test_the_current_forecast_keeps_the_time_at_which_it_was_made(self) -> None:
        found = self.fetch(Ask(zone="eastus", start_s=START_S, end_s=START_S + 600, forecast=True))

        assert (found.values_g_per_kwh, found.step_s) == ((398.0, 397.0), 300.0)
        assert found.issued_s == parse_time_s("2024-01-01T09:55Z")

    def test_it_says_that_the_signal_is_taken_on_trust(self) -> None:
        assert carbon_aware_sdk.UNSAID in self.fetch().notes
