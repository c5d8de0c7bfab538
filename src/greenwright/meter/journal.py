"""Keep what was measured in a file that survives a crash: one JSON line each, on disk before the next begins.

A journal holds one run after another. Each begins with a line that says who measures with which counters; then a line for every
window that opens, one for every look at the open windows, one for every window that ended, and one for the end of the run.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from greenwright.errors import BadInputError
from greenwright.records.energy import Window
from greenwright.records.quantities import Grade
from greenwright.records.runs import Place

if TYPE_CHECKING:
    from pathlib import Path


_CANCEL = b"\x18\n"
"""ASCII CAN, "disregard the preceding data": closes off a line that a crash tore. JSON holds it only escaped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterLine:
    """What is true of one counter throughout a run, so that looks need hold only numbers."""

    counter: str
    covers: str
    grade: Grade
    source: str
    component: str = ""
    own: bool = False
    """It sees the process that measures, or its command, alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A run begins."""

    id: str
    name: str
    place: Place
    started_at: str
    counters: tuple[CounterLine, ...]
    command: tuple[str, ...] = ()
    interval_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedLine:
    """A window opens."""

    number: int
    name: str
    started_at: str
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LookLine:
    """What one open window holds so far: value, low and high of each counter."""

    number: int
    at_s: float
    cpu_s: float
    parts_j: dict[str, tuple[float, float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndLine:
    """A run ended."""

    exit_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a journal: exactly one of these. A window's line may say which number it opened under, and when it ended."""

    run: RunLine | None = None
    opened: OpenedLine | None = None
    looks: tuple[LookLine, ...] = ()
    window: Window | None = None
    number: int | None = None
    ended_s: float | None = None
    end: EndLine | None = None


class Journal:
    """A file that lines are written to, kept open between those that need not be waited for.

    Raises:
        BadInputError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        import msgspec

        self.path = path
        self._encode = msgspec.json.Encoder().encode
        self._file: int | None = None
        self._size_bytes = -1

    def write(self, line: Line, *, durable: bool = True) -> None:
        """Write one line at the end. A torn last line is closed off first.

        ``durable`` waits until the disk has it, and whatever was written before. Without, it outlives this process all the
        same, and is lost only where the machine loses power. A durable line closes the file: should somebody move it away,
        the next line begins a new one.
        """
        whole = {name: value for name in Line.__slots__ if (value := getattr(line, name)) is not None and value != ()}
        content = self._encode(whole) + b"\n"
        try:
            file = self._opened()
            size_bytes = os.lseek(file, 0, os.SEEK_END)
            if size_bytes not in (0, self._size_bytes) and os.pread(file, 1, size_bytes - 1) != b"\n":
                content = _CANCEL + content
            self._size_bytes = size_bytes + len(content)
            _write_all(file, content)
            if durable:
                os.fdatasync(file)
                self.close()
        except OSError as error:
            self.close()
            raise BadInputError(
                f"the journal {self.path} cannot be written: {error.strerror}; name a folder that can be"
            ) from error

    def close(self) -> None:
        """Let go of the file. More than once does no harm."""
        if self._file is not None:
            os.close(self._file)
        self._file, self._size_bytes = None, -1

    def _opened(self) -> int:
        if self._file is None:
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
            try:
                self._file = os.open(self.path, flags, 0o644)
            except FileNotFoundError:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = os.open(self.path, flags, 0o644)
        return self._file


def _write_all(file: int, content: bytes) -> None:
    """A disk that is nearly full takes a part, and refuses the rest."""
    while content:
        content = content[os.write(file, content) :]


def append(path: Path, window: Window) -> None:
    """Write one window at the end, and wait until the disk has it. A torn last line is closed off first."""
    append_line(path, Line(window=window))


def append_line(path: Path, line: Line) -> None:
    """Write one line at the end, and wait until the disk has it. A torn last line is closed off first.

    Raises:
        BadInputError: the file cannot be written.
    """
    Journal(path).write(line)


def read_journal(path: Path) -> list[Window]:
    """Every window that ended and was written whole, in order; lines that a crash tore are left out.

    Raises:
        BadInputError: no such file, or a line that is whole and not one of a journal.
    """
    return [line.window for line in read_lines(path) if line.window is not None]


def read_lines(path: Path) -> list[Line]:
    """Every whole line, in order.

    Raises:
        BadInputError: no such file, or a line that is whole and not one of a journal.
    """
    import msgspec

    try:
        raw_lines = path.read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise BadInputError(f"the journal {path} cannot be read: {error}") from error
    decoder = msgspec.json.Decoder(Line)
    lines = []
    for number, raw in enumerate(raw_lines, start=1):
        if raw.endswith(_CANCEL) or not raw.endswith(b"\n"):
            continue
        try:
            line = decoder.decode(raw)
        except msgspec.DecodeError as error:
            raise BadInputError(f"{path}, line {number} is no window ({error}); remove that line") from error
        if line == Line():
            raise BadInputError(f"{path}, line {number} is no window, nor any other line of a journal; remove that line")
        lines.append(line)
    return lines
