"""A check as SARIF 2.1.0, which code hosts show beside the line of greenwright.toml that sets the budget."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from greenwright.records.checks import CheckRecord, Judgement, Metric, Outcome
from greenwright.report.checks.words import allowed_text, measured_text

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://pypi.org/project/greenwright/"
_LEVELS = {Outcome.OVER: "error", Outcome.CANNOT_TELL: "warning"}


def sarif(record: CheckRecord) -> dict[str, Any]:
    """A log with a result for every budget that does not hold, or about which nobody can tell."""
    rules = [
        {
            "id": f"greenwright/{metric}",
            "name": f"{metric.title()}Budget",
            "shortDescription": {"text": f"A budget for {metric} is kept."},
            "defaultConfiguration": {"level": "error"},
        }
        for metric in Metric
    ]
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "greenwright",
                        "version": record.greenwright_version or "0",
                        "informationUri": _HOME,
                        "rules": rules,
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(one, record) for one in record.judgements if one.outcome is not Outcome.WITHIN],
            }
        ],
    }


def _result(one: Judgement, record: CheckRecord) -> dict[str, Any]:
    said = f"{one.budget.name}: {measured_text(one, record.currency)}; allowed: {allowed_text(one.budget, record.currency)}. {one.reason}."
    if one.outcome is Outcome.OVER and record.causes:
        said += f" Why: {'; '.join(record.causes)}."
    return {
        "ruleId": f"greenwright/{one.budget.metric}",
        "ruleIndex": list(Metric).index(one.budget.metric),
        "level": _LEVELS[one.outcome],
        "message": {"text": said},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(record.config), "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": max(1, one.budget.line)},
                }
            }
        ],
        "partialFingerprints": {"budget/v1": one.budget.name},
    }
