"""Keep finished windows in a file that survives a crash: one JSON line each, on disk before the next begins."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from greenwright.errors import BadInputError
from greenwright.records import Window

if TYPE_CHECKING:
    from pathlib import Path


_CANCEL = b"\x18\n"
"""ASCII CAN, "disregard the preceding data": closes off a line that a crash tore. JSON holds it only escaped."""


def append(path: Path, window: Window) -> None:
    """Write one window at the end, and wait until the disk has it. A torn last line is closed off first."""
    import msgspec

    path.parent.mkdir(parents=True, exist_ok=True)
    line = msgspec.json.encode(window) + b"\n"
    with path.open("ab+", buffering=0) as file:
        size_bytes = file.tell()
        if size_bytes and os.pread(file.fileno(), 1, size_bytes - 1) != b"\n":
            line = _CANCEL + line
        file.write(line)
        os.fsync(file.fileno())


def read_journal(path: Path) -> list[Window]:
    """Every window that was written whole, in order; lines that a crash tore are left out.

    Raises:
        BadInputError: no such file, or a line that is whole and not a window.
    """
    import msgspec

    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise BadInputError(f"the journal {path} cannot be read: {error}") from error
    windows = []
    for number, line in enumerate(lines, start=1):
        if line.endswith(_CANCEL) or not line.endswith(b"\n"):
            continue
        try:
            windows.append(msgspec.json.decode(line, type=Window))
        except msgspec.DecodeError as error:
            raise BadInputError(f"{path}, line {number} is no window ({error}); remove that line") from error
    return windows
