"""Where an audit is computed: DuckDB in this process, or wherever the tables already are.

DuckDB keeps what it has read in a file of the scratch folder and spills there, so that memory stays bounded however long a log is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import ibis

from greenwright.audit import spark
from greenwright.audit.columns import plain_names
from greenwright.audit.look import SAMPLE_ROWS, Form, Look, at_table, with_rows
from greenwright.errors import BadInputError, CannotHereError

if TYPE_CHECKING:
    import ibis.expr.types as ir

MEMORY = "1GB"
"""What DuckDB may hold; Python, Arrow and its own overhead come on top."""
_CHUNK = 50_000
_REJECTS = "greenwright_rejects"


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A connection, and where it may put what is too large to hold."""

    name: str
    backend: Any
    scratch: Path
    steps: list[str] = field(default_factory=list)
    """Names of what it keeps until it is closed."""

    @property
    def reads_files(self) -> bool:
        """Whether it is in this process, and can open our files."""
        return self.name in {"duckdb", "pyspark"}


@contextmanager
def engine(url: str | None = None, memory: str = MEMORY, thread_count: int | None = None) -> Iterator[Engine]:
    """Open DuckDB, or what ``url`` names, and close it.

    Raises:
        BadInputError: the URL names nothing that Ibis knows.
        CannotHereError: it cannot be reached.
    """
    with TemporaryDirectory(prefix="greenwright-audit-") as folder:
        backend, is_own = (_duckdb(Path(folder), memory, thread_count), True) if url is None else _connect(url)
        at = Engine(name=str(backend.name), backend=backend, scratch=Path(folder))
        try:
            yield at
        except RuntimeError as error:
            if interrupted := _interruption(error):
                raise interrupted from error
            raise
        finally:
            if at.name == "pyspark":
                spark.forget(at.steps)
            if is_own:
                backend.disconnect()


def open_table(at: Engine, seen: Look) -> tuple[Look, ir.Table]:
    """A source's own table, its columns in plain spelling; and what can be seen of it.

    Raises:
        BadInputError: the engine cannot read it.
        CannotHereError: this engine reads tables only.
    """
    if seen.form is not Form.TABLE and not at.reads_files:
        raise CannotHereError(f"{at.name} reads its own tables, not the file {seen.source}; name a table, or leave out --on")
    try:
        raw = _flat(_opened(at, seen))
        return _told(seen, raw) if seen.form is not Form.CSV else (seen, raw)
    except Exception as error:
        raise _refused(seen.source, error) from error


def own_table(at: Engine, name: str) -> Look:
    """Look at a table of the engine's database.

    Raises:
        BadInputError: it has no such table.
    """
    schema, _, table = name.rpartition(".")
    try:
        raw = at.backend.table(table, database=schema or None)
    except Exception as error:
        raise BadInputError(f"{at.name} has no table {name!r}: {_first_line(error)}") from error
    return at_table(name, raw.columns, ())


def kept(at: Engine, table: ir.Table, name: str) -> ir.Table:
    """The table, computed once where computing it again would cost more than keeping it."""
    return (
        _spark_step(at, table, name) if at.name == "pyspark" else at.backend.create_table(name, table, temp=at.name != "duckdb")
    )


def apart(at: Engine, table: ir.Table, name: str) -> ir.Table:
    """The table as a step of its own: later steps name its columns, where Ibis would write out their formulas again and again."""
    if at.name == "duckdb":
        return at.backend.create_view(name, table)
    if at.name == "pyspark":
        return _spark_step(at, table, name)
    return _fenced_view(at, table, name) if at.name == "postgres" else table.alias(name)


def _spark_step(at: Engine, table: ir.Table, name: str) -> ir.Table:
    at.steps.append(name)
    return spark.step(at.backend, table, name)


def _fenced_view(at: Engine, table: ir.Table, name: str) -> ir.Table:
    """A view of this session that PostgreSQL computes as it stands.

    Its planner would put each step's formulas into the next one's, as often as they are named, and never come to an end; ``OFFSET 0``
    forbids that, and rows still stream through. Numbers are held as Ibis believes them to be: what it writes as 0.5 would be a numeric.
    """
    kinds = {column: at.backend.compiler.type_mapper.to_string(kind) for column, kind in table.schema().items()}
    cells = ", ".join(f'CAST("{column}" AS {kind}) AS "{column}"' for column, kind in kinds.items())
    at.backend._register_in_memory_tables(table)  # noqa: SLF001 - Ibis does it for views of its own, which cannot be temporary
    with at.backend.begin() as cursor:
        cursor.execute(f'CREATE TEMPORARY VIEW "{name}" AS SELECT {cells} FROM ({at.backend.compile(table)}) AS step OFFSET 0')  # noqa: S608 - our own names
    return at.backend.table(name)


def rows_of(at: Engine, table: ir.Table) -> Iterator[tuple[Any, ...]]:
    """Every row, some thousands at a time."""
    if at.name == "duckdb":
        cursor = at.backend.raw_sql(at.backend.compile(table))
        while rows := cursor.fetchmany(_CHUNK):
            yield from rows
        return
    for batch in table.to_pyarrow_batches(chunk_size=_CHUNK):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def torn_rows(at: Engine, seen: Look) -> Iterator[tuple[str, str]]:
    """Lines of a CSV file that were no rows: the reason and the text, once the file has been read.

    DuckDB notes them at every scan, so those of the first one count; and once for each cell that lacks, so lines are taken once.
    """
    if at.name == "pyspark":
        yield from spark.torn_lines(at.backend, seen)
        return
    scans = f"SELECT min(scan_id) FROM {_REJECTS}_scans WHERE file_path = ?"  # noqa: S608 - our own names
    query = f"SELECT min(error_type), any_value(csv_line) FROM {_REJECTS} WHERE scan_id = ({scans}) GROUP BY file_id, line ORDER BY line"  # noqa: S608 - likewise
    connection = at.backend.con
    if not connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [_REJECTS]).fetchone():
        return
    for kind, line in connection.execute(query, [str(seen.path)]).fetchall():
        yield _TORN.get(kind, kind.lower()), (line or "").strip()


_TORN = {
    "MISSING COLUMNS": "too few cells",
    "TOO MANY COLUMNS": "too many cells",
    "UNQUOTED VALUE": "a quote that does not end",
    "INVALID ENCODING": "not in UTF-8",
    "LINE SIZE OVER MAXIMUM": "a line longer than 2 MB",
}


def _duckdb(folder: Path, memory: str, thread_count: int | None) -> Any:
    settings: dict[str, Any] = {
        "memory_limit": memory,
        "temp_directory": str(folder / "spill"),
        "preserve_insertion_order": False,
    }
    backend = ibis.duckdb.connect(folder / "audit.duckdb", threads=thread_count or os.cpu_count() or 1, **settings)
    backend.con.execute("SET enable_progress_bar = false")  # it is drawn on the standard output, where JSON goes
    return backend


def _connect(url: str) -> tuple[Any, bool]:
    """The backend, and whether it is ours to close."""
    try:
        return spark.connect(url) if url.startswith("pyspark:") else (ibis.connect(url), True)
    except ModuleNotFoundError:
        raise
    except ValueError as error:
        raise BadInputError(f"--on {url.partition('@')[2] or url}: {_first_line(error)}") from error
    except Exception as error:
        raise CannotHereError(f"{url.partition('://')[0]} cannot be reached: {_first_line(error)}") from error


def _opened(at: Engine, seen: Look) -> ir.Table:
    match seen.form:
        case Form.TABLE:
            schema, _, table = seen.source.rpartition(".")
            return at.backend.table(table, database=schema or None)
        case Form.PARQUET:
            return at.backend.read_parquet(seen.path)
        case Form.JSON | Form.LINES:
            return at.backend.read_json(seen.path)
        case Form.CSV if at.name == "duckdb":
            return at.backend.read_csv(seen.path, **_dialect(seen))
        case Form.CSV:
            return spark.csv_table(at.backend, seen)
        case _:
            raise BadInputError(f"{seen.source} is no table")


def _dialect(seen: Look) -> dict[str, Any]:
    quote = "" if seen.delimiter == "|" else '"'
    return {
        "columns": dict.fromkeys(plain_names(seen.spelt), "string"),
        "auto_detect": False,
        "header": True,
        "skip": seen.skip_count,
        "delim": seen.delimiter,
        "quote": quote,
        "escape": quote,
        "encoding": "utf-16" if seen.encoding == "utf-16" else "utf-8",
        "store_rejects": True,
        "rejects_table": _REJECTS,
        "rejects_scan": f"{_REJECTS}_scans",
    }


def _flat(raw: ir.Table) -> ir.Table:
    """Structs as columns of their own, lists and maps as text, names in plain spelling."""
    while structs := [name for name in raw.columns if raw[name].type().is_struct()]:
        raw = raw.select(
            *(raw[name] for name in raw.columns if name not in structs),
            **{f"{name}.{part}": raw[name][part] for name in structs for part in raw[name].type().names},
        )
    plain = plain_names(raw.columns)
    return raw.select(**{new: _scalar(raw[old]) for new, old in zip(plain, raw.columns, strict=True)})


def _scalar(column: ir.Value) -> ir.Value:
    kind = column.type()
    return column.cast("string") if kind.is_nested() or kind.is_json() or kind.is_binary() else column


def _told(seen: Look, raw: ir.Table) -> tuple[Look, ir.Table]:
    rows = raw.limit(SAMPLE_ROWS).to_pyarrow().to_pylist()
    sample = [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]
    return with_rows(seen, raw.columns, sample), raw


def _interruption(error: Exception) -> KeyboardInterrupt | None:
    """Ctrl-C, where it met DuckDB within a query, which then tells of it as an error of its own."""
    return KeyboardInterrupt() if isinstance(error, RuntimeError) and "interrupted" in str(error) else None


def _refused(source: str, error: Exception) -> BaseException:
    if interrupted := _interruption(error):
        return interrupted
    if isinstance(error, BadInputError | CannotHereError | ModuleNotFoundError):
        return error
    return BadInputError(f"{source} cannot be read: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
