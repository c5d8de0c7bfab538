"""ENTSO-E's transparency platform: what each kind of plant generated in Europe, times what its kind emits."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from greenwright.errors import BadInputError
from greenwright.grid.answers import as_intensity
from greenwright.grid.contract import Ask, Meta, Reach, SourceError, refuse_others
from greenwright.grid.mix import Mix, intensities
from greenwright.grid.series import DAY_S, parse_time_s
from greenwright.records.grid import Boundary, Intensity, Signal

DOMAINS = {
    "AT": "10YAT-APG------L",
    "BE": "10YBE----------2",
    "BG": "10YCA-BULGARIA-R",
    "CH": "10YCH-SWISSGRIDZ",
    "CZ": "10YCZ-CEPS-----N",
    "DE": "10Y1001A1001A83F",
    "DK-DK1": "10YDK-1--------W",
    "DK-DK2": "10YDK-2--------M",
    "EE": "10Y1001A1001A39I",
    "ES": "10YES-REE------0",
    "FI": "10YFI-1--------U",
    "FR": "10YFR-RTE------C",
    "GB": "10YGB----------A",
    "GR": "10YGR-HTSO-----Y",
    "HR": "10YHR-HEP------M",
    "HU": "10YHU-MAVIR----U",
    "IE": "10YIE-1001A00010",
    "IT": "10YIT-GRTN-----B",
    "LT": "10YLT-1001A0008Q",
    "LV": "10YLV-1001A00074",
    "NL": "10YNL----------L",
    "NO-NO1": "10YNO-1--------2",
    "NO-NO2": "10YNO-2--------T",
    "NO-NO3": "10YNO-3--------J",
    "NO-NO4": "10YNO-4--------9",
    "NO-NO5": "10Y1001A1001A48H",
    "PL": "10YPL-AREA-----S",
    "PT": "10YPT-REN------W",
    "RO": "10YRO-TEL------P",
    "RS": "10YCS-SERBIATSOV",
    "SE": "10YSE-1--------K",
    "SE-SE1": "10Y1001A1001A44P",
    "SE-SE2": "10Y1001A1001A45N",
    "SE-SE3": "10Y1001A1001A46L",
    "SE-SE4": "10Y1001A1001A47J",
    "SI": "10YSI-ELES-----O",
    "SK": "10YSK-SEPS-----K",
}
META = Meta(
    id="entsoe",
    title="ENTSO-E Transparency Platform, generation times factors",
    signals=(Signal.AVERAGE,),
    boundaries=(Boundary.LIFE_CYCLE, Boundary.DIRECT),
    history=True,
    forecast=False,
    zones="most of Europe, by country or bidding zone",
    only=tuple(DOMAINS),
    needs=("ENTSOE_TOKEN",),
    clock="intervals in UTC, named by their beginning, of 15, 30 or 60 minutes",
    licence="CC BY 4.0 for most of its data",
    url="https://transparency.entsoe.eu/",
)

ADDRESS = "https://web-api.tp.entsoe.eu/api"
LONGEST_S = 365 * DAY_S
STEPS_S = {"PT15M": 900.0, "PT30M": 1_800.0, "PT60M": 3_600.0, "PT1H": 3_600.0}
FUELS = {
    "B01": "biomass",
    "B02": "lignite",
    "B03": "gas",
    "B04": "gas",
    "B05": "coal",
    "B06": "oil",
    "B07": "coal",
    "B08": "coal",
    "B09": "geothermal",
    "B11": "hydro",
    "B12": "hydro",
    "B14": "nuclear",
    "B16": "solar",
    "B17": "biomass",
    "B18": "wind",
    "B19": "wind",
}
"""As Electricity Maps groups them: oil shale burns like coal, waste counts as biomass; marine, other renewable and other are unknown."""
STORED = {"B10", "B25"}
"""Pumped storage and batteries give back what was counted when it was generated."""


def fetch(ask: Ask, reach: Reach) -> Intensity:
    """Generation by kind of plant, as intensity.

    Raises:
        SourceError: no key, a forecast or a marginal intensity asked for, a zone outside Europe, or no answer.
    """
    refuse_others(ask, META)
    mix: Mix = {}
    at_s = ask.start_s
    while at_s < ask.end_s:
        until_s = min(ask.end_s, at_s + LONGEST_S)
        for moment, fuel, amount in _amounts(_document(DOMAINS[ask.zone.upper()], at_s, until_s, reach)):
            kinds = mix.setdefault(moment, {})
            kinds[fuel] = kinds.get(fuel, 0.0) + amount
        at_s = until_s
    return as_intensity(
        intensities(mix, ask.boundary),
        ask=ask,
        meta=META,
        reach=reach,
        signal=Signal.AVERAGE,
        boundary=ask.boundary,
        notes=("electricity that flows in from neighbours is not traced",),
    )


def _document(domain: str, start_s: float, end_s: float, reach: Reach) -> ET.Element:
    query = {
        "securityToken": reach.setting("ENTSOE_TOKEN"),
        "documentType": "A75",
        "processType": "A16",
        "in_Domain": domain,
        "periodStart": _compact(start_s),
        "periodEnd": _compact(end_s),
    }
    body = reach.get(ADDRESS, query, {})
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise SourceError(f"{META.title} answered a document with declarations of its own, which are not read")
    try:
        root = ET.fromstring(body)  # noqa: S314 - entities are refused above
    except ET.ParseError as error:
        raise SourceError(f"{META.title} answered something that is not XML: {body[:60].decode(errors='replace')!r}") from error
    if root.tag.endswith("Acknowledgement_MarketDocument"):
        raise SourceError(f"{META.title} has nothing: {_text(root, 'text') or 'no reason given'}")
    return root


def _compact(at_s: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at_s, UTC).strftime("%Y%m%d%H%M")


def _amounts(root: ET.Element) -> Iterator[tuple[float, str, float]]:
    """Time, fuel and megawatts of every interval; what pumps took in has an outgoing domain, and is left out."""
    for series in root.iter():
        if _name(series) != "TimeSeries" or _text(series, "outBiddingZone_Domain.mRID"):
            continue
        code = _text(series, "psrType") or ""
        if code in STORED:
            continue
        for period in series.iter():
            if _name(period) == "Period":
                yield from ((at_s, FUELS.get(code, "unknown"), amount) for at_s, amount in _period(period))


def _period(period: ET.Element) -> Iterator[tuple[float, float]]:
    """Every interval of a period; a position left out repeats the one before, as curve type A03 has it."""
    step_s = STEPS_S.get(_text(period, "resolution") or "")
    if step_s is None:
        raise SourceError(f"{META.title} answered in steps of {_text(period, 'resolution')!r}, which nobody expects")
    try:
        start_s, end_s = parse_time_s(_text(period, "start") or ""), parse_time_s(_text(period, "end") or "")
        given = {
            int(_text(one, "position") or ""): float(_text(one, "quantity") or "") for one in period if _name(one) == "Point"
        }
    except (BadInputError, ValueError) as error:
        raise SourceError(f"{META.title} answered a period that cannot be read ({error})") from error
    amount = None
    for position in range(1, round((end_s - start_s) / step_s) + 1):
        amount = given.get(position, amount)
        if amount is not None:
            yield start_s + (position - 1) * step_s, amount


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: ET.Element, name: str) -> str | None:
    return next((one.text for one in element.iter() if _name(one) == name), None)
