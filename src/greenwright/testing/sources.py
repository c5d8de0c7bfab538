"""What every source of intensities must pass; a live one is tried on recorded answers, and on a network that fails.

A plugin's test inherits the contract and says what the other side answers::

    class TestMySource(LiveSourceContract):
        source = my_source
        ask = Ask(zone="GB", start_s=1704067200.0, end_s=1704070800.0)
        settings = {"MY_KEY": "secret"}
        truth = {1704067200.0: 123.0}

        def answer(self, request):
            return httpx.Response(200, json=...)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from greenwright.grid.contract import Ask, Reach, SourceError
from greenwright.grid.exchange import web
from greenwright.records.grid import Boundary, Intensity, Signal
from greenwright.records.quantities import Grade

if TYPE_CHECKING:
    import httpx

    from greenwright.grid.contract import Source

NOW_S = 1_704_110_400.0
"""2024-01-01T12:00Z, when recorded questions are asked."""


class SourceContract:
    """Inherit, set ``source``, ``ask`` and ``truth``; pytest runs the rest."""

    source: Any
    """The module."""
    ask: Ask
    """A question it can answer."""
    settings: ClassVar[dict[str, str]] = {}
    truth: ClassVar[dict[float, float]] = {}
    """What is known of the answer: g/kWh by time in seconds since 1970."""

    def answer(self, request: httpx.Request) -> httpx.Response:
        """What the other side says; a source without another side is never asked."""
        raise AssertionError(f"nobody should ask {request.url}")

    def fetch(self, ask: Ask | None = None, answer: Any = None, settings: dict[str, str] | None = None) -> Intensity:
        """Ask the source, on a stand-in for the network."""
        reach = Reach(
            get=_stand_in(answer or self.answer), settings=self.settings if settings is None else settings, now_s=NOW_S
        )
        module: Source = self.source
        return module.fetch(ask or self.ask, reach)

    def test_its_facts_are_complete(self) -> None:
        """``META`` says what it knows, of where, on which clock and on which terms."""
        meta = self.source.META

        assert all([meta.id, meta.title, meta.zones, meta.clock, meta.licence])
        assert meta.signals
        assert meta.boundaries
        assert meta.history or meta.forecast
        assert set(meta.signals) <= set(Signal)
        assert set(meta.boundaries) <= set(Boundary)

    def test_it_answers_in_grams_per_kilowatt_hour_at_utc(self) -> None:
        """Every value that is known stands where it belongs."""
        found = self.fetch()
        given = dict(_timed(found))

        assert self.truth
        for at_s, value in self.truth.items():
            assert given[at_s] is not None
            assert math.isclose(given[at_s] or 0.0, value, rel_tol=1e-6)

    def test_it_says_what_its_number_is_and_how_old(self) -> None:
        """Signal, boundary, source and age travel with the values."""
        found = self.fetch()

        assert (self.ask.signal, self.ask.boundary) == (found.signal, found.boundary)
        assert found.source
        assert found.fetched_s == NOW_S
        assert found.grade in {Grade.MODELLED, Grade.ASSUMED}
        assert (found.issued_s is not None) == self.ask.forecast

    def test_it_stays_within_the_stretch(self) -> None:
        """Nothing from before or after what was asked."""
        found = self.fetch()

        assert found.start_s >= self.ask.start_s - found.step_s
        assert found.end_s <= self.ask.end_s + found.step_s
        assert found.step_s > 0


class LiveSourceContract(SourceContract):
    """For a source on the network: it fails as a ``SourceError``, and never tells a key."""

    @pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
    def test_an_error_of_the_other_side_is_named(self, status: int) -> None:
        """The host and the code stand in the text; the key does not."""
        import httpx

        self._fails(lambda _: httpx.Response(status, text="no"), str(status))

    def test_silence_is_named(self) -> None:
        """A time-out says who did not answer."""
        import httpx

        def silent(request: httpx.Request) -> httpx.Response:
            raise httpx.ReadTimeout("too slow", request=request)

        self._fails(silent, "did not answer within")

    def test_a_broken_line_is_named(self) -> None:
        """No route, no name, a connection cut."""
        import httpx

        def cut(request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("no route", request=request)

        self._fails(cut, "cannot be reached")

    @pytest.mark.parametrize(
        "body", ["", "<html>Sign in to this wifi</html>", "{}", "[]", '{"data": 3}', "null", '{"data": []}', "[3]"]
    )
    def test_an_answer_that_is_none_is_refused(self, body: str) -> None:
        """A captive portal, an empty list and another interface are no intensities."""
        import httpx

        self._fails(lambda _: httpx.Response(200, text=body), "")

    def test_it_asks_for_what_it_needs(self) -> None:
        """Without its key it says which variable to set, and asks nobody."""
        if not self.source.META.needs:
            pytest.skip("this source needs no key")
        with pytest.raises(SourceError) as caught:
            self.fetch(settings={}, answer=lambda request: pytest.fail(f"asked {request.url}"))

        assert any(name in str(caught.value) for name in self.source.META.needs)

    def _fails(self, answer: Callable[[httpx.Request], httpx.Response], text: str) -> None:
        with pytest.raises(SourceError) as caught:
            self.fetch(answer=answer)

        assert text in str(caught.value)
        secrets = [value for name, value in self.settings.items() if not name.endswith("URL")]
        assert not any(secret in str(caught.value) for secret in secrets)


def _timed(series: Intensity) -> list[tuple[float, float | None]]:
    return [(series.start_s + place * series.step_s, value) for place, value in enumerate(series.values_g_per_kwh)]


def _stand_in(answer: Callable[[httpx.Request], httpx.Response]) -> Any:
    import httpx

    return web(httpx.MockTransport(answer))
