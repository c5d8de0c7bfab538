"""What a source of intensities is: a module with ``META`` and ``fetch``.

``fetch(ask, reach)`` asks once, for one zone and one stretch of time, and returns an ``Intensity`` in g CO2e per kWh at UTC. It
opens no connection of its own: ``reach.get`` does, or a test in its place. What does not answer, or not sensibly, is a ``SourceError``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol

from greenwright.errors import BadInputError, CannotHereError
from greenwright.records.grid import Boundary, Intensity, Signal


class SourceError(CannotHereError):
    """A source did not answer, or not sensibly; the text says which, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """What is true of a source before it is asked."""

    id: str
    title: str
    signals: tuple[Signal, ...]
    boundaries: tuple[Boundary, ...]
    history: bool
    """Whether it knows what was."""
    forecast: bool
    """Whether it says what will be."""
    zones: str
    """For people: where."""
    only: tuple[str, ...] = ()
    """Patterns of the zones it knows, such as "US-*"; empty where only asking tells."""
    needs: tuple[str, ...] = ()
    """Environment variables: keys, a path, an address."""
    clock: str
    """How it labels time, and what is done about that."""
    licence: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question: a zone, a stretch of time, and which number."""

    zone: str
    """As Electricity Maps spells it; WattTime and carbon-aware-sdk take their own names, too."""
    start_s: float
    end_s: float
    """Seconds since 1970, UTC."""
    forecast: bool = False
    signal: Signal = Signal.AVERAGE
    boundary: Boundary = Boundary.LIFE_CYCLE

    def __post_init__(self) -> None:
        """Refuse a stretch without an hour in it.

        Raises:
            BadInputError: it ends before it begins.
        """
        if self.end_s <= self.start_s:
            raise BadInputError(f"the stretch ends at {self.end_s:.0f} s, before it begins at {self.start_s:.0f} s; swap them")


Get = Callable[[str, Mapping[str, str], Mapping[str, str]], bytes]
"""Address, query and headers in, the body out; a ``SourceError`` for whatever is not an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a source is given to work with."""

    get: Get
    settings: Mapping[str, str]
    """The environment: keys, paths, addresses."""
    now_s: float

    def setting(self, name: str) -> str:
        """A setting that the source cannot do without.

        Raises:
            SourceError: it is not set.
        """
        value = self.settings.get(name, "").strip()
        if not value:
            raise SourceError(f"{name} is not set; set it to use this source")
        return value


def refusal(ask: Ask, meta: Meta) -> str:
    """Why the source cannot know the answer, before anybody asks it; "" where it may."""
    if ask.signal not in meta.signals or ask.boundary not in meta.boundaries:
        known = " and ".join(f"{signal}, {boundary}" for signal in meta.signals for boundary in meta.boundaries)
        return f"{meta.title} knows {known} intensities only, nothing {ask.signal} and {ask.boundary}"
    if not (meta.forecast if ask.forecast else meta.history):
        return f"{meta.title} knows what was, no forecast" if ask.forecast else f"{meta.title} knows what will be, no history"
    if meta.only and not any(fnmatchcase(ask.zone.upper(), pattern) for pattern in meta.only):
        return f"{meta.title} knows {meta.zones} only, not {ask.zone}"
    return ""


def refuse_others(ask: Ask, meta: Meta) -> None:
    """What every source does first.

    Raises:
        SourceError: it cannot know the answer, whoever asks.
    """
    if why := refusal(ask, meta):
        raise SourceError(why)


class Source(Protocol):
    """A module that knows intensities."""

    META: Meta

    def fetch(self, ask: Ask, reach: Reach) -> Intensity:
        """Ask once.

        Raises:
            SourceError: no answer, or none that can be used.
        """
