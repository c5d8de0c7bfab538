"""What a probe is: a module with ``META``, ``find`` and ``read``.

``find(root)`` lists the counters of this machine, and is empty where there are none; ``missing(root)`` says why, and what
mends it; ``read(counter)`` looks once, and converts to joules, to watts, or both. A probe has no thread, no state and no
arithmetic: wraps, idle and adding power up over time live in ``meter.window``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from greenwright.records.energy import Reading
    from greenwright.records.quantities import Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """What is true of a probe before it runs."""

    id: str
    title: str
    covers: str
    """Which parts of the machine a number includes."""
    leaves_out: str
    grade: Grade
    update_s: float
    """How often the counter moves; a window needs many times this."""
    source: str
    fallback: bool = False
    """Used only where no counter covers the same component."""
    slow: bool = False
    """A look takes long (a network, a process): at the ends of a window the last look serves, if it is fresh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """One counter that ``find`` found."""

    id: str
    component: str
    """"cpu", "dram", "gpu" or "node": two counters of one component on one device are never added."""
    handle: Any
    """What ``read`` needs: a path, a device handle."""
    covers: str
    low_ratio: float = 1.0
    high_ratio: float = 1.0
    """The true energy lies between these multiples of the reading; both 1 for a hardware counter."""
    source: str = ""
    device: str = ""
    """Which one of several alike: "package-0", a GPU's UUID; "" for all of the component together."""
    grade: Grade | None = None
    """Where this counter is graded otherwise than its probe."""
    sample_s: float | None = None
    """It shows power, not joules: to be looked at this often. None for a counter of joules."""
    coarse: bool = False
    """Of the whole node, but too coarse to stand in for finer counters: used alone only where there is nothing else."""
    bounds_w: Callable[[float], tuple[float, float]] | None = None
    """For a model of power that is surer here than there: between which watts it truly lies when it shows so many."""
    marginal: bool = False
    """Holds only what this work adds: no idling, no neighbours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A counter that could be here and is not readable, with the reason and what mends it."""

    what: str
    why: str
    mend: str = ""
    """One command, or one thing to do; "" where nothing mends it."""
    is_command: bool = True
    """False where ``mend`` is something to do, and nothing to run."""
    applies: bool = True
    """False where no machine of this kind has one: nobody needs to be told, unless they ask."""


class Probe(Protocol):
    """A module that reads one kind of counter."""

    META: Meta

    def find(self, root: Path = ...) -> list[Counter]:
        """Counters that can be read now; empty where there are none."""

    def missing(self, root: Path = ...) -> list[Missing]:
        """Why there are none, or fewer than there could be; empty where all is well."""

    def read(self, counter: Counter) -> Reading:
        """Look once.

        Raises:
            CannotHereError: the counter can no longer be read.
        """
