"""Budgets, what was measured to hold them, and what came of it. Facts only."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from greenwright.records.quantities import Grade, Interval, Quantity

BASE = "base"
"""What a relative budget is held against, unless it names a released version."""


class Metric(StrEnum):
    """What a budget limits, each per functional unit but for the size."""

    ENERGY = "energy"
    CARBON = "carbon"
    WATER = "water"
    COST = "cost"
    LATENCY = "latency"
    SIZE = "size"


class Basis(StrEnum):
    """What was compared."""

    JOULES = "joules"
    INSTRUCTIONS = "instructions"
    CPU_TIME = "CPU time"
    FLOPS = "FLOPs"
    SECONDS = "seconds"
    BYTES = "bytes"


class Outcome(StrEnum):
    """What a check says."""

    WITHIN = "within budget"
    OVER = "over budget"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityCondition:
    """What must hold for a budget to count: cheap and wrong is not cheap."""

    metric: str
    min_quality: float | None = None
    max_drop: float | None = None
    """Against the same side as the budget."""
    higher_is_better: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """One limit: absolute, or relative to another side."""

    name: str
    metric: Metric
    most: float | None = None
    """Joules, grams, litres, money, seconds or bytes, per unit; None for a relative budget."""
    max_rise_share: float | None = None
    against: str = BASE
    """``"base"``, or a released version as ``"model@alias"`` or ``"model:version"``."""
    basis: Basis | None = None
    """None: joules where counters measured them on both sides, else the best stand-in there is."""
    quality: QualityCondition | None = None
    line: int = 0
    """Where it stands in greenwright.toml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """One run of the command that is checked."""

    units: float
    duration_s: float
    cpu_s: float
    energy_j: Quantity
    instruction_count: float | None = None
    flop_count: float | None = None
    latency_s: float | None = None
    """Per unit, as the command told; None: its duration over its units."""
    size_bytes: float | None = None
    quality: dict[str, float] = field(default_factory=dict)
    phases_j: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What is checked, or what it is checked against."""

    name: str
    """``"head"``, ``"base"``, or the released version."""
    ref: str = ""
    commit: str = ""
    repeats: tuple[Repeat, ...] = ()
    paired: bool = False
    """Its repeats ran in turn with those of the head."""
    energy_j: Quantity | None = None
    """Per unit, of a released version that could not be run again."""
    size_bytes: float | None = None
    latency_s: float | None = None
    quality: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What came of one budget."""

    budget: Budget
    outcome: Outcome
    reason: str
    measured: Quantity | None = None
    """Per unit, with what both the spread of repeats and the range of the counters leave open."""
    before: float | None = None
    """The same of the other side: its median."""
    ratio: Interval | None = None
    """Head over the other side."""
    basis: Basis | None = None
    grade: Grade | None = None
    more_repeats: int | None = None
    """How many more would most likely decide; None where none or no number would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What git says changed since the base."""

    files: tuple[tuple[str, int], ...] = ()
    """With lines added and removed, the most first."""
    packages: tuple[str, ...] = ()
    """Pinned versions that changed: ``"numpy 2.1 to 2.4"``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRecord:
    """Everything a check found: tables, comments and reports are drawn from this alone."""

    outcome: Outcome
    unit: str
    command: str
    judgements: tuple[Judgement, ...]
    sides: tuple[Side, ...]
    """The head first."""
    causes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What the reader should know: counters that are missing, a base that could not be run."""
    currency: str = ""
    config: str = "greenwright.toml"
    confidence: float = 0.95
    created_at: str = ""
    greenwright_version: str = ""
    schema_version: int = 1
