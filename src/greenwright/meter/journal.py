"""Keep finished windows in a file that survives a crash: one JSON line each, on disk before the next begins."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from greenwright.errors import BadInputError
from greenwright.records import Window

if TYPE_CHECKING:
    from pathlib import Path


def append(path: Path, window: Window) -> None:
    """Write one window at the end, and wait until the disk has it. A torn last line is closed off first."""
    import msgspec

    path.parent.mkdir(parents=True, exist_ok=True)
    line = msgspec.json.encode(window) + b"\n"
    with path.open("ab+", buffering=0) as file:
        if file.tell() and _last_byte(file.fileno(), file.tell()) != b"\n":
            line = b"\n" + line
        file.write(line)
        os.fsync(file.fileno())


def _last_byte(descriptor: int, size_bytes: int) -> bytes:
    return os.pread(descriptor, 1, size_bytes - 1)


def read_journal(path: Path) -> list[Window]:
    """Every window that was written whole, in order; lines a crash tore off are left out.

    Raises:
        BadInputError: no such file, or a line that is whole and not a window.
    """
    import msgspec

    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise BadInputError(f"the journal {path} cannot be read: {error}") from error
    windows = []
    for number, line in enumerate(lines, start=1):
        try:
            windows.append(msgspec.json.decode(line, type=Window))
        except msgspec.DecodeError as error:
            if not _torn(error):
                raise BadInputError(f"{path}, line {number} is no window ({error}); remove that line") from error
    return windows


def _torn(error: Exception) -> bool:
    # A record cut off anywhere is JSON that ends too early; msgspec has no class of its own for that.
    return str(error).startswith("Input data was truncated")
