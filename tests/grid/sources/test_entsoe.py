"""ENTSO-E: a market document of generation by kind of plant becomes an intensity."""

from __future__ import annotations

from typing import ClassVar

import httpx
import pytest

from greenwright.grid.contract import Ask, SourceError
from greenwright.grid.series import parse_time_s
from greenwright.grid.sources import entsoe
from greenwright.testing.sources import LiveSourceContract

START_S = parse_time_s("2024-01-01T00:00Z")


def series(kind: str, amounts: dict[int, int], *, domain: str = "inBiddingZone_Domain", resolution: str = "PT60M") -> str:
    points = "".join(f"<Point><position>{at}</position><quantity>{amount}</quantity></Point>" for at, amount in amounts.items())
    return f"""<TimeSeries><mRID>1</mRID><businessType>A01</businessType>
      <{domain}.mRID codingScheme="A01">10Y1001A1001A83F</{domain}.mRID><quantity_Measure_Unit.name>MAW</quantity_Measure_Unit.name>
      <curveType>A03</curveType><MktPSRType><psrType>{kind}</psrType></MktPSRType>
      <Period><timeInterval><start>2024-01-01T00:00Z</start><end>2024-01-01T03:00Z</end></timeInterval>
      <resolution>{resolution}</resolution>{points}</Period></TimeSeries>"""


def document(*parts: str) -> str:
    head = '<?xml version="1.0" encoding="UTF-8"?><GL_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-6:generationloaddocument:3:0">'
    return f"{head}<mRID>x</mRID><type>A75</type>{''.join(parts)}</GL_MarketDocument>"


GOOD = document(
    series("B05", {1: 100, 3: 300}),
    series("B19", {1: 300}),
    series("B10", {1: 5000}),
    series("B10", {1: 7000}, domain="outBiddingZone_Domain"),
)
NOTHING = """<?xml version="1.0"?><Acknowledgement_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0">
<Reason><code>999</code><text>No matching data found</text></Reason></Acknowledgement_MarketDocument>"""


class TestEntsoe(LiveSourceContract):
    source = entsoe
    ask = Ask(zone="DE", start_s=START_S, end_s=START_S + 3 * 3600)
    settings: ClassVar[dict[str, str]] = {"ENTSOE_TOKEN": "s3cret-token"}
    truth: ClassVar[dict[float, float]] = {
        START_S: (820 + 3 * 11) / 4,
        START_S + 3600: (820 + 3 * 11) / 4,
        START_S + 7200: (820 + 11) / 2,
    }

    def answer(self, request: httpx.Request) -> httpx.Response:
        query = request.url.params
        assert (query["documentType"], query["processType"], query["in_Domain"]) == ("A75", "A16", "10Y1001A1001A83F")
        assert (query["periodStart"], query["periodEnd"]) == ("202401010000", "202401010300")
        return httpx.Response(200, text=GOOD)

    def test_waste_burns_as_biomass_and_oil_shale_as_coal(self) -> None:
        text = document(series("B17", {1: 100}), series("B07", {1: 100}))
        found = self.fetch(answer=lambda _: httpx.Response(200, text=text))

        assert found.values_g_per_kwh[0] == pytest.approx((230 + 820) / 2)

    def test_quarters_of_an_hour_are_kept(self) -> None:
        text = document(series("B05", {1: 100}, resolution="PT15M"))
        found = self.fetch(answer=lambda _: httpx.Response(200, text=text))

        assert (found.step_s, len(found.values_g_per_kwh)) == (900.0, 12)

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            (NOTHING, "No matching data found"),
            ('<!DOCTYPE x [<!ENTITY a "b">]><x/>', "declarations of its own"),
            (document(series("B05", {1: 1}, resolution="P1Y")), "steps of 'P1Y'"),
            (document(), "no point"),
        ],
    )
    def test_what_cannot_be_used_is_named(self, text: str, complaint: str) -> None:
        with pytest.raises(SourceError, match=complaint):
            self.fetch(answer=lambda _: httpx.Response(200, text=text))

    def test_a_zone_without_a_code_is_named(self) -> None:
        with pytest.raises(SourceError, match="only, not US-CAL-CISO"):
            self.fetch(Ask(zone="US-CAL-CISO", start_s=0, end_s=3600))
