"""Files: small ones of the kernel's that are read again and again, whole ones put in place at once, tables that others add to."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from greenwright.errors import BadInputError


class KeptOpen:
    """A small file of the kernel's, kept open: to open it anew would be most of what a look costs. It is closed when forgotten.

    A file that can no longer be read is opened anew at the next look: a driver may have been loaded again.
    """

    __slots__ = ("_file", "_lock", "path")

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = -1
        self._lock = threading.Lock()

    def __str__(self) -> str:
        return str(self.path)

    def __del__(self) -> None:
        self.close()

    def integer(self) -> int:
        """The number that it shows now.

        Raises:
            OSError: it cannot be read.
            ValueError: it shows no number.
        """
        with self._lock:  # or one thread might close what another is reading
            if self._file < 0:
                self._file = os.open(self.path, os.O_RDONLY)
            try:
                return int(os.pread(self._file, 64, 0))
            except OSError:
                self.close()
                raise

    def close(self) -> None:
        """Let go of the file."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


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
    import csv  # only for tables
    import io

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
