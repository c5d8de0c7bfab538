"""A ledger as a folder of Parquet files, one a table, with the columns and types of the table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Boolean, Float, Integer, Table

from greenwright.errors import BadInputError
from greenwright.ledger.jsonl_files import FORMAT, SCHEMA_VERSION, checked
from greenwright.ledger.whole_files import whole_folder

_GROUP_COUNT = 10_000
"""Rows that are in memory at once."""


def write(path: Path, tables: Iterable[tuple[Table, Iterable[Mapping[str, Any]]]]) -> dict[str, int]:
    """Write all of it, or nothing; returns how many rows of each table. Empty tables get an empty file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    counts = {}
    with whole_folder(path) as folder:
        for table, rows in tables:
            schema = _schema(table)
            count, rest = 0, iter(rows)
            with pq.ParquetWriter(folder / f"{table.name}.parquet", schema, compression="zstd") as writer:
                while group := [dict(row) for row in islice(rest, _GROUP_COUNT)]:
                    writer.write_table(pa.Table.from_pylist(group, schema=schema))
                    count += len(group)
            if count:
                counts[table.name] = count
    return counts


def read(path: Path, tables: Mapping[str, Table]) -> Iterator[tuple[Table, Iterator[dict[str, Any]]]]:
    """Every table's rows.

    Raises:
        BadInputError: no export of a ledger, or a file that is none of its tables.
    """
    found = {name: path / f"{name}.parquet" for name in tables if (path / f"{name}.parquet").exists()}
    if not found:
        raise BadInputError(f"{path} holds no export of a ledger; make one with: greenwright ledger export {path.name}")
    for name, file in found.items():
        yield tables[name], _rows(file, tables[name])


def _rows(file: Path, table: Table) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as opened:
            said = (opened.schema_arrow.metadata or {}).get(b"format", b"").decode()
            if said != FORMAT:
                raise BadInputError(f"{file} is no table of a ledger; export it with: greenwright ledger export")
            for batch in opened.iter_batches(_GROUP_COUNT):
                for row in batch.to_pylist():
                    yield checked(row, table, str(file))
    except (pa.ArrowInvalid, OSError) as error:
        raise BadInputError(f"{file} is no Parquet file: {error}") from error


def _schema(table: Table) -> Any:
    import pyarrow as pa

    kinds = ((Boolean, pa.bool_()), (BigInteger, pa.int64()), (Integer, pa.int64()), (Float, pa.float64()))
    columns = [
        pa.field(
            column.name,
            next((type_ for kind, type_ in kinds if isinstance(column.type, kind)), pa.string()),
            nullable=bool(column.nullable),
        )
        for column in table.c
    ]
    return pa.schema(columns, metadata={"format": FORMAT, "schema_version": str(SCHEMA_VERSION)})
