"""An audit in Markdown, for a wiki or an issue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from greenwright.records.audit import AuditRecord
from greenwright.report import audit_words as words

_LISTED = 15


def markdown(record: AuditRecord) -> str:
    """The same numbers as on the page."""
    return "\n".join(_lines(record)) + "\n"


def _lines(record: AuditRecord) -> Iterator[str]:
    yield from (f"# {words.headline(record)}", "")
    yield from _table(("", "", "range", "grade"), words.total_rows(record))
    yield from ("## What to do first", "")
    if not record.hotspots:
        yield from ("No check found waste it could name.", "")
    for one in record.hotspots:
        yield from (f"### {one.title}", "", one.says, "")
        if one.opportunity:
            yield from (one.opportunity.advice, "")
            yield from (f"- {words.saving_text(one)}", f"- effort: {one.opportunity.effort}; acts: `{one.opportunity.action}`")
            yield from (f"- basis: {one.opportunity.basis}", f"- {words.realised_text(one.opportunity.realised)}", "")
    for side in record.sides:
        yield from (f"## By {side.dimension}", "")
        yield from _table(
            (side.dimension, "energy", "share", "carbon", "accelerators", "jobs", "cost"), words.side_rows(side, _LISTED)
        )
    yield from ("## What was read", "")
    yield from _table(("source", "kind", "rows"), words.source_rows(record))
    if doubts := words.doubt_rows(record):
        yield from ("## What sources state that cannot stand", "")
        yield from _table(("source", "what, and what was done", "guard"), doubts)
    notes = [f"- {one.source}: {note}" for one in record.sources for note in one.notes] + [
        f"- {one}" for one in record.warnings
    ]
    yield from ("## What to know", "", *notes, "")
    if record.clear:
        yield from ("## Looked for and not found", "", *(f"- {title}" for title in record.clear), "")
    if record.unasked:
        yield from ("## Could not look", "", *(f"- {one.title}: needs {one.reason}" for one in record.unasked), "")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    for row in rows:
        cells = [*row, *([""] * (len(head) - len(row)))][: len(head)]
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
    yield ""
