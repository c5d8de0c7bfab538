"""Ledgers on every database that is here: SQLite always, PostgreSQL where its server is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from glob import glob
from pathlib import Path

import pytest
from sqlalchemy import make_url

from greenwright.ledger.opening import open_ledger
from greenwright.ledger.store import Ledger
from greenwright.records.energy import Window
from greenwright.records.quantities import Grade, Quantity
from greenwright.records.runs import Place, Run

DATABASES = ("sqlite", "postgresql")


def _programs() -> Path | None:
    """Where initdb and postgres are: Debian keeps them off the path."""
    found = [Path(one).parent for one in sorted(glob("/usr/lib/postgresql/*/bin/initdb"))]  # noqa: PTH207 - from the root
    return found[-1] if found else (Path(there).parent if (there := shutil.which("initdb")) else None)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a real server, which is started for these tests alone and stopped after them."""
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL server here; install it with: apt-get install postgresql")
    pytest.importorskip("psycopg", reason="no driver for PostgreSQL; install the extra postgresql")
    user = None
    if os.geteuid() == 0:  # the server refuses to run as root
        try:
            user = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("running as root, and there is no user postgres to run the server as")
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own in it: what these tests write need not reach a disk
    folder = Path(tempfile.mkdtemp(prefix="gw-pg-", dir=memory if os.access(memory, os.W_OK) else None))
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(programs / program), *arguments],
            check=True,
            capture_output=True,
            cwd=folder,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
        )

    data = folder / "data"
    run("initdb", "-D", str(data), "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=80"
    run("pg_ctl", "-D", str(data), "-w", "-o", options, "-l", str(folder / "log"), "start")
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger without entries, made once, to be copied."""
    path = tmp_path_factory.mktemp("ready") / "ledger.db"
    open_ledger(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    return path


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    return new_schema(request.getfixturevalue("postgresql"))


@pytest.fixture(params=DATABASES)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    """A ledger without entries, on each kind of database in turn."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("ready"), tmp_path / "ledger.db")
        return open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    return open_ledger(new_schema(request.getfixturevalue("postgresql")))


def new_schema(server: str) -> str:
    """A place of its own for one ledger, much cheaper than a database; returns its URL."""
    import psycopg

    name = f"ledger_{os.urandom(6).hex()}"
    host = str(make_url(server).query["host"])
    with psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    return f"{server}&options=-csearch_path%3D{name}"


@pytest.fixture
def a_window() -> Callable[..., Window]:
    """Makes a window of so many joules."""
    return _window


@pytest.fixture
def a_run() -> Callable[..., Run]:
    """Makes a run whose windows have so many joules."""

    def make(key: str = "host/1", *energies_j: float) -> Run:
        windows = tuple(_window(energy_j, at=at) for at, energy_j in enumerate(energies_j))
        place = Place(boot_id="boot", host="host", pid=1)
        command = ("python", "a b.py")
        return Run(id=key, name="job", place=place, started_at="2026-09-01T12:00:00+00:00", windows=windows, command=command)

    return make


def _window(energy_j: float = 30.0, name: str = "work", at: int = 0) -> Window:
    energy = Quantity(value=energy_j, low=energy_j / 2, high=energy_j * 2, grade=Grade.MODELLED, source="a model")
    return Window(name=name, started_at=f"2026-09-01T12:00:{at:02d}.000+00:00", duration_s=2.0, cpu_s=1.9, energy_j=energy)
