"""Write a file or a folder whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from greenwright.errors import BadInputError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Where to write; the file takes its name when the block ends well.

    Raises:
        BadInputError: the path cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield unfinished
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise BadInputError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            unfinished.unlink()


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A new folder to write to; it takes its name when the block ends well.

    Raises:
        BadInputError: there is something of that name already, or it cannot be written.
    """
    if path.exists():
        raise BadInputError(f"{path} is there already; name a new folder, or remove it first")
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        yield unfinished
        unfinished.rename(path)
    except OSError as error:
        raise BadInputError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
