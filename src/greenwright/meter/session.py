"""Measure the energy of a block of code: open the probes of this machine, look before and after, close the window."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from greenwright.errors import BadInputError, CannotHereError
from greenwright.meter import clock, journal
from greenwright.meter import window as arithmetic
from greenwright.meter.sensors import Source, choose, sensors
from greenwright.records import Reading, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from greenwright.meter.contract import Probe


class Meter:
    """Measures windows of work with the counters this machine has.

    As a context manager it measures its whole block, in ``result``; parts of it are measured by ``window``::

        with Meter(name="job") as meter:
            with meter.window("train") as train:
                fit(model)
        print(train.result.energy_j, meter.result.energy_j)

    Hardware counters see the whole machine: their windows hold what neighbours and idling used, too. The CPU-time model
    sees this process and its ended children alone.

    Args:
        name: What the window of the whole block is called; "total" if empty.
        probes: Probes to use in place of the built-in and installed ones.
        root: Where the files of the machine are, for a container that sees its host's under another folder.
        journal: A file to which every finished window is appended, safe from a crash.
        sync: Called before each look, so that work still under way is counted: ``torch.cuda.synchronize``.

    Raises:
        CannotHereError: no probe found a counter.
    """

    def __init__(
        self,
        *,
        name: str = "",
        probes: Sequence[Probe] | None = None,
        root: Path = Path("/"),
        journal: Path | None = None,
        sync: Callable[[], None] | None = None,
    ) -> None:
        found, missing = sensors(Path(root), probes)
        self.sources: tuple[Source, ...] = tuple(choose(found))
        """The counters in use."""
        if not self.sources:
            reasons = "; ".join(f"{one.what}: {one.why}" for one in missing) or "no probe was given"
            raise CannotHereError(f"nothing here can be measured ({reasons}); see `greenwright doctor`")
        self.name = name or "total"
        self.min_window_s = arithmetic.min_window_s(source.meta.update_s for source in self.sources)
        """Windows shorter than this are marked ``too_short``."""
        self._journal = journal
        self._sync = sync
        self._finished: list[Window] = []
        self._whole: OpenWindow | None = None
        self._poller = _Poller(self.sources)

    @property
    def windows(self) -> tuple[Window, ...]:
        """The finished windows, in the order they ended."""
        return tuple(self._finished)

    @property
    def result(self) -> Window:
        """The window of the whole ``with`` block, once that has ended."""
        if self._whole is None:
            raise BadInputError("this meter was not used as a context manager; read the result of its windows")
        return self._whole.result

    def window(self, name: str) -> OpenWindow:
        """A window to be opened by ``with``; its ``result`` is there when the block has ended, also by an exception."""
        return OpenWindow(self, name)

    def __enter__(self) -> Self:
        self._whole = self.window(self.name)
        self._whole.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._whole is not None
        self._whole.__exit__(kind, error, trace)

    def _start(self) -> _Start:
        if self._sync:
            self._sync()
        start = _Start(
            started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            readings=[[source.read()] for source in self.sources],
            cpu_s=clock.cpu_s(),
            at_s=clock.now_s(),
        )
        self._poller.follow(start)
        return start

    def _finish(self, name: str, start: _Start) -> Window:
        try:
            if self._sync:
                self._sync()
            at_s, cpu_s = clock.now_s(), clock.cpu_s()
        finally:
            self._poller.leave(start)
        parts = tuple(
            arithmetic.part(source.counter, [*readings, source.read()], source.grade)
            for source, readings in zip(self.sources, start.readings, strict=True)
        )
        finished = Window(
            name=name,
            started_at=start.started_at,
            duration_s=at_s - start.at_s,
            cpu_s=cpu_s - start.cpu_s,
            energy_j=arithmetic.total(part.energy_j for part in parts),
            parts=parts,
            too_short=at_s - start.at_s < self.min_window_s,
        )
        self._finished.append(finished)
        if self._journal:
            journal.append(self._journal, finished)
        return finished


class OpenWindow:
    """A window of a meter, from ``with`` to the end of its block. May be entered once."""

    def __init__(self, meter: Meter, name: str) -> None:
        self.name = name
        self._meter = meter
        self._start: _Start | None = None
        self._result: Window | None = None

    @property
    def result(self) -> Window:
        """What was measured.

        Raises:
            BadInputError: the block has not ended.
        """
        if self._result is None:
            raise BadInputError(f"the window {self.name!r} has not ended; read its result after the with block")
        return self._result

    def __enter__(self) -> Self:
        if self._start is not None:
            raise BadInputError(f"the window {self.name!r} was already opened; take a new one from the meter")
        self._start = self._meter._start()  # noqa: SLF001 - one class in two halves
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._start is not None
        self._result = self._meter._finish(self.name, self._start)  # noqa: SLF001 - one class in two halves


@dataclass(slots=True, kw_only=True, eq=False)
class _Start:
    """Where a window began, and what was read since; one list of readings per source."""

    started_at: str
    cpu_s: float
    at_s: float
    readings: list[list[Reading]] = field(default_factory=list)


class _Poller:
    """Looks from time to time while a window is open, so that no counter wraps twice unseen. No thread if none wraps."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._wait_s = arithmetic.poll_s(source.read().wrap_j for source in sources)
        self._open: list[_Start] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def follow(self, start: _Start) -> None:
        """Keep adding readings to ``start`` until ``leave``."""
        if self._wait_s is None:
            return
        with self._lock:
            self._open.append(start)
            if len(self._open) == 1:
                self._stop = threading.Event()
                threading.Thread(
                    target=self._run, args=(self._wait_s, self._stop), name="greenwright-meter", daemon=True
                ).start()

    def leave(self, start: _Start) -> None:
        """Add no more to ``start``; the thread ends with the last open window."""
        with self._lock:
            if start in self._open:
                self._open.remove(start)
            if not self._open:
                self._stop.set()

    def _run(self, wait_s: float, stop: threading.Event) -> None:
        while not stop.wait(wait_s):
            self.look()

    def look(self) -> None:
        """Read every source into every open window. A look that fails is left out: the next one covers it."""
        with self._lock:
            try:
                readings = [source.read() for source in self._sources]
            except CannotHereError:
                return
            for start in self._open:
                for known, reading in zip(start.readings, readings, strict=True):
                    known.append(reading)
