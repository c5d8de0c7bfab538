"""Print: JSON for programs, and for people a page that is coloured on a terminal and plain elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import typer

if TYPE_CHECKING:
    from rich.console import Console

_UNFOLDED = 10_000


def print_json(value: Any) -> None:
    """One record, or a list of them, as indented JSON."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def console() -> Console:
    """Standard output for people: as wide as the terminal, and elsewhere one line per row, so that it can be searched.

    Text is printed as it is: a path in square brackets is no markup.
    """
    from rich.console import Console

    given = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False, width=None if given else _UNFOLDED)


def section(page: Console, title: str, rows: Iterable[Sequence[str]]) -> None:
    """A title, and under it rows whose cells line up; the first cell says what the row is about, the last may fold."""
    from rich.padding import Padding
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0))
    lines = [tuple(row) for row in rows]
    for column in range(max(map(len, lines), default=0)):
        table.add_column(style="bold" if column == 0 else None, overflow="fold", no_wrap=column == 0)
    for line in lines:
        table.add_row(*line)
    with page.capture() as drawn:
        page.print(title, style="bold green")
        page.print(Padding(table, (0, 0, 0, 2), expand=False))
    typer.echo("\n".join([*(line.rstrip() for line in drawn.get().splitlines()), ""]))
