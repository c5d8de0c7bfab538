"""Add what practice needs: projects, models, versions, runs, aliases, releases, retirements, proofs and corrections.

Windows may now belong to a run. PostgreSQL refuses changes from here on, as SQLite did before. What earlier studies released
becomes a version.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

OLD = ("studies", "trials", "windows", "artifacts")
NEW = ("projects", "models", "versions", "runs", "aliases", "releases", "retirements", "proofs", "corrections")
_SAID = "the ledger is append-only: correct an entry by adding another"


def upgrade() -> None:
    """Make the tables, keep all of them append-only, and register what is there."""
    _subjects()
    _runs()
    _events()
    _register_artifacts()
    if op.get_bind().dialect.name == "sqlite":
        _refuse_changes_in_sqlite()
    elif op.get_bind().dialect.name == "postgresql":
        _refuse_changes_in_postgresql()


def _id() -> sa.Column[str]:
    return sa.Column("id", sa.String(36), primary_key=True)


def _link(name: str, to: str, *, needed: bool = False, index: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(36), sa.ForeignKey(f"{to}.id"), nullable=not needed, index=index)


def _text(name: str, kind: Any = sa.Text, **more: Any) -> sa.Column[str]:
    return sa.Column(name, kind, nullable=False, **more)


def _created_at() -> sa.Column[str]:
    return _text("created_at", sa.String(40))


def _subjects() -> None:
    op.create_table("projects", _id(), _text("name", unique=True), _text("owner"), _created_at())
    op.create_table(
        "models",
        _id(),
        _link("project_id", "projects", needed=True),
        _text("name"),
        _created_at(),
        sa.UniqueConstraint("project_id", "name", name="models_once_a_project"),
    )
    op.create_table(
        "versions",
        _id(),
        _link("model_id", "models", needed=True),
        _text("name"),
        sa.Column("edition", sa.Integer, nullable=False),
        _text("unit"),
        sa.Column("energy_j", sa.Float),
        sa.Column("energy_low_j", sa.Float),
        sa.Column("energy_high_j", sa.Float),
        sa.Column("energy_grade", sa.String(16)),
        sa.Column("energy_source", sa.Text),
        _text("metric"),
        sa.Column("higher_is_better", sa.Boolean, nullable=False),
        sa.Column("quality", sa.Float),
        sa.Column("latency_s", sa.Float),
        sa.Column("size_bytes", sa.BigInteger),
        _text("path"),
        _text("sha256", sa.String(64)),
        _text("source_commit", sa.String(64)),
        _link("study_id", "studies"),
        _created_at(),
        sa.UniqueConstraint("model_id", "name", "edition", name="versions_once_an_edition"),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        _id(),
        _text("source_key", unique=True),
        _link("project_id", "projects", needed=True, index=True),
        _link("version_id", "versions", index=True),
        _text("name"),
        _text("phase", sa.String(32)),
        _text("started_at", sa.String(40)),
        _text("host"),
        _text("command"),
        _text("source_commit", sa.String(64)),
        sa.Column("exit_code", sa.Integer),
        sa.Column("finished", sa.Boolean, nullable=False),
        _text("unit"),
        sa.Column("units_per_window", sa.Float),
        _text("tags"),
    )
    # Alembic would add the foreign key in a second step, which SQLite does not have.
    op.execute("ALTER TABLE windows ADD COLUMN run_id VARCHAR(36) REFERENCES runs (id)")
    op.create_index("ix_windows_run_id", "windows", ["run_id"])
    op.add_column("windows", sa.Column("energy_source", sa.Text))


def _events() -> None:
    op.create_table(
        "aliases",
        _id(),
        _link("model_id", "models", needed=True, index=True),
        _text("alias"),
        _link("version_id", "versions"),
        _created_at(),
    )
    op.create_table("releases", _id(), _link("version_id", "versions", needed=True, index=True), _text("note"), _created_at())
    op.create_table(
        "retirements",
        _id(),
        _link("version_id", "versions", needed=True, index=True),
        _link("replaced_by", "versions"),
        _text("reason"),
        sa.Column("saving_j_per_year", sa.Float),
        sa.Column("saving_low_j_per_year", sa.Float),
        sa.Column("saving_high_j_per_year", sa.Float),
        _created_at(),
    )
    numbers = ("ratio", "ratio_low", "ratio_high", "confidence", "quality_drop", "quality_drop_high", "max_drop")
    op.create_table(
        "proofs",
        _id(),
        _link("better_id", "versions", needed=True, index=True),
        _link("worse_id", "versions", needed=True, index=True),
        *(sa.Column(name, sa.Float, nullable=False) for name in numbers),
        _text("metric"),
        _text("method"),
        _link("study_id", "studies"),
        _created_at(),
    )
    op.create_table(
        "corrections",
        _id(),
        _text("subject", sa.String(16)),
        _text("wrong_id", sa.String(36)),
        sa.Column("right_id", sa.String(36)),
        _text("reason"),
        _created_at(),
        sa.UniqueConstraint("subject", "wrong_id", name="corrections_once_an_entry"),
    )


def _register_artifacts() -> None:
    """Every model that a study released becomes a version of a model called like the study."""
    connection = op.get_bind()
    found = connection.execute(
        sa.text(
            "SELECT studies.id, studies.name, studies.unit, studies.metric, record, sha256, path, size_bytes, created_at "
            "FROM artifacts JOIN studies ON studies.id = artifacts.study_id ORDER BY created_at, studies.id"
        )
    ).all()
    if not found:
        return
    project, model_ids, numbers = str(uuid4()), dict[str, str](), Counter[str]()
    tables = sa.MetaData()
    tables.reflect(connection, only=["projects", "models", "versions"])

    def insert(name: str, row: dict[str, Any]) -> None:
        connection.execute(sa.insert(tables.tables[name]), row)

    insert("projects", {"id": project, "name": "default", "owner": "", "created_at": found[0].created_at})
    for one in found:
        if one.name not in model_ids:
            model_ids[one.name] = str(uuid4())
            row = {"id": model_ids[one.name], "project_id": project, "name": one.name, "created_at": one.created_at}
            insert("models", row)
        numbers[one.name] += 1
        record = json.loads(one.record)
        certificate = record["certificate"]
        energy = certificate["comparison"]["candidate_energy_j"]
        insert(
            "versions",
            {
                "id": str(uuid4()),
                "model_id": model_ids[one.name],
                "name": str(numbers[one.name]),
                "edition": 1,
                "unit": one.unit,
                "energy_j": energy["value"],
                "energy_low_j": energy["low"],
                "energy_high_j": energy["high"],
                "energy_grade": energy["grade"],
                "energy_source": energy["source"],
                "metric": one.metric,
                "higher_is_better": record["higher_is_better"],
                "quality": certificate["quality"]["candidate"],
                "latency_s": certificate["candidate"]["latency_p50_s"],
                "size_bytes": one.size_bytes,
                "path": one.path,
                "sha256": one.sha256,
                "source_commit": "",
                "study_id": one.id,
                "created_at": one.created_at,
            },
        )


def _refuse_changes_in_sqlite() -> None:
    for table in NEW:
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{action.lower()} BEFORE {action} ON {table} BEGIN SELECT RAISE(ABORT, '{_SAID}'); END"
            )


def _refuse_changes_in_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION greenwright_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_SAID}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table in (*OLD, *NEW):
        op.execute(
            f"CREATE TRIGGER {table}_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION greenwright_refuse()"
        )
