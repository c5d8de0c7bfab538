"""A check as rows of text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from greenwright.records.checks import CheckRecord
from greenwright.report.checks.words import SIGNS, allowed_text, evidence_text, measured_text


def rows(record: CheckRecord) -> Iterator[tuple[str, str, str, str, str]]:
    """Name, sign, what was measured, what is allowed, and the reason."""
    for one in record.judgements:
        grade = evidence_text(one)
        measured = measured_text(one, record.currency) + (f", {grade}" if grade else "")
        yield one.budget.name, SIGNS[one.outcome], measured, allowed_text(one.budget, record.currency), one.reason


def remarks(record: CheckRecord) -> Iterator[str]:
    """The cause, and what the reader should know."""
    yield from (f"why: {cause}" for cause in record.causes)
    yield from (f"note: {note}" for note in record.notes)
