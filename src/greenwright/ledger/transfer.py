"""Take a ledger along: export all of it, and import it elsewhere. Importing twice adds nothing twice.

JSON Lines is one file that any tool reads, and ``diff`` compares; Parquet is a folder with a file a table, for analysis.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, and_, func, or_, select

from greenwright.errors import BadInputError
from greenwright.ledger import jsonl_files, parquet_files
from greenwright.ledger.inserts import insert_new
from greenwright.ledger.store import Ledger
from greenwright.ledger.tables import metadata

TABLES: tuple[Table, ...] = tuple(metadata.sorted_tables)
"""In an order in which no row refers to one that is not there yet."""
_BATCH_COUNT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What a transfer did, by table."""

    path: str
    added: dict[str, int]
    """Rows written: to the files, or to the ledger."""
    known: dict[str, int]
    """Rows that the ledger had already, the same to the last digit."""


def export(ledger: Ledger, path: Path) -> Moved:
    """Write every entry: to a folder of Parquet files where ``path`` has no suffix or ends in .parquet, else to JSON Lines.

    All tables are read in one look, so that what is exported fits together while others write.

    Raises:
        BadInputError: the path cannot be written.
    """
    with ledger.reading() as connection:
        if connection.dialect.name == "postgresql":  # SQLite's transactions are one look anyway
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        writer = parquet_files if _is_parquet(path) else jsonl_files
        added = writer.write(path, ((table, _rows(connection, table)) for table in TABLES))
    return Moved(path=str(path), added=added, known={})


def import_(ledger: Ledger, path: Path) -> Moved:
    """Add every entry of an export that is not there yet, all of it or nothing.

    Raises:
        BadInputError: nothing to read, no export, or an entry that contradicts the one of the same id in this ledger.
    """
    reader = parquet_files if path.is_dir() else jsonl_files
    added, known = dict.fromkeys((table.name for table in TABLES), 0), dict.fromkeys((table.name for table in TABLES), 0)
    renamed: dict[str, str] = {}
    with ledger.writing() as connection:
        for table, rows in reader.read(path, {table.name: table for table in TABLES}):
            for batch in _batches(rows):
                moved = [_renamed(table, row, renamed) for row in batch]
                new = _new_rows(connection, table, moved, renamed, ledger.where)
                insert_new(connection, table, new)
                added[table.name] += len(new)
                known[table.name] += len(moved) - len(new)
    return Moved(path=str(path), added=_counted(added), known=_counted(known))


def holdings(ledger: Ledger) -> dict[str, int]:
    """How many entries each table has, corrected ones included."""
    with ledger.reading() as connection:
        return {f"{table.name}": connection.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES}


def _is_parquet(path: Path) -> bool:
    return path.suffix in {"", ".parquet"} or path.is_dir()


def _rows(connection: Connection, table: Table) -> Iterator[Any]:
    query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_BATCH_COUNT)
    return iter(connection.execute(query).mappings())


def _batches(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    rest = iter(rows)
    while batch := list(islice(rest, _BATCH_COUNT)):
        yield batch


def _renamed(table: Table, row: Mapping[str, Any], renamed: Mapping[str, str]) -> dict[str, Any]:
    """A project or model of the same name has an id of its own here: what refers to it follows."""
    links = {column.name for column in table.c if column.foreign_keys}
    return {name: renamed.get(value, value) if name in links else value for name, value in row.items()}


def _new_rows(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]], renamed: dict[str, str], where: str
) -> list[dict[str, Any]]:
    there = _there(connection, table, rows)
    if table.name in {"projects", "models"}:
        rows = [row for row in rows if not _known_by_name(connection, table, row, renamed)]
    for row in rows:
        other = there.get(_key(table, row))
        if other is not None and other != row:
            columns = ", ".join(name for name in row if row[name] != other.get(name))
            raise BadInputError(
                f"{table.name} {_key(table, row)} is in the ledger at {where} already, with another {columns}; "
                "entries are never changed: correct it there, and export again"
            )
    return [row for row in rows if _key(table, row) not in there]


def _key(table: Table, row: Any) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key.columns)


def _there(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    keys = list(table.primary_key.columns)
    wanted = or_(*(and_(*(column == row[column.name] for column in keys)) for row in rows))
    if len(keys) == 1:
        wanted = keys[0].in_([row[keys[0].name] for row in rows])
    return {_key(table, row): dict(row) for row in connection.execute(select(table).where(wanted)).mappings()}


def _known_by_name(connection: Connection, table: Table, row: Mapping[str, Any], renamed: dict[str, str]) -> bool:
    named = [table.c.name == row["name"]]
    if "project_id" in table.c:
        named.append(table.c.project_id == row["project_id"])
    own: str | None = connection.scalar(select(table.c.id).where(*named))
    if own is not None:
        renamed[row["id"]] = own
    return own is not None


def _counted(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
