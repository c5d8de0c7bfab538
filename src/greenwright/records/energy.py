"""What a meter hands on: readings, windows, and comparisons of two pieces of work."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from greenwright.records.quantities import Interval, Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One look at one counter, at one instant: the joules it has counted, the power it shows, or both."""

    counter: str
    at_s: float
    """Monotonic clock."""
    energy_j: float | None = None
    """None where there is only power, which is then added up over time."""
    power_w: float | None = None
    """Beside joules it checks them, and stands in where the counter was reset."""
    wrap_j: float | None = None
    """The counter starts again from 0 here; None if it does not wrap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one counter contributed to a window."""

    counter: str
    covers: str
    energy_j: Quantity
    component: str = ""
    """"cpu", "dram", "gpu" or "node"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What lies between two looks at every counter; named, may nest."""

    name: str
    started_at: str
    """UTC, ISO 8601."""
    duration_s: float
    cpu_s: float
    """CPU time of this process and its ended children."""
    energy_j: Quantity
    """Gross: what the counters in use showed, idling and neighbours included where they see the whole machine."""
    parts: tuple[Part, ...] = ()
    """They add up to ``energy_j``."""
    too_short: bool = False
    """Shorter than its probe can resolve: to be repeated, not believed."""
    within: tuple[Part, ...] = ()
    """Parts of the machine that a counter of the whole node already holds: shown beside ``parts``, never added."""
    idle_j: Quantity | None = None
    """What the machine would have used idling, as its baseline was measured; None where it was not."""
    net_j: Quantity | None = None
    """``energy_j`` without ``idle_j``. Below 0 where the baseline is larger than what was measured: noise, not a gain."""
    rest_j: Quantity | None = None
    """What the rest of the node used (supply, board, fans, disks), as learned from a wall meter; not in ``energy_j``."""
    problems: tuple[str, ...] = ()
    """What went wrong while measuring, and what was done about it; a sentence each."""


class Verdict(StrEnum):
    """What a comparison says of the candidate."""

    LESS = "less"
    MORE = "more"
    SAME = "same"
    """The whole interval lies within the tolerance around 1."""
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two pieces of work measured in turn, A B A B …; what both share cancels in the ratio."""

    ratio: Interval
    """Energy of B per unit, as a share of A's."""
    baseline_energy_j: Quantity
    candidate_energy_j: Quantity
    """Per unit."""
    baseline_cpu_s: float
    candidate_cpu_s: float
    """Median CPU time per unit."""
    pair_count: int
    units_per_window: tuple[float, float]
    pairs: tuple[tuple[float, float], ...] = ()
    """Joules per unit of A and of B, pair by pair."""
    tight: bool = True
    """The interval reached the width asked for; False: more pairs would be needed."""
    verdict: Verdict = Verdict.CANNOT_TELL
    detectable_share: float | None = None
    """The smallest difference from 1 that an experiment like this one would have found in four of five cases."""
