"""Look at a source before reading it: what kind of file it is, how it is written, its columns and its first rows."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from greenwright.audit.columns import plain_names
from greenwright.errors import BadInputError

HEAD_BYTES = 262_144
SAMPLE_ROWS = 200
DELIMITERS = ("|", ",", ";", "\t")
_OPENERS: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


class Form(StrEnum):
    """How a source is written."""

    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"
    LINES = "json lines"
    TEXT = "text"
    SQLITE = "sqlite"
    FOLDER = "folder"
    TABLE = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What can be seen without reading it all."""

    source: str
    """As it was given."""
    form: Form
    path: Path | None = None
    columns: tuple[str, ...] = ()
    """In plain spelling."""
    spelt: tuple[str, ...] = ()
    """As the source spells them."""
    sample: tuple[dict[str, str], ...] = ()
    """The first rows, by plain column."""
    text: str = ""
    """The first of it, where it is text."""
    delimiter: str = ","
    skip_count: int = 0
    """Lines above the header."""
    encoding: str = "utf-8"
    tables: tuple[str, ...] = ()
    """Of a SQLite file."""

    def has(self, *columns: str) -> bool:
        """Whether it has all of these."""
        return set(columns) <= set(self.columns)

    def values(self, column: str) -> list[str]:
        """What the first rows say in one column, where they say something."""
        return [row[column] for row in self.sample if row.get(column)]


def look(source: str) -> Look:
    """At a file or a folder.

    Raises:
        BadInputError: it is not there, is empty, or cannot be read.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        return Look(source=source, path=path, form=Form.FOLDER)
    if not path.is_file():
        raise BadInputError(f"there is no file or folder {source}")
    try:
        return _at_file(source, path)
    except (OSError, EOFError, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise BadInputError(f"{source} cannot be read: {error}") from error


def at_table(source: str, columns: Sequence[str], sample: Sequence[dict[str, str]]) -> Look:
    """At a table of a database, whose columns and first rows somebody has fetched."""
    return Look(source=source, form=Form.TABLE, columns=tuple(plain_names(columns)), spelt=tuple(columns), sample=tuple(sample))


def with_rows(seen: Look, spelt: Sequence[str], rows: Sequence[dict[str, str]]) -> Look:
    """The same, once an engine has told its columns and first rows."""
    return replace(seen, columns=tuple(plain_names(spelt)), spelt=tuple(spelt), sample=tuple(rows))


def _at_file(source: str, path: Path) -> Look:
    with _open(path) as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise BadInputError(f"{source} is empty")
    if head.startswith(b"PAR1"):
        return Look(source=source, path=path, form=Form.PARQUET)
    if head.startswith(b"SQLite format 3\x00"):
        return Look(source=source, path=path, form=Form.SQLITE, tables=_tables(path))
    encoding = _encoding(head, source)
    text = head.decode(encoding, errors="replace")
    if len(head) == HEAD_BYTES:
        text = text[: text.rfind("\n") + 1] or text
    if not text.strip():
        raise BadInputError(f"{source} has nothing but blank lines")
    if text.lstrip().startswith(("{", "[")):
        return Look(source=source, path=path, form=_json_form(text), text=text, encoding=encoding)
    return _csv(source, path, text, encoding)


def _csv(source: str, path: Path, text: str, encoding: str) -> Look:
    lines = text.splitlines()
    skip = next((at for at, line in enumerate(lines) if line.strip() and not line.startswith("#")), 0)
    delimiter = max(DELIMITERS, key=lines[skip].count)
    if not lines[skip].count(delimiter):
        return Look(source=source, path=path, form=Form.TEXT, text=text, encoding=encoding)
    rows = _rows(lines[skip : skip + SAMPLE_ROWS + 1], delimiter)
    spelt, columns = rows[0], plain_names(rows[0])
    sample = tuple(dict(zip(columns, row, strict=False)) for row in rows[1:] if row)
    return Look(
        source=source,
        path=path,
        form=Form.CSV,
        columns=tuple(columns),
        spelt=tuple(spelt),
        sample=sample,
        text=text,
        delimiter=delimiter,
        skip_count=skip,
        encoding=encoding,
    )


def _rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """Cells; between pipes, quotes are letters like any other."""
    file = io.StringIO("\n".join(lines))
    if delimiter == "|":
        return list(csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE))
    return list(csv.reader(file, delimiter=delimiter))


def _open(path: Path) -> Any:
    return _OPENERS.get(path.suffix.lower(), open)(path, "rb")


def _encoding(head: bytes, source: str) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\x00" in head[:4096]:
        raise BadInputError(f"{source} is neither text, Parquet nor SQLite; export it as CSV or Parquet")
    return "utf-8-sig" if head.startswith(b"\xef\xbb\xbf") else "utf-8"


def _json_form(text: str) -> Form:
    """JSON Lines where the first line is an object of its own and another follows."""
    first, _, rest = text.lstrip().partition("\n")
    try:
        json.loads(first)
    except ValueError:
        return Form.JSON
    return Form.LINES if first.startswith("{") and rest.lstrip().startswith("{") else Form.JSON


def _tables(path: Path) -> tuple[str, ...]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    connection.close()
    return tuple(str(name) for (name,) in found)
