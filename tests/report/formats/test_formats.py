"""One disclosure in every form: the same numbers, and what each form's readers demand of it."""

from __future__ import annotations

import csv
import importlib.util
import json
import re
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from greenwright import registry
from greenwright.footprint.claims.contract import check
from greenwright.footprint.claims.reading.files import document as read_claims
from greenwright.lifecycle.assess import assess
from greenwright.records.claims import Severity
from greenwright.records.disclosure import Disclosure, Operator, Phase
from greenwright.records.footprint import Footprint
from greenwright.records.quantities import Quantity
from greenwright.report.amounts import quantity_text
from greenwright.report.figures import figure, figures
from greenwright.report.formats import cyclonedx, esrs_e1, eu_ai_act, html, markdown, model_card
from greenwright.report.formats import json as json_format
from greenwright.report.formats.eu_ai_act import two_figures
from greenwright.units import J_PER_KWH

ROOT = Path(__file__).parents[3]


def _plan() -> ModuleType:
    path = ROOT / "tests" / "lifecycle" / "conftest.py"
    spec = importlib.util.spec_from_file_location("lifecycle_plan", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def disclosure(tmp_path_factory: pytest.TempPathFactory) -> Disclosure:
    path = tmp_path_factory.mktemp("plan") / "life.toml"
    path.write_text(_plan().PLAN)
    return assess(path, created_at="2026-11-24T12:00:00+00:00", version="0.1.0")


def value(quantity: Quantity | None) -> float:
    assert quantity is not None
    return quantity.value


def trained(disclosure: Disclosure) -> Footprint:
    (one,) = [one.footprint for one in disclosure.phases if one.phase is Phase.TRAINING]
    return one


def rows(text: str) -> dict[str, dict[str, str]]:
    return {f"{row['reference']}: {row['datapoint']}": row for row in csv.DictReader(StringIO(text))}


def consumptions(disclosure: Disclosure) -> list[dict[str, Any]]:
    (component,) = json.loads(cyclonedx.render(disclosure))["components"]
    found: list[dict[str, Any]] = component["modelCard"]["considerations"]["environmentalConsiderations"]["energyConsumptions"]
    return found


def test_the_same_energy_and_carbon_stand_in_every_form(disclosure: Disclosure) -> None:
    total, training = disclosure.total, trained(disclosure)
    energy_kwh, carbon_g = value(total.facility_energy_j) / J_PER_KWH, value(total.location_g)

    assert value(json_format.parse(json_format.render(disclosure)).total.facility_energy_j) / J_PER_KWH == energy_kwh
    parts = consumptions(disclosure)
    assert sum(one["activityEnergyCost"]["value"] for one in parts) == pytest.approx(energy_kwh)
    assert sum(one["co2CostEquivalent"]["value"] for one in parts) * 1e6 == pytest.approx(carbon_g)
    esrs = rows(esrs_e1.render(disclosure))
    assert float(esrs["E1-5 37: Total energy consumption from own operations"]["value"]) * 1e3 == pytest.approx(energy_kwh)
    assert float(esrs["E1-6 49a: Gross scope 2 emissions, location-based"]["value"]) * 1e6 == pytest.approx(carbon_g)
    assert float(esrs["E1-6 49b: Gross scope 2 emissions, market-based"]["value"]) * 1e6 == pytest.approx(value(total.market_g))
    act = rows(eu_ai_act.render(disclosure))["2(e) energy: Energy consumed in training"]
    assert float(act["why" if "why" in act else "how, or why it is blank"].split()[1]) * 1e3 == pytest.approx(
        value(training.facility_energy_j) / J_PER_KWH
    )
    assert act["value"] == two_figures(value(training.facility_energy_j) / J_PER_KWH / 1e3)
    assert f"emissions: {value(training.location_g)!r} " in model_card.render(disclosure)
    for text in (html.render(disclosure), markdown.render(disclosure)):
        for one in figures(total):
            assert quantity_text(one.quantity, one.unit) in text


def test_every_phase_s_figures_are_those_of_the_phase(disclosure: Disclosure) -> None:
    page, text = html.render(disclosure), markdown.render(disclosure)

    for one, consumed in zip(disclosure.phases, consumptions(disclosure), strict=True):
        assert consumed["activityEnergyCost"]["value"] * J_PER_KWH == pytest.approx(value(one.footprint.facility_energy_j))
        shown = quantity_text(figure(one.footprint, "location_carbon").quantity, "kg CO2e")
        assert shown in page
        assert shown in text


@pytest.mark.parametrize("version", ["1.6", "1.7"])
def test_the_bill_of_materials_is_valid(disclosure: Disclosure, version: str) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = cyclonedx.render(disclosure).replace('"specVersion": "1.6"', f'"specVersion": "{version}"')

    assert JsonStrictValidator(SchemaVersion.from_version(version)).validate_str(text) is None


def test_water_hardware_and_ranges_are_properties_of_the_bill_of_materials(disclosure: Disclosure) -> None:
    first = {one["name"]: one["value"] for one in consumptions(disclosure)[0]["properties"]}

    assert first["greenwright:site_water"].split()[1] == "L"
    assert first["greenwright:phase"] == "data"
    assert "greenwright:facility_energy" in first


def test_the_json_is_what_its_published_schema_says(disclosure: Disclosure) -> None:
    import jsonschema

    published = (ROOT / "docs" / "schemas" / "disclosure.json").read_text()

    assert published == json_format.schema()
    jsonschema.Draft202012Validator(json.loads(published)).validate(json.loads(json_format.render(disclosure)))


def test_a_model_card_s_metadata_is_grams_of_training_and_reads_as_yaml(disclosure: Disclosure) -> None:
    import yaml

    metadata = yaml.safe_load(model_card.render(disclosure).split("---")[1])["co2_eq_emissions"]

    assert metadata["emissions"] == value(trained(disclosure).location_g)
    assert metadata["training_type"] == "fine-tuning"
    assert metadata["geographical_location"] == "DE"
    assert metadata["hardware_used"] == "8 × H100"


def test_a_model_card_without_training_has_no_number(disclosure: Disclosure) -> None:
    served = replace(disclosure, phases=tuple(one for one in disclosure.phases if one.phase is not Phase.TRAINING))

    assert "emissions:" not in model_card.render(served).split("---")[1].replace("co2_eq_emissions is", "")


def test_what_a_regulation_asks_and_nobody_knows_is_blank_with_its_reason(disclosure: Disclosure) -> None:
    for text in (esrs_e1.render(disclosure), eu_ai_act.render(disclosure)):
        for row in rows(text).values():
            assert bool(row["value"]) != row["how, or why it is blank"].startswith("blank: ")


def test_the_emissions_of_a_cloud_are_its_customer_s_scope_3(disclosure: Disclosure) -> None:
    found = rows(esrs_e1.render(replace(disclosure, operator=Operator.CLOUD)))

    assert found["E1-6 49a: Gross scope 2 emissions, location-based"]["value"] == ""
    bought = found["E1-6 51, category 1: Purchased goods and services (cloud), location-based"]
    assert float(bought["value"]) * 1e6 == pytest.approx(
        value(disclosure.total.location_g) + value(disclosure.total.embodied_g)
    )


@pytest.mark.parametrize(
    ("number", "text"), [(12.345, "12"), (0.01234, "0.012"), (123.4, "123"), (1.05, "1.1"), (0.0, "0"), (9.99, "10.0")]
)
def test_the_act_wants_two_significant_figures(number: float, text: str) -> None:
    assert two_figures(number) == text


def test_training_time_is_told_in_the_act_s_ranges(disclosure: Disclosure) -> None:
    found = rows(eu_ai_act.render(replace(disclosure, facts=replace(disclosure.facts, training_s=100 * 86_400.0))))

    assert found["2(d) training time: Duration of training by the clock, as a range"]["value"] == "3 to 6 months"
    assert found["2(d) training time: Hardware-days of training"]["value"] == "33"


@pytest.mark.parametrize("name", ["html", "markdown", "model-card"])
def test_our_own_reports_pass_the_guards(disclosure: Disclosure, name: str) -> None:
    text = registry.load("formats", name).render(disclosure)

    wrong = [
        one
        for one in check(read_claims(f"report.{'html' if name == 'html' else 'md'}", text))
        if one.severity is Severity.WRONG
    ]
    assert wrong == []


@pytest.mark.parametrize("name", list(registry.members("formats")))
def test_a_format_says_what_it_leaves_blank_and_who_wants_it_so(disclosure: Disclosure, name: str) -> None:
    module = registry.load("formats", name)

    assert module.META.id == name
    assert module.META.leaves_blank
    assert module.META.source.startswith("https://")
    assert module.render(disclosure)


def test_names_of_others_can_do_no_harm(disclosure: Disclosure) -> None:
    evil = replace(disclosure, name='<script>alert("x")</script> | a', summary="<img src=x onerror=alert(1)>")

    assert "<script>alert" not in html.render(evil)
    assert "<img" not in html.render(evil)
    assert "<script>" not in markdown.render(evil)
    json.loads(cyclonedx.render(evil))


def test_the_page_loads_nothing(disclosure: Disclosure) -> None:
    page = html.render(disclosure)

    assert not re.search(r"(?:src|href)=\"(?!#|data:)", page)
    assert len(page) < 200_000
