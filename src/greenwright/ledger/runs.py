"""Runs and their windows: what was measured, by whom, and of which version."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import uuid4

import msgspec
from sqlalchemy import insert, select

from greenwright.errors import BadInputError
from greenwright.ledger.corrections import right_ids, standing
from greenwright.ledger.inserts import insert_new, project_id
from greenwright.ledger.rows import window as as_window
from greenwright.ledger.rows import window_row
from greenwright.ledger.store import Ledger
from greenwright.ledger.tables import models, projects, runs, versions, windows
from greenwright.records.energy import Window
from greenwright.records.runs import Place, Run
from greenwright.records.versions import DEFAULT_PROJECT

BATCH_COUNT = 5_000
"""Windows that are written in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a ledger keeps of a run beside the run itself."""

    project: str = DEFAULT_PROJECT
    model: str = ""
    version: str = ""
    """Which it was a run of; empty for none."""
    phase: str = ""
    """"train", "serve", "idle", "check" …"""
    commit: str = ""
    unit: str = ""
    units_per_window: float | None = None
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """A run as the ledger has it."""

    id: str
    source_key: str
    name: str
    started_at: str
    host: str
    command: str
    exit_code: int | None
    finished: bool
    about: About


def add_run(ledger: Ledger, run: Run, about: About | None = None) -> str:
    """Keep a run with its windows, all of it or nothing, and return its id. A run that is there already is left as it is.

    Raises:
        BadInputError: no such version.
    """
    about = about or About()
    with ledger.writing() as connection:
        there: str | None = connection.scalar(select(runs.c.id).where(runs.c.source_key == run.id))
        if there is not None:
            return there
        version_id = _version_id(connection, about) if about.version else None
        row = {
            "id": str(uuid4()),
            "source_key": run.id,
            "project_id": project_id(connection, about.project),
            "version_id": version_id,
            "name": run.name,
            "phase": about.phase,
            "started_at": run.started_at,
            "host": run.place.host,
            "command": shlex.join(run.command),
            "source_commit": about.commit,
            "exit_code": run.exit_code,
            "finished": run.finished,
            "unit": about.unit,
            "units_per_window": about.units_per_window,
            "tags": msgspec.json.encode(about.tags).decode(),
        }
        insert_new(connection, runs, [row])
        stored: str | None = connection.scalar(select(runs.c.id).where(runs.c.source_key == run.id))
        if stored == row["id"] and run.windows:  # else another writer was first, and brings the windows
            connection.execute(insert(windows), [window_row(window, run_id=stored) for window in run.windows])
    assert stored is not None
    return stored


def add_windows(ledger: Ledger, run_id: str, found: Iterable[Window]) -> int:
    """Add windows to a run, a batch at a time: after a kill, every batch that was written is there whole. Returns how many."""
    count, rest = 0, iter(found)
    while some := list(islice(rest, BATCH_COUNT)):
        with ledger.writing() as connection:
            connection.execute(insert(windows), [window_row(window, run_id=run_id) for window in some])
        count += len(some)
    return count


def all_runs(
    ledger: Ledger, *, project: str | None = None, model: str | None = None, version: str | None = None
) -> list[RunEntry]:
    """Runs that stand, the oldest first."""
    query = (
        select(runs, projects.c.name.label("project"), models.c.name.label("model"), versions.c.name.label("version"))
        .join(projects, projects.c.id == runs.c.project_id)
        .outerjoin(versions, versions.c.id == runs.c.version_id)
        .outerjoin(models, models.c.id == versions.c.model_id)
        .where(standing(runs))
        .order_by(runs.c.started_at, runs.c.id)
    )
    for column, wanted in ((projects.c.name, project), (models.c.name, model), (versions.c.name, version)):
        query = query.where(column == wanted) if wanted is not None else query
    with ledger.reading() as connection:
        return [_run(row) for row in connection.execute(query).mappings()]


def run_of(ledger: Ledger, run_id: str) -> Run | None:
    """A run as it was measured, with its windows in the order they ended; None where the ledger has none of that id."""
    entry = next((one for one in all_runs(ledger) if one.id == run_id), None)
    if entry is None:
        return None
    return Run(
        id=entry.source_key,
        name=entry.name,
        place=Place(boot_id="", host=entry.host, pid=0),
        started_at=entry.started_at,
        windows=tuple(sorted(windows_of(ledger, run_id), key=_ended_s)),
        command=tuple(shlex.split(entry.command)),
        exit_code=entry.exit_code,
        finished=entry.finished,
    )


def _ended_s(window: Window) -> float:
    return datetime.fromisoformat(window.started_at).timestamp() + window.duration_s


def windows_of(ledger: Ledger, run_id: str) -> list[Window]:
    """The windows of a run in the order they began; those of a run that was corrected are those of the one in its place."""
    with ledger.reading() as connection:
        before = {right: wrong for wrong, right in right_ids(connection, "runs").items() if right}
        ids = [run_id]
        while ids[-1] in before:
            ids.append(before[ids[-1]])
        query = select(windows).where(windows.c.run_id.in_(ids), standing(windows)).order_by(windows.c.started_at, windows.c.id)
        return [as_window(row) for row in connection.execute(query).mappings()]


def _version_id(connection: Any, about: About) -> str:
    query = (
        select(versions.c.id)
        .join(models, models.c.id == versions.c.model_id)
        .join(projects, projects.c.id == models.c.project_id)
        .where(
            projects.c.name == about.project,
            models.c.name == about.model,
            versions.c.name == about.version,
            standing(versions),
        )
    )
    found: str | None = connection.scalar(query)
    if found is None:
        raise BadInputError(
            f"{about.model} has no version {about.version!r} in project {about.project}; `greenwright models` lists what there is"
        )
    return found


def _run(row: Any) -> RunEntry:
    return RunEntry(
        id=row["id"],
        source_key=row["source_key"],
        name=row["name"],
        started_at=row["started_at"],
        host=row["host"],
        command=row["command"],
        exit_code=row["exit_code"],
        finished=row["finished"],
        about=About(
            project=row["project"],
            model=row["model"] or "",
            version=row["version"] or "",
            phase=row["phase"],
            commit=row["source_commit"],
            unit=row["unit"],
            units_per_window=row["units_per_window"],
            tags=msgspec.json.decode(row["tags"], type=dict[str, str]),
        ),
    )
