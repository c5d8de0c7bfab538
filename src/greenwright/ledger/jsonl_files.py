"""A ledger as JSON Lines: a first line that says what it is, then an entry a line, with the table it belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Table

from greenwright.errors import BadInputError
from greenwright.ledger.whole_files import whole_file

FORMAT = "greenwright ledger"
SCHEMA_VERSION = 2
_TABLE = "table"


def write(path: Path, tables: Iterable[tuple[Table, Iterable[Mapping[str, Any]]]]) -> dict[str, int]:
    """Write all of it, or nothing; returns how many rows of each table."""
    counts = {}
    with whole_file(path) as unfinished, unfinished.open("wb") as file:
        file.write(msgspec.json.encode({"format": FORMAT, "schema_version": SCHEMA_VERSION}) + b"\n")
        for table, rows in tables:
            count = 0
            for row in rows:
                plain = {f"{name}": value for name, value in row.items()}  # SQLAlchemy's names are no plain text to msgspec
                file.write(msgspec.json.encode({_TABLE: f"{table.name}", **plain}) + b"\n")
                count += 1
            if count:
                counts[table.name] = count
    return counts


def read(path: Path, tables: Mapping[str, Table]) -> Iterator[tuple[Table, Iterator[dict[str, Any]]]]:
    """Every table's rows, in the order of the file.

    Raises:
        BadInputError: no such file, no export of a ledger, or a line that is no row of a table.
    """
    rows = _rows(path, tables)
    for name, own in groupby(rows, key=itemgetter(0)):
        yield tables[name], (row for _, row in own)


def _rows(path: Path, tables: Mapping[str, Table]) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}") from error
    with file:
        _refuse_other(path, file.readline())
        for number, line in enumerate(file, start=2):
            row = _decoded(path, number, line)
            name = row.pop(_TABLE, None)
            if name not in tables:
                raise BadInputError(f"{path}, line {number} is of the table {name!r}, which is none of a ledger's")
            yield name, checked(row, tables[name], f"{path}, line {number}")


def checked(row: dict[str, Any], table: Table, where: str) -> dict[str, Any]:
    """The row with every column of its table; what an older export lacks is NULL.

    Raises:
        BadInputError: a column that the table has not, or one missing that must be there.
    """
    known = {column.name for column in table.c}
    missing = [column.name for column in table.c if not column.nullable and row.get(column.name) is None]
    if missing or set(row) - known:
        wrong = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(sorted(set(row) - known))}"
        raise BadInputError(f"{where}: a row of {table.name} {wrong}; export it again with this greenwright")
    return {column.name: row.get(column.name) for column in table.c}


def _refuse_other(path: Path, line: bytes) -> None:
    head = _decoded(path, 1, line) if line.strip() else {}
    if head.get("format") != FORMAT:
        raise BadInputError(f"{path} is no export of a ledger; make one with: greenwright ledger export {path.name}")
    if head.get("schema_version", 0) > SCHEMA_VERSION:
        raise BadInputError(f"{path} was written by a newer greenwright; upgrade with: pip install --upgrade greenwright")


def _decoded(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise BadInputError(f"{path}, line {number} is no row ({error}); was the export cut off?") from error
