"""Put a text into a file, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from greenwright.errors import CannotHereError


def write_text(path: Path, text: str) -> None:
    """Write beside the file, then take its place.

    Raises:
        CannotHereError: the folder is not there, or cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise CannotHereError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)
