"""A check as JUnit XML, which every CI shows: a test case for each budget."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from greenwright.records.checks import CheckRecord, Judgement, Outcome
from greenwright.report.checks.words import allowed_text, measured_text

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold."""


def junit(record: CheckRecord) -> str:
    """XML text. JUnit knows no "cannot tell": such budgets are skipped, with the reason."""
    outcomes = [one.outcome for one in record.judgements]
    counts = {
        "tests": str(len(outcomes)),
        "failures": str(outcomes.count(Outcome.OVER)),
        "errors": "0",
        "skipped": str(outcomes.count(Outcome.CANNOT_TELL)),
    }
    suites = Element("testsuites", {"name": "greenwright check", **counts})
    suite = SubElement(suites, "testsuite", {"name": "budgets", "timestamp": record.created_at, **counts})
    for one in record.judgements:
        _case(suite, one, record)
    out = SubElement(suite, "system-out")
    out.text = _text("\n".join((*record.causes, *record.notes)))
    indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _case(suite: Element, one: Judgement, record: CheckRecord) -> None:
    case = SubElement(suite, "testcase", classname=f"greenwright.{one.budget.metric}", name=_text(one.budget.name), time="0")
    said = f"{measured_text(one, record.currency)}; allowed: {allowed_text(one.budget, record.currency)}. {one.reason}"
    if one.outcome is Outcome.OVER:
        SubElement(case, "failure", message=_text(said), type="over budget").text = _text("\n".join(record.causes))
    elif one.outcome is Outcome.CANNOT_TELL:
        SubElement(case, "skipped", message=_text(f"cannot tell: {said}"))


def _text(text: str) -> str:
    return _FORBIDDEN.sub("?", text)
