"""Open a ledger, making or upgrading it first."""

from __future__ import annotations

import random
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import NullPool

from greenwright.errors import BadInputError, CannotHereError
from greenwright.ledger.refusals import refusals
from greenwright.ledger.store import WRITES, Ledger
from greenwright.settings import without_password

HEAD = "0003"
"""The newest migration; kept here so that opening a ledger of today need not load Alembic."""
VERSION_TABLE = "ledger_version"
BUSY_TIMEOUT_S = 30
WRITER_WAIT_S = 300
"""A writer waits longer than a reader: fifty of them on a slow disk take their turns."""
_ASK_AFTER_S = (0.002, 0.02)
_POSTGRESQL = {"postgresql", "postgres"}
_LOCK = 0x677265656E
"""A number that no other program is likely to lock: "green"."""


def open_ledger(url: str) -> Ledger:
    """The ledger at ``url``, upgraded to what this greenwright writes; a new one where there is none.

    Raises:
        BadInputError: not a database URL, or one that keeps nothing.
        CannotHereError: it cannot be opened, or a newer greenwright wrote it.
    """
    parsed = _parse(url)
    where = parsed.database if _is_file(parsed) and parsed.database else parsed.render_as_string(hide_password=True)
    if _is_file(parsed):
        _make_folder(Path(where))
    with refusals(where):
        engine = _engine(parsed)
        _upgrade(engine, where)
    return Ledger(engine, where)


def has_ledger(url: str) -> bool:
    """Whether there is something to open; reading commands ask first, so that looking makes no file."""
    parsed = _parse(url)
    return not _is_file(parsed) or Path(parsed.database or "").exists()


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        if parsed.drivername in _POSTGRESQL:  # SQLAlchemy's own choice is the driver before this one
            parsed = parsed.set(drivername="postgresql+psycopg")
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError) as error:
        raise BadInputError(
            f"{without_password(url)!r} is no database URL ({error}); give one such as sqlite:////srv/greenwright.db"
        ) from error
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise BadInputError(f"{url!r} keeps nothing once greenwright ends; name a file, as in sqlite:////srv/greenwright.db")
    return parsed


def _is_file(url: URL) -> bool:
    return url.get_backend_name() == "sqlite" and not (url.database or "").startswith("file:")


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotHereError(
            f"the ledger's folder {path.parent} cannot be made ({error.strerror}); set GREENWRIGHT_HOME to one you can write to"
        ) from error


def _engine(url: URL) -> Engine:
    """Connections are not kept: a process that forks, ends or is killed leaves nothing behind but what it committed."""
    try:
        engine = create_engine(url, poolclass=NullPool)
    except ModuleNotFoundError as error:
        what = "'greenwright[postgresql]'" if error.name == "psycopg" else error.name
        raise CannotHereError(f"{url.get_backend_name()} needs a driver; install it with: pip install {what}") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN: sqlite3 would not, before CREATE TABLE
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1000}")
    connection.execute("PRAGMA foreign_keys = ON")
    _write_ahead(connection)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Readers do not wait for a writer. SQLite makes the change without minding the busy timeout, so we mind it."""
    give_up_at_s = time.monotonic() + BUSY_TIMEOUT_S
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up_at_s:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the lock before it reads: two that upgrade a read to a write would refuse each other.

    SQLite's own waiting asks ever more seldom, so that among many writers those who wait longest get least. Ours asks evenly.
    """
    if not connection.get_execution_options().get(WRITES):
        connection.exec_driver_sql("BEGIN")
        return
    give_up_at_s = time.monotonic() + WRITER_WAIT_S
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up_at_s:
                raise
            time.sleep(random.uniform(*_ASK_AFTER_S))  # noqa: S311 - so that not all ask at once
        else:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1000}")
            return


def _upgrade(engine: Engine, where: str) -> None:
    with engine.begin() as connection:
        if _version(connection, where) == HEAD:
            return
    from alembic import command
    from alembic.config import Config

    with engine.execution_options(**{WRITES: True}).begin() as connection:
        if connection.dialect.name == "postgresql":  # else two that make the same tables refuse each other
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        if _version(connection, where) == HEAD:  # another process was first
            return
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", "greenwright.ledger:migrations")
        command.upgrade(config, "head")


def _version(connection: Connection, where: str) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608 - a constant
    if version is not None and version > HEAD:
        raise CannotHereError(
            f"the ledger at {where} was written by a newer greenwright (its version is {version}, this one knows {HEAD}); "
            "upgrade with: pip install --upgrade greenwright"
        )
    return version
