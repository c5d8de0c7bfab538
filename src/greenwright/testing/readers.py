r"""What every reader of an audit's sources must pass.

A plugin's test inherits the contract, and gives a source whose rows are known::

    class TestMyReader(ReaderContract):
        reader = my_reader
        name = "jobs.csv"
        content = "job,hours\n1,2\n2,x\n"
        job_count = 1
        bad_count = 1
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from greenwright import registry
from greenwright.audit.engines import engine, open_table
from greenwright.audit.jobs import ALL
from greenwright.audit.look import Form, Look, look
from greenwright.errors import BadInputError
from greenwright.records.jobs import JOB_COLUMNS, PROBLEM, ROW_TEXT, Kind, State

FOREIGN = "colour,weight\nred,1\n"
"""A table that is nobody's."""


class ReaderContract:
    """Inherit, set ``reader``, ``name``, ``content`` and the counts; pytest runs the rest."""

    reader: Any
    """The module."""
    name: str
    """Of the source's file: its ending counts."""
    content: ClassVar[str | Callable[[Path], None]]
    """What stands in it; or, for what is no text, a function that writes it."""
    job_count: int
    """Jobs that it holds."""
    bad_count: int = 0
    """Rows that cannot be used."""
    row_count: int | None = None
    """Rows of the source, where several become one job."""
    duration_s: float | None = None
    """Of all its jobs, where they have durations."""

    def test_its_facts_are_complete(self) -> None:
        """``META`` says what such a source knows, what it cannot, and where its format is described."""
        meta = self.reader.META

        assert all([meta.id, meta.title, meta.says, meta.leaves_out, meta.source])

    def test_it_recognises_its_own(self, tmp_path: Path) -> None:
        """And tells the file from a table that is nobody's."""
        (tmp_path / "foreign.csv").write_text(FOREIGN)

        assert self.reader.recognise(self.seen(tmp_path))
        assert not self.reader.recognise(look(str(tmp_path / "foreign.csv")))

    def test_no_other_member_takes_what_is_its_own(self, tmp_path: Path) -> None:
        """The first that recognises a source reads it."""
        seen = self.seen(tmp_path)
        taken = [name for name, module in registry.load_all("readers").items() if module.recognise(seen)]

        assert self.reader.META.id not in taken or taken[0] == self.reader.META.id

    def test_every_column_is_there_in_its_kind(self, tmp_path: Path) -> None:
        """Texts are never null; numbers and moments are, where nobody knows."""
        rows = self.rows(tmp_path)
        text = [one.name for one in JOB_COLUMNS if one.kind is Kind.TEXT]

        assert rows
        assert all(tuple(row) == ALL for row in rows)
        assert all(isinstance(row[name], str) for row in rows for name in text)
        assert {row["state"] for row in rows} <= set(State)

    def test_bad_rows_are_kept_with_a_reason_and_their_text_and_good_ones_are_plausible(self, tmp_path: Path) -> None:
        """Nothing is dropped silently."""
        rows = self.rows(tmp_path)
        good, bad = [row for row in rows if row[PROBLEM] is None], [row for row in rows if row[PROBLEM] is not None]

        assert (len(good), len(bad)) == (self.job_count, self.bad_count)
        assert all(row[PROBLEM] and row[ROW_TEXT] for row in bad)
        assert all(row[ROW_TEXT] is None for row in good)
        for name in ("duration_s", "gpu_count", "cpu_count"):
            assert all(row[name] is None or row[name] >= 0 for row in good)
        if self.row_count is not None:
            assert sum(row["row_count"] for row in good) + len(bad) == self.row_count
        if self.duration_s is not None:
            assert sum(row["duration_s"] or 0 for row in good) == pytest.approx(self.duration_s)

    def test_what_it_assumed_is_said_in_sentences(self, tmp_path: Path) -> None:
        """``notes`` returns texts, none of them empty."""
        said = self.reader.notes(self.seen(tmp_path))

        assert isinstance(said, tuple)
        assert all(isinstance(one, str) and one.strip() for one in said)

    def seen(self, folder: Path) -> Look:
        """The source, written and looked at."""
        return self._opened(folder)[0]

    def rows(self, folder: Path) -> list[dict[str, Any]]:
        """Its jobs, those that cannot be used included."""
        return self._opened(folder, wants_rows=True)[1]

    def _opened(self, folder: Path, *, wants_rows: bool = False) -> tuple[Look, list[dict[str, Any]]]:
        import ibis

        path = folder / self.name
        content = type(self).content  # a function stays one: an instance would make a method of it
        if isinstance(content, str):
            path.write_text(content)
        elif not path.exists():
            content(path)
        seen, raw = look(str(path)), None
        if not wants_rows and seen.form not in {Form.PARQUET, Form.JSON, Form.LINES}:
            return seen, []
        with engine(thread_count=1) as at:
            if seen.form in {Form.PARQUET, Form.JSON, Form.LINES}:
                try:
                    seen, raw = open_table(at, seen)
                except BadInputError:
                    raw = None  # no table, and the reader's own to load
            if not wants_rows:
                return seen, []
            if hasattr(self.reader, "load"):
                raw = ibis.memtable(self.reader.load(seen))
            elif seen.form is Form.CSV:
                seen, raw = open_table(at, seen)
            return seen, at.backend.to_pyarrow(self.reader.jobs(raw, seen).select(*ALL)).to_pylist()
