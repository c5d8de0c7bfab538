"""Write a meter's windows to a journal while they are open, so that a crash loses at most the time since the last look."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from typing import TypeAlias

from greenwright.errors import BadInputError, CannotHereError
from greenwright.meter import clock, journal
from greenwright.meter.journal import Journal
from greenwright.meter.nodes import is_own, run_id
from greenwright.meter.sensors import Source
from greenwright.meter.ticking import Ticking
from greenwright.records.energy import Window
from greenwright.records.runs import Place

SYNC_LOOKS = 10
"""Every so many looks are waited for until the disk has them, which costs more CPU time than the looks. A kill loses none of
those in between; a machine that loses power does."""


SoFar: TypeAlias = tuple[float, dict[str, tuple[float, float, float]]]
"""What an open window holds by now: CPU seconds, and value, low and high of each counter."""


@dataclass(kw_only=True)
class Recorder:
    """Keeps one meter's journal. A thread runs while a window is open, and none where no interval is given."""

    path: Path
    name: str
    place: Place
    sources: Sequence[Source]
    interval_s: float | None = 1.0
    command: tuple[str, ...] = ()
    after_look: Callable[[], None] | None = None
    """Called by the thread after each look: where a live display is refreshed."""
    id: str = ""
    _journal: Journal = field(init=False)
    _open: dict[int, Callable[[], SoFar]] = field(default_factory=dict)
    _last_number: int = 0
    _look_count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ticking: Ticking | None = None
    _ended: bool = False

    def __post_init__(self) -> None:
        """Begin the journal, and load what writes it, before the first window: whoever is measured must not wait for that."""
        self._journal = Journal(self.path)
        self._begin()

    def opened(self, window_name: str, so_far: Callable[[], SoFar], at_s: float) -> int:
        """Follow a window that opened; the number it goes by."""
        with self._lock:
            self._last_number += 1
            number = self._last_number
            line = journal.OpenedLine(number=number, name=window_name, started_at=_now(), at_s=at_s)
            self._journal.write(journal.Line(opened=line), durable=False)  # the work that begins must not wait
            self._open[number] = so_far
            if len(self._open) == 1 and self.interval_s is not None:
                self._ticking = Ticking("greenwright-journal", repeat(self.interval_s), self._tick)
        return number

    def closed(self, number: int, window: Window, at_s: float) -> None:
        """Keep a window that ended; the thread ends with the last that is open."""
        with self._lock:
            self._open.pop(number, None)
            if not self._open and self._ticking is not None:
                self._ticking.stop()
            line = journal.Line(window=window, number=number, ended_s=at_s)
            waits = not self._open or self.interval_s is None  # within others the next look sees to it, and nothing is held up
            self._journal.write(line, durable=waits)

    def end(self, exit_code: int | None = None) -> None:
        """Say that the run ended as it should. More than once does no harm."""
        with self._lock:
            if not self._ended:
                self._ended = True
                self._journal.write(journal.Line(end=journal.EndLine(exit_code=exit_code)))

    def look(self) -> None:
        """Write what every open window holds by now. A window that cannot be read now is left for the next look."""
        with self._lock:
            looks = tuple(line for number, so_far in self._open.items() if (line := _look(number, so_far)))
            if looks:
                self._look_count += 1
                durable = self._look_count % SYNC_LOOKS == 0
                self._journal.write(journal.Line(looks=looks), durable=durable)

    def _begin(self) -> None:
        started_at = _now()
        self.id = run_id(self.place, started_at)
        line = journal.RunLine(
            id=self.id,
            name=self.name,
            place=self.place,
            started_at=started_at,
            counters=tuple(_counter_line(source) for source in self.sources),
            command=self.command,
            interval_s=self.interval_s,
        )
        self._journal.write(journal.Line(run=line), durable=False)

    def _tick(self) -> None:
        with suppress(BadInputError, CannotHereError):  # no space left, a sink that went away: measuring goes on
            self.look()
            if self.after_look is not None:
                self.after_look()


def _look(number: int, so_far: Callable[[], SoFar]) -> journal.LookLine | None:
    try:
        cpu_s, parts_j = so_far()
    except (CannotHereError, BadInputError):
        return None
    if not parts_j:
        return None
    return journal.LookLine(number=number, at_s=clock.now_s(), cpu_s=cpu_s, parts_j=parts_j)


def _counter_line(source: Source) -> journal.CounterLine:
    counter = source.counter
    return journal.CounterLine(
        counter=counter.id,
        covers=counter.covers,
        grade=source.grade,
        source=counter.source or counter.id,
        component=counter.component,
        own=is_own(source),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
