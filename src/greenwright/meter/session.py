"""Measure the energy of a block of code: open the probes of this machine, look before and after, close the window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from greenwright.errors import BadInputError, CannotHereError
from greenwright.meter import baseline, clock
from greenwright.meter import window as arithmetic
from greenwright.meter.nodes import ELSEWHERE, Seat, once_per_machine, place, run_id
from greenwright.meter.polling import Followed, Poller, pollers
from greenwright.meter.sensors import Source, choose, choose_within, sensors
from greenwright.records.energy import Part, Window
from greenwright.records.quantities import Grade
from greenwright.records.runs import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from greenwright.meter.contract import Probe
    from greenwright.meter.recorder import Recorder, SoFar
    from greenwright.meter.tally import Tally
    from greenwright.meter.window import Held


class Meter:
    """Measures windows of work with the counters this machine has.

    As a context manager it measures its whole block, in ``result``; parts of it are measured by ``window``::

        with Meter(name="job") as meter:
            with meter.window("train") as train:
                fit(model)
        print(train.result.energy_j, meter.result.energy_j)

    Hardware counters see the whole machine: their windows hold what neighbours and idling used, too. The CPU-time model
    sees this process and its ended children alone.

    Measuring does not break what is measured: a look that fails, a counter that is reset, a gap between looks are made up
    for as well as can be, and named in the window's ``problems``.

    Args:
        name: What the window of the whole block is called; "total" if empty.
        probes: Probes to use in place of the built-in and installed ones.
        root: Where the files of the machine are, for a container that sees its host's under another folder.
        journal: A file to which every finished window is appended, safe from a crash.
        sync: Called before each look, so that work still under way is counted: ``torch.cuda.synchronize``.
        cpu_s: The CPU time that windows report; that of this process and its ended children if None.
        devices_only: Use the counters of CPUs, memory and GPUs even where a meter of the whole node is set up: they are
            faster, and so resolve shorter windows.
        command: What is measured, for the journal, where it is another program.
        interval_s: How often open windows are written to the journal, so that a kill loses no more; None: only when they end.

    Raises:
        CannotHereError: no probe found a counter.
    """

    def __init__(  # noqa: PLR0913 - what may be said of a meter, all by keyword
        self,
        *,
        name: str = "",
        probes: Sequence[Probe] | None = None,
        root: Path = Path("/"),
        journal: Path | None = None,
        sync: Callable[[], None] | None = None,
        interval_s: float | None = 1.0,
        cpu_s: Callable[[], float] | None = None,
        command: tuple[str, ...] = (),
        devices_only: bool = False,
    ) -> None:
        found, missing = sensors(Path(root), probes)
        used = choose(found, devices_only=devices_only)
        self.sources: tuple[Source, ...] = tuple(used)
        """The counters in use: windows are their sum."""
        if not self.sources:
            reasons = "; ".join(f"{one.what}: {one.why}" for one in missing if one.applies) or "no probe was given"
            raise CannotHereError(f"nothing here can be measured ({reasons}); see `greenwright doctor`")
        self.facts = baseline.load(Path(root))
        """What is kept about this machine: its idle power, and what the rest of its node adds."""
        self.name = name or "total"
        self.min_window_s = arithmetic.min_window_s(source.meta.update_s for source in self.sources)
        """Windows shorter than this are marked ``too_short``."""
        self.place = place()
        """This process, and its rank in a job of many."""
        self._command = command
        self._opened: list[OpenWindow] = []
        self._seat = Seat(self.place)
        self.sources = once_per_machine(self.sources, self._seat)
        self.inner = once_per_machine(choose_within(found, used), self._seat)
        """Counters of what those in use already hold."""
        self.recorder: Recorder | None = None
        """Keeps the journal."""
        if journal is not None:
            from greenwright.meter.recorder import Recorder  # nobody else needs it

            self.recorder = Recorder(
                path=journal,
                name=self.name,
                place=self.place,
                sources=self.sources,
                interval_s=interval_s,
                command=command,
            )
        self._sync = sync
        self._cpu_s = cpu_s or (lambda: clock.cpu_s())  # noqa: PLW0108 - looked up when called, as tests turn the clock
        self._finished: list[Window] = []
        self._whole: OpenWindow | None = None
        self._without_idle = {
            one.counter.id for one in self.sources if one.counter.marginal or one.counter.id.startswith(ELSEWHERE)
        }
        self._counted = {one.counter.id for one in self.sources}
        asked_s = None if self.recorder is None else interval_s  # every line of the journal takes a look
        self.pollers: tuple[Poller, ...] = tuple(pollers([*self.sources, *self.inner], asked_s))
        """What looks at the counters while a window is open."""

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

    def look(self) -> None:
        """Look at every counter now, into every open window, beside the looks that are taken by themselves."""
        for poller in self.pollers:
            poller.look()

    def __enter__(self) -> Self:
        self._whole = self.window(self.name)
        self._whole.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._whole is not None
        self._whole.__exit__(kind, error, trace)
        self.end()

    def end(self, exit_code: int | None = None) -> None:
        """Say in the journal that nothing follows, and let another process read the counters. More than once does no harm."""
        if self.recorder is not None:
            self.recorder.end(exit_code)
        self._seat.leave()

    def run(self, exit_code: int | None = None) -> Run:
        """What was measured until now, as a record to be kept or sent on; windows that are open hold what they hold so far."""
        cut = [opened.so_far() for opened in reversed(self._opened)]
        windows = (*self._finished, *cut)
        started_at = min((one.started_at for one in windows), default=clock.utc_now().isoformat(timespec="milliseconds"))
        return Run(
            id=run_id(self.place, started_at),
            name=self.name,
            place=self.place,
            started_at=started_at,
            windows=windows,
            command=self._command,
            exit_code=exit_code,
            finished=not cut,
        )

    def open(self, name: str) -> OpenWindow:
        """A window that is open already, for code whose beginning and end are not one block; ``close`` ends it."""
        opened = self.window(name)
        opened.__enter__()
        return opened

    def measured(self, work: Any) -> Any:
        """Decorate a function: every call is a window of its name. Also for async functions and generators."""
        from greenwright.meter.decorate import measured

        return measured(self.window, work)

    def _start(self) -> Followed:
        if self._sync:
            self._sync()
        one = Followed(started_at=clock.utc_now().isoformat(timespec="milliseconds"))
        for poller in self.pollers:
            poller.follow(one)
        one.cpu_s, one.at_s = self._cpu_s(), clock.now_s()
        return one

    def _finish(self, name: str, one: Followed) -> Window:
        try:
            if self._sync:
                self._sync()
            at_s, cpu_s = clock.now_s(), self._cpu_s()
        finally:
            for poller in self.pollers:
                poller.leave(one)
        finished = self._window(name, one, one.tallies, duration_s=at_s - one.at_s, cpu_s=cpu_s - one.cpu_s)
        self._finished.append(finished)
        return finished

    def _so_far(self, name: str, one: Followed) -> Window:
        at_s, cpu_s = clock.now_s(), self._cpu_s()
        tallies = {key: tally for poller in self.pollers for key, tally in poller.so_far(one, _copy).items()}
        return self._window(name, one, tallies, duration_s=at_s - one.at_s, cpu_s=cpu_s - one.cpu_s)

    def _held(self, one: Followed) -> SoFar:
        """What the journal keeps of ``_so_far``, without the rest, which would be most of what a look costs."""
        duration_s, cpu_s = clock.now_s() - one.at_s, self._cpu_s() - one.cpu_s

        def held(source: Source, tally: Tally) -> Held | None:
            is_counted = source.counter.id in self._counted
            return arithmetic.held(source.counter, tally, duration_s) if is_counted else None

        return cpu_s, {
            key: told[:3] for poller in self.pollers for key, told in poller.so_far(one, held).items() if told is not None
        }

    def _window(self, name: str, one: Followed, tallies: dict[str, Tally], *, duration_s: float, cpu_s: float) -> Window:
        parts = _parts(self.sources, tallies, duration_s)
        if not parts:
            lost = [problem for source in self.sources for problem in _problems(source, tallies, duration_s)]
            raise CannotHereError(f"the window {name!r} could not be measured ({'; '.join(lost)}); see `greenwright doctor`")
        energy_j = arithmetic.total(part.energy_j for part in parts)
        if len(parts) < len(self.sources):
            energy_j = replace(energy_j, grade=Grade.ASSUMED)
        idle_j = baseline.idle_j(parts, duration_s, self.facts.idle, self._without_idle)
        return Window(
            name=name,
            started_at=one.started_at,
            duration_s=duration_s,
            cpu_s=cpu_s,
            energy_j=energy_j,
            parts=parts,
            too_short=duration_s < self.min_window_s,
            within=_parts(self.inner, tallies, duration_s),
            idle_j=idle_j,
            net_j=baseline.net_j(energy_j, idle_j) if idle_j else None,
            rest_j=baseline.rest_j(parts, duration_s, self.facts.rest) if self.facts.rest else None,
            problems=tuple(
                problem for source in (*self.sources, *self.inner) for problem in _problems(source, tallies, duration_s)
            ),
        )


def _copy(_source: Source, tally: Tally) -> Tally:
    """As it is now: the next look adds to it in place."""
    return replace(tally)


def _parts(sources: Sequence[Source], tallies: dict[str, Tally], duration_s: float) -> tuple[Part, ...]:
    found = [arithmetic.part(one.counter, tallies[one.counter.id], duration_s, one.grade) for one in sources]
    return tuple(part for part in found if part is not None)


def _problems(source: Source, tallies: dict[str, Tally], duration_s: float) -> list[str]:
    return arithmetic.problems(source.counter, tallies[source.counter.id], duration_s)


class OpenWindow:
    """A window of a meter, from ``with`` to the end of its block. May be entered once."""

    def __init__(self, meter: Meter, name: str) -> None:
        self.name = name
        self._meter = meter
        self._start: Followed | None = None
        self._result: Window | None = None
        self._number = 0

    @property
    def result(self) -> Window:
        """What was measured.

        Raises:
            BadInputError: the block has not ended.
        """
        if self._result is None:
            raise BadInputError(f"the window {self.name!r} has not ended; read its result after the with block")
        return self._result

    @property
    def is_open(self) -> bool:
        """Whether it was opened and not yet closed."""
        return self._start is not None and self._result is None

    def __enter__(self) -> Self:
        if self._start is not None:
            raise BadInputError(f"the window {self.name!r} was already opened; take a new one from the meter")
        self._start = self._meter._start()  # noqa: SLF001 - one class in two halves
        self._meter._opened.append(self)  # noqa: SLF001 - likewise
        if recorder := self._meter.recorder:
            self._number = recorder.opened(self.name, self._held, self._start.at_s)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> Window:
        """End the window; what was measured. More than once does no harm."""
        if self._start is None:
            raise BadInputError(f"the window {self.name!r} was not opened; nothing was measured")
        if self._result is None:
            self._result = self._meter._finish(self.name, self._start)  # noqa: SLF001 - one class in two halves
            self._meter._opened.remove(self)  # noqa: SLF001 - likewise
            if recorder := self._meter.recorder:
                recorder.closed(self._number, self._result, clock.now_s())
        return self._result

    def so_far(self) -> Window:
        """What was measured since the window was opened, while its block runs; the window itself goes on.

        Raises:
            BadInputError: the block has not begun, or has ended.
        """
        if self._start is None or self._result is not None:
            raise BadInputError(f"the window {self.name!r} is not open; ask within its block, or read its result")
        return self._meter._so_far(self.name, self._start)  # noqa: SLF001 - one class in two halves

    def _held(self) -> SoFar:
        assert self._start is not None
        return self._meter._held(self._start)  # noqa: SLF001 - likewise
