"""A run's windows summed by name, as sinks show them: a thousand steps are one series. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from greenwright.meter.window import total
from greenwright.records.energy import Part, Window
from greenwright.records.quantities import Quantity
from greenwright.records.runs import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """All windows of one name."""

    name: str
    window_count: int
    duration_s: float
    cpu_s: float
    energy_j: Quantity
    parts: tuple[Part, ...]


def totals(run: Run) -> list[Total]:
    """One total a name, in the order the names first ended."""
    names = dict.fromkeys(window.name for window in run.windows)
    return [_total(name, [window for window in run.windows if window.name == name]) for name in names]


def _total(name: str, windows: Sequence[Window]) -> Total:
    return Total(
        name=name,
        window_count=len(windows),
        duration_s=math.fsum(window.duration_s for window in windows),
        cpu_s=math.fsum(window.cpu_s for window in windows),
        energy_j=total(window.energy_j for window in windows),
        parts=_parts([part for window in windows for part in window.parts]),
    )


def _parts(parts: Sequence[Part]) -> tuple[Part, ...]:
    same = {part.counter: [one for one in parts if one.counter == part.counter] for part in parts}
    return tuple(
        Part(
            counter=counter,
            covers=ones[0].covers,
            component=ones[0].component,
            energy_j=total(one.energy_j for one in ones),
        )
        for counter, ones in same.items()
    )
