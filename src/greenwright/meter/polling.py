"""Look at counters from time to time while a window is open: for power, for wraps, and to bound what a failed look costs."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, TypeVar

from greenwright.errors import CannotHereError
from greenwright.meter import clock, tally
from greenwright.meter.tally import Tally
from greenwright.meter.ticking import Ticking
from greenwright.meter.window import poll_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from greenwright.meter.sensors import Source
    from greenwright.records.energy import Reading

_GOLDEN_SHARE = 0.618033988749895
Told = TypeVar("Told")


@dataclass(slots=True, kw_only=True, eq=False)
class Followed:
    """A window that is open: what its counters came to so far, by the counter's id."""

    started_at: str = ""
    cpu_s: float = 0.0
    at_s: float = 0.0
    tallies: dict[str, Tally] = field(default_factory=dict)


class Poller:
    """Follows open windows with some counters. A thread runs while any is open, if the counters need it.

    Slow probes have threads of their own, so that they do not hold up the others.

    Args:
        sources: The counters.
        asked_s: How often somebody else asks for ``so_far``, while a window is open. Where that is often enough, no thread
            need look besides.
    """

    def __init__(self, sources: Sequence[Source], asked_s: float | None = None) -> None:
        self.sources = tuple(sources)
        self.wait_s = _wait_s(self.sources)
        """How long from look to look; None where looks at the ends of a window suffice, or others see to it."""
        self._open: list[Followed] = []
        self._latest: dict[str, Reading] = {}
        self._lock = threading.Lock()
        self._ticking: Ticking | None = None
        self._samples = any(source.counter.sample_s is not None for source in self.sources)
        self._looked_s = -math.inf
        is_slow = any(source.meta.slow for source in self.sources)
        if asked_s is not None and self.wait_s is not None and asked_s <= self.wait_s and not (is_slow or self._samples):
            self.wait_s = None

    def follow(self, one: Followed) -> None:
        """Take the first look into ``one``, and keep adding to it until ``leave``."""
        readings = self._edge()
        with self._lock:
            one.tallies |= {source.counter.id: Tally() for source in self.sources}
            self._add(one, readings)
            self._open.append(one)
            if self.wait_s is not None and len(self._open) == 1:
                self._ticking = Ticking("greenwright-meter", _waits_s(self.wait_s), self._tick)

    def leave(self, one: Followed) -> None:
        """Take the last look into ``one``, and add no more; the thread ends with the last open window."""
        readings = self._edge()
        with self._lock:
            if one in self._open:
                self._add(one, readings)
                self._open.remove(one)
            if not self._open and self._ticking is not None:
                self._ticking.stop()

    def look(self) -> None:
        """Read every source into every open window."""
        readings = self._read()
        with self._lock:
            for one in self._open:
                self._add(one, readings)

    def so_far(self, one: Followed, of: Callable[[Source, Tally], Told]) -> dict[str, Told]:
        """What ``of`` makes of every source and what it came to by now, with a look of its own; by the counter's id."""
        readings = self._edge()
        with self._lock:
            for each in self._open:  # a look serves every window, and the thread need not take it again
                self._add(each, readings)
            self._looked_s = clock.now_s()
            return {source.counter.id: of(source, one.tallies[source.counter.id]) for source in self.sources}

    def _tick(self) -> None:
        if self._samples or self.wait_s is None or clock.now_s() - self._looked_s >= self.wait_s:
            self.look()

    def _edge(self) -> dict[str, Reading | None]:
        """A look for the end of a window: a new one, or for slow probes the last one, at today's instant, if it is fresh."""
        now_s = clock.now_s()
        if self.sources and self.sources[0].meta.slow and self.wait_s is not None:
            fresh = {key: one for key, one in self._latest.items() if now_s - one.at_s <= 2 * self.wait_s}
            if len(fresh) == len(self.sources):
                return {key: _at(one, now_s) for key, one in fresh.items()}
        return self._read()

    def _read(self) -> dict[str, Reading | None]:
        """A reading per source; None where a look failed: the next one makes up for it, or the window says so."""
        readings: dict[str, Reading | None] = {}
        for source in self.sources:
            try:
                readings[source.counter.id] = self._latest[source.counter.id] = source.read()
            except CannotHereError:
                readings[source.counter.id] = None
        return readings

    def _add(self, one: Followed, readings: dict[str, Reading | None]) -> None:
        for source in self.sources:
            counter = source.counter
            reading = readings[counter.id]
            if reading is None:
                tally.failed(one.tallies[counter.id])
            else:
                tally.follow(one.tallies[counter.id], reading, counter)


def pollers(sources: Sequence[Source], asked_s: float | None = None) -> list[Poller]:
    """One for all counters that are looked at equally often; slow probes have one each."""
    groups: dict[tuple[str, float | None], list[Source]] = {}
    for source in sources:
        rests = source.counter.sample_s is None and source.meta.fallback
        often_s = None if rests else source.counter.sample_s or tally.LOOK_S
        groups.setdefault((source.meta.id if source.meta.slow else "", often_s), []).append(source)
    return [Poller(group, asked_s) for group in groups.values()]


def _at(reading: Reading, now_s: float) -> Reading:
    return replace(reading, at_s=now_s)


def _waits_s(wait_s: float) -> Iterator[float]:
    """They differ from one another, or power that swings in step with them would always be met at the same phase."""
    for step in count():
        yield wait_s * (0.75 + 0.5 * (step * _GOLDEN_SHARE % 1))


def _wait_s(sources: Sequence[Source]) -> float | None:
    asked_s = [source.counter.sample_s for source in sources if source.counter.sample_s is not None]
    if any(source.counter.sample_s is None and not source.meta.fallback for source in sources):
        asked_s.append(tally.LOOK_S)
    if (wrap_s := poll_s(_wrap_j(source) for source in sources if source.counter.sample_s is None)) is not None:
        asked_s.append(wrap_s)
    return min(asked_s, default=None)


def _wrap_j(source: Source) -> float | None:
    try:
        return source.read().wrap_j
    except CannotHereError:
        return None
