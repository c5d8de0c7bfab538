"""The hours of a run as they were expected, hour after hour: each outlook holds from when it was made until the next one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from greenwright import units
from greenwright.place.outlook import Outlook, later
from greenwright.records.quantities import Quantity, weakest

Again = Callable[[float], Outlook | None]
"""(seconds since 1970) to the hours from then on, as they are expected now; None where nothing newer is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A time in which a command is to run, in seconds since 1970."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Era:
    """An outlook, and the moment at which its first slot begins, in seconds since 1970."""

    begun_s: float
    outlook: Outlook


@dataclass(slots=True, kw_only=True, eq=False)
class Hours:
    """What is known of the hours, and how to learn more."""

    step_s: float
    eras: list[Era]
    """The newest last."""
    again: Again | None = None
    every_s: float = 3600.0
    """On every multiple of this of the clock there is a new forecast."""
    next_s: float = 0.0

    def __post_init__(self) -> None:
        self._wait_for_the_next(self.eras[-1].begun_s)

    def ahead(self, at_s: float) -> Outlook:
        """The newest outlook, its first slot beginning at this moment."""
        newest = self.eras[-1]
        return later(newest.outlook, (at_s - newest.begun_s) / self.step_s)

    def renewed(self, at_s: float) -> bool:
        """Whether there was time for a newer outlook, and one was found; it is kept."""
        if self.again is None or at_s < self.next_s:
            return False
        self._wait_for_the_next(at_s)
        found = self.again(at_s)
        if found is None:
            return False
        self.eras.append(Era(begun_s=at_s, outlook=found))
        return True

    def _wait_for_the_next(self, at_s: float) -> None:
        self.next_s = (at_s // self.every_s + 1) * self.every_s

    def price(self, parts: Sequence[Part]) -> float:
        """Seconds times grams per kWh of running in these parts, by the newest median."""
        return sum((part.end_s - part.start_s) * self._mean(self.eras[-1], part)[0] for part in parts)

    def carbon_g(self, energy_j: Quantity, parts: Sequence[Part]) -> Quantity:
        """Grams of an energy that was spread evenly over these parts, each hour as it was expected when it came."""
        pieces = [piece for whole in parts for piece in self._pieces(whole)]
        whole_s = sum(part.end_s - part.start_s for part, _ in pieces) or 1.0
        total = [0.0, 0.0, 0.0]
        for part, era in pieces:
            share = (part.end_s - part.start_s) / whole_s
            total = [done + share * value for done, value in zip(total, self._mean(era, part), strict=True)]
        return Quantity(
            value=units.kwh(energy_j.value) * total[0],
            low=units.kwh(energy_j.low) * total[1],
            high=units.kwh(energy_j.high) * total[2],
            grade=weakest([energy_j.grade, *(era.outlook.grade for _, era in pieces)]),
            source=f"{energy_j.source}; {self.eras[-1].outlook.source}",
        )

    def _pieces(self, whole: Part) -> list[tuple[Part, Era]]:
        """The parts of a time that each outlook holds for."""
        ends = [*(era.begun_s for era in self.eras[1:]), math.inf]
        found = []
        for number, (era, end_s) in enumerate(zip(self.eras, ends, strict=True)):
            start_s = whole.start_s if number == 0 else max(whole.start_s, era.begun_s)
            if (until_s := min(whole.end_s, end_s)) > start_s:
                found.append((replace(whole, start_s=start_s, end_s=until_s), era))
        return found or [(whole, self.eras[-1])]

    def _mean(self, era: Era, part: Part) -> tuple[float, float, float]:
        """Median, low and high over a time; before and after what is known it is as at the nearest end."""
        import numpy as np

        outlook = era.outlook
        edges = era.begun_s + self.step_s * np.arange(len(outlook.median_g_per_kwh) + 1)
        edges[0], edges[-1] = min(edges[0], part.start_s), max(edges[-1], part.end_s)
        held_s = np.maximum(0.0, np.minimum(edges[1:], part.end_s) - np.maximum(edges[:-1], part.start_s))
        if held_s.sum() <= 0:
            held_s[int(np.searchsorted(edges[1:-1], part.start_s, side="right"))] = 1.0
        share = held_s / held_s.sum()
        rows = (outlook.median_g_per_kwh, outlook.low_g_per_kwh, outlook.high_g_per_kwh)
        median, low, high = (float(share @ values) for values in rows)
        return median, low, high
