from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenwright.errors import BadInputError
from greenwright.footprint.claims.contract import all_claims, check
from greenwright.footprint.claims.reading.files import document
from greenwright.records.claims import Kind

CARD = """---
license: mit
co2_eq_emissions:
  emissions: 59990
---
# A model

- Hardware: 8 x A100
- Average power 400 W, PUE of 1.1
- Total energy: 124.98 kWh
- Carbon Emitted: 59.99 kg CO2eq

| Model | GPU hours | tCO2eq |
|---|---|---|
| 7B | 184320 | 31.22 |
| Total | 184320 | 31.22 |
"""


def kinds(name: str, text: str) -> set[Kind]:
    return {one.kind for claims in all_claims(document(name, text)) for one in claims.statements}


def test_a_model_card_gives_its_metadata_its_list_and_its_table() -> None:
    found = document("card.md", CARD)

    (table,) = found.tables
    assert found.metadata is not None
    assert [row.subject for row in table.rows] == ["7B"]
    assert table.total is not None
    assert kinds("card.md", CARD) == {Kind.DEVICES, Kind.POWER, Kind.PUE, Kind.ENERGY, Kind.CARBON, Kind.DEVICE_TIME}
    assert found.claims[0].where == "line 8"


def test_a_page_is_read_as_its_text_and_tables() -> None:
    page = (
        "<html><head><style>.x{width:12kWh}</style></head><body><h1>Report</h1><p>Energy: 12 kWh at a PUE of 1.2</p>"
        "<table><tr><th>Part</th><th>CO2e (kg)</th></tr><tr><td>a</td><td>3</td></tr><tr><td>Total</td><td>4</td></tr>"
        "</table></body></html>"
    )

    found = document("page.html", page)

    assert kinds("page.html", page) == {Kind.ENERGY, Kind.PUE, Kind.CARBON}
    assert found.tables[0].total is not None


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_a_table_is_read_whatever_separates_its_cells(mark: str) -> None:
    text = mark.join(["model", "energy_kwh", "emissions_kg"]) + "\n" + mark.join(["a", "12", "4"]) + "\n"

    assert kinds("table.csv", text) == {Kind.ENERGY, Kind.CARBON}


def test_numbers_of_a_json_file_have_their_keys_for_headings() -> None:
    text = json.dumps({"runs": [{"name": "a", "energy": {"value": 3.0, "unit": "kWh"}, "carbon_g": 1_200, "pue": 1.1}]})

    assert kinds("runs.json", text) == {Kind.ENERGY, Kind.CARBON, Kind.PUE}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.md", "  \n", "is empty"),
        ("a.pdf", "%PDF-1.7 …", "is not text"),
        ("a.json", "{", "is not JSON"),
        ("a.md", "---\na: [\n---\n", "is not YAML"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(name: str, text: str, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        document(name, text)


@settings(max_examples=60)
@given(st.text(min_size=1, max_size=300), st.sampled_from(["a.md", "a.csv", "a.html"]))
def test_no_file_breaks_the_check(text: str, name: str) -> None:
    try:
        found = document(name, text)
    except BadInputError:
        return
    check(found)
