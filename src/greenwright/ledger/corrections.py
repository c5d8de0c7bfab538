"""Correct an entry by adding another: the wrong one stays readable, and no longer counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Float, Integer, Table, insert, select

from greenwright.errors import BadInputError
from greenwright.ledger import tables
from greenwright.ledger.clock import now
from greenwright.ledger.store import Ledger
from greenwright.ledger.tables import corrections

SUBJECTS = ("versions", "runs", "windows", "aliases", "releases", "retirements", "proofs")
"""Tables whose entries can be corrected. Studies are records of what happened, and a project or a model is but a name."""
_FIXED = ("id", "edition", "source_key", "created_at")


def correct(ledger: Ledger, subject: str, wrong_id: str, reason: str, changes: Mapping[str, str] | None = None) -> str | None:
    """Put a copy with ``changes`` in the place of an entry, and return its id; without changes, withdraw the entry.

    Raises:
        BadInputError: no such entry, one that was corrected before, a column that cannot be changed, or a value that does not fit.
    """
    if subject not in SUBJECTS:
        raise BadInputError(f"{subject!r} cannot be corrected; there are {', '.join(SUBJECTS)}")
    if not reason.strip():
        raise BadInputError("a correction needs its reason, for whoever asks later; give one with --reason")
    table = tables.metadata.tables[subject]
    with ledger.writing() as connection:
        row = _entry(connection, table, wrong_id, ledger.where)
        right_id = None
        if changes:
            right = row | {name: _value(table, name, text) for name, text in changes.items()} | _fresh(row)
            right_id = str(right["id"])
            connection.execute(insert(table), right)
        connection.execute(
            insert(corrections),
            {
                "id": str(uuid4()),
                "subject": subject,
                "wrong_id": wrong_id,
                "right_id": right_id,
                "reason": reason,
                "created_at": now(),
            },
        )
    return right_id


def standing(table: Table) -> ColumnElement[bool]:
    """The condition that an entry was not corrected."""
    wrong = select(corrections.c.wrong_id).where(corrections.c.subject == table.name)
    return table.c.id.not_in(wrong)


def right_ids(connection: Connection, subject: str) -> dict[str, str]:
    """What stands in the place of each entry that was corrected; "" where nothing does."""
    query = select(corrections.c.wrong_id, corrections.c.right_id).where(corrections.c.subject == subject)
    return {wrong: right or "" for wrong, right in connection.execute(query)}


def _entry(connection: Connection, table: Table, entry_id: str, where: str) -> dict[str, Any]:
    row = connection.execute(select(table).where(table.c.id == entry_id)).mappings().first()
    if row is None:
        raise BadInputError(f"the ledger at {where} has no entry {entry_id!r} in {table.name}; export it to see all ids")
    query = select(corrections.c.right_id, corrections.c.created_at).where(
        corrections.c.subject == table.name, corrections.c.wrong_id == entry_id
    )
    before = connection.execute(query).first()
    if before is not None:
        instead = f"correct {before.right_id} instead" if before.right_id else "it was withdrawn"
        raise BadInputError(f"{table.name} {entry_id} was corrected on {before.created_at[:10]}; {instead}")
    return dict(row)


def _fresh(row: Mapping[str, Any]) -> dict[str, Any]:
    """What makes a copy an entry of its own."""
    own: dict[str, Any] = {"id": str(uuid4())}
    if "edition" in row:
        own["edition"] = row["edition"] + 1
    if "source_key" in row:
        own["source_key"] = f"{row['source_key']}#{own['id']}"
    return own


def _value(table: Table, name: str, text: str) -> Any:
    if name in _FIXED or name not in table.c:
        able = ", ".join(column.name for column in table.c if column.name not in _FIXED)
        raise BadInputError(f"{table.name} has no column {name!r} that can be corrected; there are {able}")
    column = table.c[name]
    if text == "" and column.nullable:
        return None
    try:
        if isinstance(column.type, Float):
            return float(text)
        return int(text) if isinstance(column.type, Integer) else text
    except ValueError as error:
        raise BadInputError(f"{name} is {text!r}, and must be a number") from error
