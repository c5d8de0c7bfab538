"""Spark as an engine: a session that is borrowed or our own, CSV files whose torn rows are kept, and steps that stay as they are."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import ibis

from greenwright.audit.columns import plain_names

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from greenwright.audit.look import Look

TORN = "greenwright_torn"
"""The column in which Spark keeps a line that was no row."""
_ENCODINGS = {"utf-16": "UTF-16"}


def connect(url: str) -> tuple[Any, bool]:
    """The backend, and whether its session is our own: one that was there before is somebody's work, and outlives the audit."""
    from pyspark.sql import SparkSession

    borrowed = SparkSession.getActiveSession() is not None
    if not borrowed:
        session = SparkSession.builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
    return ibis.connect(url), not borrowed


def csv_table(backend: Any, seen: Look) -> ir.Table:
    """A CSV file's rows as text; lines with too few or too many cells are left for ``torn_lines``."""
    from pyspark.sql import SparkSession
    from pyspark.sql.types import StringType, StructField, StructType

    names = plain_names(seen.spelt)
    quote = "" if seen.delimiter == "|" else '"'
    reader = SparkSession.active().read.schema(StructType([StructField(name, StringType()) for name in (*names, TORN)]))
    frame = reader.options(
        header=True,
        comment="#" if seen.skip_count else "",
        sep=seen.delimiter,
        quote=quote,
        escape=quote,
        encoding=_ENCODINGS.get(seen.encoding, "UTF-8"),
        mode="PERMISSIVE",
        columnNameOfCorruptRecord=TORN,
        columnPruning=False,  # else a line is only torn where a column that somebody asked for is
        enforceSchema=True,
        emptyValue="",
    ).csv(str(seen.path))
    frame.createOrReplaceTempView(_view(seen.path))
    rows = backend.table(_view(seen.path))
    return rows.filter(rows[TORN].isnull()).drop(TORN)


def torn_lines(backend: Any, seen: Look) -> Iterator[tuple[str, str]]:
    """Lines that were no rows: the reason and the text."""
    rows = backend.table(_view(seen.path))
    torn = rows.filter(rows[TORN].notnull())
    for (line,) in zip(*torn.to_pyarrow().select([TORN]).to_pydict().values(), strict=True):
        cells = next(csv.reader([line], delimiter=seen.delimiter), [])
        yield ("too few cells" if len(cells) < len(seen.columns) else "too many cells"), line.strip()


def step(backend: Any, table: ir.Table, name: str) -> ir.Table:
    """The table as a view that Spark computes once, and keeps on disk where memory does not hold it.

    Its planner would put each step's formulas into the next one's, and spend its time on them.
    """
    from pyspark.sql import SparkSession

    backend._run_pre_execute_hooks(table)  # noqa: SLF001 - Ibis does it before it asks, and asks too late for a view
    frame = SparkSession.active().sql(backend.compile(table)).cache()
    frame.createOrReplaceTempView(name)
    return backend.table(name)


def forget(names: Sequence[str]) -> None:
    """Give back what steps hold."""
    from pyspark.sql import SparkSession

    catalog = SparkSession.active().catalog
    for name in names:
        catalog.uncacheTable(name)
        catalog.dropTempView(name)


def _view(path: Path | None) -> str:
    return f"greenwright_csv_{crc32(str(path).encode()):08x}"
