"""Add to the ledger and read from it. There is no way to change or delete: an entry is corrected by a new one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy import Connection, Engine, insert, select

from greenwright.errors import BadInputError
from greenwright.ledger import tables
from greenwright.ledger.entries import ArtifactEntry, ModelEntry
from greenwright.ledger.refusals import refusals
from greenwright.ledger.released import register_release
from greenwright.ledger.rows import artifact_row, decoded, model, study_row, trial_row, window_row
from greenwright.ledger.tables import artifacts, studies
from greenwright.records.energy import Window
from greenwright.records.study import StudyRecord

WRITES = "greenwright_writes"
"""Marks a connection that will write."""


class Ledger:
    """The append-only store; made by ``open_ledger``. It holds no connection between calls, and needs no closing.

    Runs, versions, corrections and transfers are functions in modules of their own, which take a ledger.
    """

    def __init__(self, engine: Engine, where: str) -> None:
        self._reader = engine
        self._writer = engine.execution_options(**{WRITES: True})
        self.where = where

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent look.

        Raises:
            CannotHereError: the ledger cannot be read.
        """
        with refusals(self.where), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all that is added in it is kept, or nothing.

        Raises:
            BadInputError: an entry contradicts what is there.
            CannotHereError: the ledger cannot be written.
        """
        with refusals(self.where), self._writer.begin() as connection:
            yield connection

    def add_study(self, record: StudyRecord, windows: Iterable[Window] = (), artifact: ArtifactEntry | None = None) -> str:
        """Keep a study, all of it or nothing, and return its id. A model that it released becomes a version.

        Raises:
            BadInputError: the record does not survive JSON, or the artifact is not the one its certificate names.
            CannotHereError: the ledger cannot be written.
        """
        study_id = str(uuid4())
        rows = [
            (tables.studies, [study_row(study_id, record)]),
            (tables.trials, [trial_row(study_id, trial) for trial in record.trials]),
            (tables.windows, [window_row(window, study_id=study_id) for window in windows]),
            (tables.artifacts, [artifact_row(study_id, artifact, record)] if artifact else []),
        ]
        with self.writing() as connection:
            for table, entries in rows:
                if entries:
                    connection.execute(insert(table), entries)
            if artifact:
                register_release(connection, study_id, record, artifact)
        return study_id

    def study(self, study_id: str) -> StudyRecord:
        """One study, as it was added.

        Raises:
            BadInputError: the ledger has no such study, or cannot read it any more.
        """
        with self.reading() as connection:
            record = connection.scalar(select(studies.c.record).where(studies.c.id == study_id))
        if record is None:
            raise BadInputError(f"the ledger at {self.where} has no study or run {study_id!r}; an export lists what it has")
        return decoded(record, study_id)

    def models(self) -> list[ModelEntry]:
        """Every model that a study released, the newest first."""
        query = (
            select(artifacts, studies.c.record)
            .join(studies, studies.c.id == artifacts.c.study_id)
            .order_by(artifacts.c.created_at.desc(), artifacts.c.study_id)
        )
        with self.reading() as connection:
            found = connection.execute(query).mappings().all()
        return [model(row) for row in found]
