"""A search for the power limit and batch size at which GPU work needs least energy."""

from __future__ import annotations

from dataclasses import dataclass

from greenwright.records.quantities import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuLimit:
    """The power limit of one GPU, and how far it may be moved."""

    index: int
    uuid: str
    name: str
    now_w: float
    low_w: float
    high_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningPoint:
    """One setting."""

    limit_share: float | None
    """Of the most that each GPU allows; None leaves every limit as it is."""
    batch: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningTrial:
    """The work at one setting: medians over its repeats."""

    point: TuningPoint
    energy_j: Quantity
    duration_s: float
    slowdown_share: float
    """Against the setting as it was; below 0 is faster."""
    saving_share: float
    allowed: bool
    """Not slower than was allowed."""
    repeat_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What was tried, and what is best."""

    gpus: tuple[GpuLimit, ...]
    max_slowdown_share: float
    trials: tuple[TuningTrial, ...]
    """The setting as it was first."""
    chosen: TuningTrial
    kept: bool
    """The chosen limits were left in place; False: all are as they were."""
    said: str
