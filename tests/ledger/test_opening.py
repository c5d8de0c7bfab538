from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, insert
from sqlalchemy.pool import NullPool

from greenwright.errors import BadInputError, CannotHereError
from greenwright.ledger.entries import ArtifactEntry
from greenwright.ledger.lineage import all_versions
from greenwright.ledger.opening import HEAD, VERSION_TABLE, has_ledger, open_ledger
from greenwright.ledger.rows import artifact_row, study_row
from greenwright.ledger.tables import artifacts, metadata, studies
from greenwright.records.study import StudyRecord


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "ledger.db"


def test_a_new_ledger_is_made_with_its_folder(path: Path) -> None:
    open_ledger(f"sqlite:///{path}")

    assert path.is_file()


def test_a_ledger_is_opened_twice_without_harm(path: Path, study: StudyRecord) -> None:
    study_id = open_ledger(f"sqlite:///{path}").add_study(study)

    assert open_ledger(f"sqlite:///{path}").study(study_id) == study


def test_looking_for_a_ledger_makes_none(path: Path) -> None:
    assert not has_ledger(f"sqlite:///{path}")
    assert not path.parent.exists()


def test_migrations_lead_to_the_tables_that_the_code_writes(url: str) -> None:
    open_ledger(url)

    with create_engine(url, poolclass=NullPool).connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        differences = compare_metadata(context, metadata)

    assert differences == []


def test_a_ledger_of_before_keeps_what_it_has_and_its_models_become_versions(
    url: str, study: StudyRecord, artifact: ArtifactEntry
) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", "greenwright.ledger:migrations")
        command.upgrade(config, "0001")
        connection.execute(insert(studies), study_row("old-study", study))
        connection.execute(insert(artifacts), artifact_row("old-study", artifact, study))
    engine.dispose()

    ledger = open_ledger(url)

    assert ledger.study("old-study") == study
    [version] = all_versions(ledger)
    assert (version.model, version.version, version.sha256, version.study_id) == ("digits", "1", artifact.sha256, "old-study")
    assert study.certificate is not None
    assert version.energy_j == study.certificate.comparison.candidate_energy_j


def test_the_newest_migration_is_the_head() -> None:
    config = Config()
    config.set_main_option("script_location", "greenwright.ledger:migrations")

    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_a_ledger_of_a_newer_greenwright_is_refused(path: Path) -> None:
    open_ledger(f"sqlite:///{path}")
    connection = sqlite3.connect(path)
    connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")  # noqa: S608  the table's own name
    connection.commit()
    connection.close()

    with pytest.raises(CannotHereError, match=r"newer greenwright .*9999.*pip install --upgrade"):
        open_ledger(f"sqlite:///{path}")


def test_a_file_that_is_no_ledger_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("shopping list\n" * 100)

    with pytest.raises(CannotHereError, match="damaged or no ledger: move that file away"):
        open_ledger(f"sqlite:///{path}")
    assert path.read_text() == "shopping list\n" * 100


def test_a_database_of_something_else_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE studies (study_id INTEGER)")
    connection.commit()

    with pytest.raises(CannotHereError, match="tables of something else"):
        open_ledger(f"sqlite:///{path}")

    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("studies",)]
    connection.close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CannotHereError, match="file/home cannot be made .*GREENWRIGHT_HOME"):
        open_ledger(f"sqlite:///{tmp_path}/file/home/ledger.db")


def test_a_ledger_that_cannot_be_written_is_still_read(path: Path, study: StudyRecord) -> None:
    study_id = open_ledger(f"sqlite:///{path}").add_study(study)
    read_only = open_ledger(f"sqlite:///file:{path}?mode=ro&uri=true")

    assert read_only.study(study_id) == study
    with pytest.raises(CannotHereError, match="readonly database.*make it writable"):
        read_only.add_study(study)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_ledger_that_keeps_nothing_is_refused(url: str) -> None:
    with pytest.raises(BadInputError, match="keeps nothing"):
        open_ledger(url)


@pytest.mark.parametrize("url", ["ledger.db", "cassandra://host/db"])
def test_what_is_no_database_url_is_refused(url: str) -> None:
    with pytest.raises(BadInputError, match="no database URL"):
        open_ledger(url)


def test_a_database_without_its_driver_names_the_driver() -> None:
    with pytest.raises(CannotHereError, match="postgresql needs a driver; install it with: pip install psycopg2"):
        open_ledger("postgresql+psycopg2://greenwright:secret@localhost/ledger")
