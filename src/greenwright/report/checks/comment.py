"""A check as a comment on a pull request: one sentence, a table, the cause, and how it was measured."""

from __future__ import annotations

from collections.abc import Iterator

from greenwright.records.checks import CheckRecord, Judgement, Outcome, Side
from greenwright.report.checks.words import allowed_text, amount_text, evidence_text, headline, measured_text
from greenwright.report.words import noun_text

MARKER = "<!-- greenwright check -->"
"""Lets a job find its own comment and replace it."""
MOST_LETTERS = 60_000
"""GitHub takes 65,536."""
_MARKS = {Outcome.WITHIN: "✅", Outcome.OVER: "❌", Outcome.CANNOT_TELL: "❔"}


def comment(record: CheckRecord) -> str:
    """Markdown, never longer than GitHub takes."""
    text = "\n".join(_lines(record)) + "\n"
    return text if len(text) <= MOST_LETTERS else _cut(text)


def _cut(text: str) -> str:
    kept = text[:MOST_LETTERS].rsplit("\n", 1)[0]
    closing = "</details>\n" if "<details>" in kept else ""
    return f"{kept}\n\n… cut here: the rest is in the JSON.\n{closing}"


def _lines(record: CheckRecord) -> Iterator[str]:
    yield MARKER
    yield f"### {_MARKS[record.outcome]} greenwright: {_plain(headline(record))}"
    yield ""
    yield f"| budget | allowed | measured, per {_plain(noun_text(record.unit))} | before | verdict |"
    yield "| --- | --- | --- | --- | --- |"
    yield from (_row(one, record) for one in record.judgements)
    yield ""
    if record.causes:
        yield "**Why, as far as was measured**"
        yield ""
        yield from (f"- {_plain(cause)}" for cause in record.causes)
        yield ""
    yield "<details><summary>How this was measured</summary>"
    yield ""
    yield "- command: `" + record.command.replace("`", "'") + "`"
    yield from (f"- {_side(side)}" for side in record.sides)
    yield f"- every interval holds the truth with {record.confidence:.1%} confidence; a budget is broken only where all of it is past it"
    yield from (f"- {_plain(one.budget.name)}: {_plain(one.reason)}" for one in record.judgements)
    yield from (f"- {_plain(note)}" for note in record.notes)
    yield f"- greenwright {record.greenwright_version}, {record.created_at}"
    yield ""
    yield "</details>"


def _row(one: Judgement, record: CheckRecord) -> str:
    grade = evidence_text(one)
    measured = measured_text(one, record.currency) + (f", {grade}" if grade else "")
    before = amount_text(one.budget.metric, one.before, record.currency) if one.before is not None else ""
    if one.ratio is not None and one.measured is not None:
        measured += f"; now {amount_text(one.budget.metric, one.measured.value, record.currency)}"
    verdict = f"{_MARKS[one.outcome]} {one.outcome}"
    if one.more_repeats:
        verdict += f": {one.more_repeats} more repeats"
    cells = (one.budget.name, allowed_text(one.budget, record.currency), measured, before, verdict)
    return f"| {' | '.join(_plain(cell) for cell in cells)} |"


def _side(side: Side) -> str:
    ref = f" `{side.ref}`" if side.ref else ""
    turns = ", in turn with the head" if side.paired else ""
    return f"{_plain(side.name)}{ref}: {len(side.repeats)} repeats{turns}, commit `{side.commit[:12] or 'unknown'}`"


def _plain(text: str) -> str:
    """Nothing in it is markup: names come from files that a pull request may change."""
    for sign in "\\`*_[]<>|#@!":
        text = text.replace(sign, f"\\{sign}" if sign not in "<>@" else {"<": "&lt;", ">": "&gt;", "@": "@\u200b"}[sign])
    return text.replace("\n", " ").replace("\r", " ")
