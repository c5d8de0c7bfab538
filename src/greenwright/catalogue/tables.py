"""Read tables of numbers from outside: a CSV file whose head, in comment lines, says where its numbers come from.

The head is TOML behind ``#``. It gives ``checked``, the day somebody last compared the table with its sources, and a table
``sources``, to which the column ``source`` refers. A table of the same name in the user's own folder goes before ours, row by row.
"""

from __future__ import annotations

import csv
import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from greenwright.errors import CatalogueError
from greenwright.settings import resolve

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

OWN = "own"
"""The source of a row in a user's table that names none."""
STALE_YEARS = 3
"""A yearly number older than this has missed a change that matters: grids move by some percent a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSource:
    """Whose numbers these are, and on which terms they may be passed on."""

    key: str
    title: str
    url: str
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table; an empty cell is a number nobody knows."""

    cells: dict[str, str]
    source: TableSource
    sources: dict[str, TableSource]
    """All of the table's, for columns that name one of their own."""
    checked: date
    where: str
    """File and line, for errors."""

    def text(self, column: str) -> str:
        """A cell without its blanks; "" where the table has no such column."""
        return (self.cells.get(column) or "").strip()

    def number(self, column: str) -> float | None:
        """A cell as a number, None where it is empty.

        Raises:
            CatalogueError: it is neither.
        """
        text = self.text(column)
        try:
            return float(text) if text else None
        except ValueError as error:
            raise CatalogueError(f"{self.where}: {column} is {text!r}; write a number, or leave it empty") from error

    def year(self) -> int | None:
        """The year the numbers are about."""
        number = self.number("year")
        return None if number is None else int(number)


def own_folder() -> Path:
    """Where users put tables of their own: ``catalogue`` in the folder that greenwright keeps things in."""
    return _own_folder(os.environ.get("GREENWRIGHT_HOME", ""), str(Path.cwd()))


@cache
def table(name: str, keys: tuple[str, ...], folder: Path | None) -> dict[tuple[str, ...], Row]:
    """Every row of ``<name>.csv`` by its key columns, a row of ``folder``'s table of that name in place of ours.

    Raises:
        CatalogueError: a table is malformed, or a key stands in it twice.
    """
    rows = _read(files("greenwright.catalogue") / "data" / f"{name}.csv", keys)
    if folder is not None and (own := folder / f"{name}.csv").is_file():
        rows |= _read(own, keys)
    return rows


def is_stale(year: int | None, today: date | None = None) -> bool:
    """Whether numbers about ``year`` are too old to be relied upon; unknown years are not judged."""
    return year is not None and (today or date.today()).year - year > STALE_YEARS  # noqa: DTZ011 - a year does not depend on the time zone


@cache
def _own_folder(home: str, folder: str) -> Path:
    return resolve({"home": home or None}, start=Path(folder)).home / "catalogue"


def _read(file: Traversable | Path, keys: Sequence[str]) -> dict[tuple[str, ...], Row]:
    lines = file.read_text(encoding="utf-8").splitlines()
    length = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    head = _head([line.removeprefix("#").removeprefix(" ") for line in lines[:length]], str(file))
    reader = csv.DictReader(lines[length:])
    if lacking := [key for key in keys if key not in (reader.fieldnames or ())]:
        raise CatalogueError(f"{file}: no column {', '.join(lacking)}; name it in the line above the rows")
    found: dict[tuple[str, ...], Row] = {}
    for cells in reader:
        row = _row(cells, head, where=f"{file}, line {length + reader.line_num}")
        key = tuple(row.text(column).lower() for column in keys)
        if key in found:
            raise CatalogueError(f"{row.where}: {'/'.join(key)} stands here twice; remove one")
        found[key] = row
    return found


def _head(lines: list[str], where: str) -> dict[str, Any]:
    """The TOML from its first assignment on; what stands before is prose."""
    start = next((number for number, line in enumerate(lines) if line.startswith(("checked", "["))), len(lines))
    try:
        head = tomllib.loads("\n".join(lines[start:]))
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{where}: its head is not TOML behind '#' ({error}); mend that line") from error
    checked = head.get("checked", date.today())  # noqa: DTZ011 - a day, wherever the user is
    if not isinstance(checked, date):
        raise CatalogueError(f"{where}: checked is {checked!r}; write it as 2026-09-01, without quotes")
    own = {OWN: {"title": f"your own {Path(where).name}", "url": where, "licence": "yours"}}
    return {
        "checked": checked,
        "sources": {key: TableSource(key=key, **facts) for key, facts in (own | head.get("sources", {})).items()},
    }


def _row(cells: dict[str, str], head: dict[str, Any], where: str) -> Row:
    key = (cells.get("source") or OWN).strip()
    if None in cells or key not in head["sources"]:
        why = (
            "has more cells than there are columns" if None in cells else f"has a source {key!r} that the head does not explain"
        )
        raise CatalogueError(f"{where}: {why}; mend that line")
    return Row(cells=cells, source=head["sources"][key], sources=head["sources"], checked=head["checked"], where=where)
