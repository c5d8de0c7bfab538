"""Write a file whole or not at all, and add rows to a table that others may be adding to."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from greenwright.errors import BadInputError


def replace_file(path: Path, content: bytes) -> None:
    """Put ``content`` in place of whatever the file held, in one step.

    Raises:
        BadInputError: it cannot be written.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise BadInputError(f"{path} cannot be written: {error.strerror}; name a file in a folder that can be") from error


def add_rows(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows to a CSV file, its head first where it is new. Rows of several writers do not mix: each call is one write.

    Raises:
        BadInputError: it cannot be written, or it is a table of other columns.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            file.seek(0)
            known = next(csv.reader([file.readline().decode("utf-8", "replace")]), [])
            if not known:
                writer.writeheader()
            elif known != list(columns):
                raise BadInputError(f"{path} has other columns ({', '.join(known[:4])} …); name a new file")
            writer.writerows(rows)
            file.write(text.getvalue().encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise BadInputError(f"{path} cannot be written: {error.strerror}; name a file in a folder that can be") from error
