"""The datapoints of ESRS E1 that a model or service contributes to: energy (E1-5) and gross emissions (E1-6).

Paragraphs are numbered as in the standard of 2023, which the first row says. The revised standard of July 2026, for financial years
from 2027 on, numbers them otherwise; its numbers were not compared with its text, so none are given.

Source: Delegated Regulation (EU) 2023/2772, annex I, ESRS E1, paragraphs 37, 48, 49, 51, 52, 53 and 56.
"""

from __future__ import annotations

from greenwright.records.disclosure import Disclosure
from greenwright.records.quantities import Quantity
from greenwright.report.asked import Asked, csv_of, empty, number
from greenwright.report.contract import Meta
from greenwright.report.figures import BOUNDARY_WORDS, added, delivered_j, is_own
from greenwright.units import G_PER_T, J_PER_KWH

META = Meta(
    id="esrs-e1",
    title="CSV for ESRS E1: energy (E1-5) and gross emissions (E1-6)",
    suffix=".csv",
    leaves_blank="the split of energy by source, scope 1, net revenue, what is not about this model, and the numbers of the revised ESRS",
    source="https://eur-lex.europa.eu/eli/reg_del/2023/2772/oj",
)
J_PER_MWH = 1_000 * J_PER_KWH
_ELSEWHERE = "machines are a cloud's: these emissions are scope 3, category 1 of this undertaking"
_NOT_ASKED = "nobody gave it"
_STANDARD = Asked(
    reference="numbering",
    name="Standard that references are of",
    value="Delegated Regulation (EU) 2023/2772",
    why="the revised ESRS, for financial years from 2027 on, numbers its requirements otherwise: go by the names then",
)


def render(disclosure: Disclosure) -> str:
    """One row per datapoint, in the order of the standard."""
    return csv_of([_STANDARD, *_energy(disclosure), *_emissions(disclosure), *_totals(disclosure)])


def _energy(disclosure: Disclosure) -> list[Asked]:
    energy = delivered_j(disclosure.total)
    own = is_own(disclosure)
    how = f"electricity of {BOUNDARY_WORDS[disclosure.total.boundary]}"
    split = "needs the energy attributes of what was bought; a grid's average is no purchase"
    return [
        number(
            "E1-5 37",
            "Total energy consumption from own operations",
            "MWh",
            energy if own else None,
            J_PER_MWH,
            how,
            _ELSEWHERE,
        ),
        empty("E1-5 37a", "Energy from fossil sources", "MWh", split),
        empty("E1-5 37b", "Energy from nuclear sources", "MWh", split),
        empty("E1-5 37c", "Energy from renewable sources", "MWh", split),
        number(
            "E1-5 (voluntary)",
            "Energy consumed by a cloud for this undertaking",
            "MWh",
            None if own else energy,
            J_PER_MWH,
            how,
            "the machines are this undertaking's own",
        ),
    ]


def _emissions(disclosure: Disclosure) -> list[Asked]:
    own, total = is_own(disclosure), disclosure.total
    elsewhere = "the machines are this undertaking's own: see scope 2"
    bought = added((total.location_g, total.embodied_g))
    return [
        empty(
            "E1-6 48a", "Gross scope 1 emissions", "tCO2eq", "fuel burnt on site (generators, refrigerants) was not measured"
        ),
        _tonnes(
            "E1-6 49a",
            "Gross scope 2 emissions, location-based",
            total.location_g if own else None,
            _ELSEWHERE if not own else _NOT_ASKED,
        ),
        _tonnes(
            "E1-6 49b",
            "Gross scope 2 emissions, market-based",
            total.market_g if own else None,
            _ELSEWHERE if not own else _NOT_ASKED,
        ),
        _tonnes(
            "E1-6 51, category 1", "Purchased goods and services (cloud), location-based", None if own else bought, elsewhere
        ),
        _tonnes(
            "E1-6 51, category 2",
            "Capital goods (making the hardware, by share of life)",
            total.embodied_g if own else None,
            "in category 1, with the cloud's service" if not own else "embodied carbon is not known",
        ),
        _tonnes(
            "E1-6 51, category 3",
            "Fuel and energy related (losses of the grid)",
            total.losses_g,
            "losses of the grid were not given",
        ),
        empty("E1-6 51, other categories", "Other scope 3 emissions", "tCO2eq", "not about this model"),
    ]


def _totals(disclosure: Disclosure) -> list[Asked]:
    own, total = is_own(disclosure), disclosure.total
    others = [total.embodied_g, total.losses_g]
    market = added((total.market_g, *others)) if total.market_g and own else None
    why = "sum of the rows above that are known; scope 1 and other categories are not in it"
    return [
        _tonnes("E1-6 52a", "Total emissions, location-based", added((total.location_g, *others)), _NOT_ASKED, why),
        _tonnes(
            "E1-6 52b", "Total emissions, market-based", market, "no market-based number was given" if own else _ELSEWHERE, why
        ),
        empty("E1-6 53", "Emissions intensity per net revenue", "tCO2eq per currency unit", "net revenue is not known here"),
        empty("E1-7 56", "Removals and carbon credits", "tCO2eq", "never netted; report them apart"),
    ]


def _tonnes(
    reference: str, name: str, quantity: Quantity | None, blank: str, why: str = "energy times intensity, or share of life"
) -> Asked:
    return number(reference, name, "tCO2eq", quantity, G_PER_T, why, blank)
