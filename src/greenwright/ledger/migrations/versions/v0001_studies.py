"""Begin: studies with their trials, windows and artifacts, which SQLite refuses to change or delete."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TABLES = ("studies", "trials", "windows", "artifacts")
ACTIONS = ("UPDATE", "DELETE")


def upgrade() -> None:
    """Make the four tables, and keep them append-only where the database is a file that anyone may open."""
    _studies()
    _trials()
    _windows()
    _artifacts()
    if op.get_bind().dialect.name == "sqlite":
        _refuse_changes()


def _studies() -> None:
    op.create_table(
        "studies",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("name", sa.Text, nullable=False, index=True),
        sa.Column("workload", sa.Text, nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("started_at", sa.String(40), nullable=False),
        sa.Column("finished_at", sa.String(40), nullable=False),
        sa.Column("greenwright_version", sa.String(40), nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )


def _trials() -> None:
    op.create_table(
        "trials",
        sa.Column("study_id", sa.String(36), sa.ForeignKey("studies.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("recipe", sa.Text, nullable=False),
        sa.Column("energy_j", sa.Float),
        sa.Column("energy_low_j", sa.Float),
        sa.Column("energy_high_j", sa.Float),
        sa.Column("energy_grade", sa.String(16)),
        sa.Column("quality", sa.Float),
        sa.Column("quality_drop", sa.Float),
        sa.Column("apply_j", sa.Float),
        sa.Column("chosen", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )


def _windows() -> None:
    op.create_table(
        "windows",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("study_id", sa.String(36), sa.ForeignKey("studies.id"), index=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("started_at", sa.String(40), nullable=False),
        sa.Column("duration_s", sa.Float, nullable=False),
        sa.Column("cpu_s", sa.Float, nullable=False),
        sa.Column("energy_j", sa.Float, nullable=False),
        sa.Column("energy_low_j", sa.Float, nullable=False),
        sa.Column("energy_high_j", sa.Float, nullable=False),
        sa.Column("energy_grade", sa.String(16), nullable=False),
        sa.Column("parts", sa.Text, nullable=False),
    )


def _artifacts() -> None:
    op.create_table(
        "artifacts",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("study_id", sa.String(36), sa.ForeignKey("studies.id"), primary_key=True),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
    )


def _refuse_changes() -> None:
    for table in TABLES:
        for action in ACTIONS:
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: correct an entry by adding another'); END"
            )
