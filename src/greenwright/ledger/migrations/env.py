"""Run migrations inside the transaction that ``ledger.opening`` holds; Alembic loads this file by path."""

from __future__ import annotations

from alembic import context

from greenwright.ledger.opening import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
context.run_migrations()
