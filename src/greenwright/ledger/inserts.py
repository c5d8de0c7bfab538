"""Insert what is not there yet, safely beside other writers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from greenwright.ledger.clock import now
from greenwright.ledger.tables import models, projects


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows that break no uniqueness; leave out the others. Another writer may have been first."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(sqlite.insert(table).on_conflict_do_nothing(), rows)
    elif connection.dialect.name == "postgresql":
        connection.execute(postgresql.insert(table).on_conflict_do_nothing(), rows)
    else:
        connection.execute(insert(table), rows)


def project_id(connection: Connection, name: str, owner: str = "") -> str:
    """The project of that name; a new one where there is none."""
    query = select(projects.c.id).where(projects.c.name == name)
    found: str | None = connection.scalar(query)
    if found is None:
        insert_new(connection, projects, [{"id": str(uuid4()), "name": name, "owner": owner, "created_at": now()}])
        found = connection.scalar(query)
    assert found is not None
    return found


def model_id(connection: Connection, project: str, name: str) -> str:
    """The model of that name in a project; a new one where there is none."""
    owner = project_id(connection, project)
    query = select(models.c.id).where(models.c.project_id == owner, models.c.name == name)
    found: str | None = connection.scalar(query)
    if found is None:
        insert_new(connection, models, [{"id": str(uuid4()), "project_id": owner, "name": name, "created_at": now()}])
        found = connection.scalar(query)
    assert found is not None
    return found
