"""What a sink is: a module with ``META`` and ``write``, which takes a run to where people look at such things.

``write(run, target)`` may be called again with the same run, grown: it then replaces what it wrote, where that can be. A sink that
must stay open while something is measured has ``follow(target)`` besides, a context manager that gives a function of a run. A sink
takes records as they are: it knows no counter, and computes neither carbon nor water.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from greenwright.records.runs import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """What is true of a sink before it is used."""

    id: str
    title: str
    target: str
    """What stands after the colon of ``--to id:target``."""
    example: str
    source: str
    extra: str = ""
    """Of greenwright, where it needs more than the base install."""
    live: bool = False
    """Also written to while something is measured, at every look; then it has ``follow``."""


class Sink(Protocol):
    """A module that writes runs."""

    META: Meta

    def write(self, run: Run, target: str) -> None:
        """Write a run.

        Raises:
            BadInputError: a target that cannot be written to.
        """


class LiveSink(Sink, Protocol):
    """One that is written to while something is measured."""

    def follow(self, target: str) -> AbstractContextManager[Callable[[Run], None]]:
        """Stay open; each call of what this gives shows the run as it is by then."""
