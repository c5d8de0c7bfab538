"""What the grid emits: which signal a number is, and intensity over time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from greenwright.records.quantities import Grade


class Signal(StrEnum):
    """Which kilowatt-hour a number is about; the two answer different questions and are never mixed."""

    AVERAGE = "average"
    """Of all that is generated or consumed: whose emissions these are."""
    MARGINAL = "marginal"
    """Of the plant that answers one more kilowatt-hour: what a change would do."""


class Boundary(StrEnum):
    """What is counted."""

    LIFE_CYCLE = "life cycle"
    """Building plants and getting fuel, too."""
    DIRECT = "direct"
    """What leaves the stack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intensity:
    """What a kilowatt-hour emitted, or will, in one zone: evenly spaced means, each over one step from its time on."""

    zone: str
    start_s: float
    """When the first step begins: seconds since 1970, UTC."""
    step_s: float
    values_g_per_kwh: tuple[float | None, ...]
    """None where nobody knows."""
    low_g_per_kwh: tuple[float | None, ...] = ()
    high_g_per_kwh: tuple[float | None, ...] = ()
    """Of a forecast: where it says that nine in ten of the true values will lie; empty where it does not."""
    signal: Signal
    boundary: Boundary
    grade: Grade
    source: str
    url: str = ""
    issued_s: float | None = None
    """When a forecast was made; None for what was observed."""
    fetched_s: float
    """When it was asked for: its age is what has passed since."""
    notes: tuple[str, ...] = ()
    """What its reader should know: the clock was moved, a source did not answer, hours are missing."""

    @property
    def end_s(self) -> float:
        """When the last step ends."""
        return self.start_s + self.step_s * len(self.values_g_per_kwh)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """What the sky does, by the hour: what was, and what is forecast to be. Units are anyone's, as long as they stay the same."""

    start_s: float
    step_s: float
    columns: dict[str, tuple[float, ...]]
    """Such as wind speed, sunshine and temperature, by name."""
