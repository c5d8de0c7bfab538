"""What is told the world about one model or service: a footprint by phase of its life. Every report is drawn from this alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from greenwright.records.footprint import Footprint
from greenwright.records.quantities import Quantity

SCHEMA_VERSION = 1


class Phase(StrEnum):
    """A phase of life, in order."""

    DATA = "data"
    """Gathering, keeping and preparing data."""
    TRAINING = "training"
    """Experiments and failed runs too."""
    DEPLOYMENT = "deployment"
    """Serving, and holding the model ready."""
    MAINTENANCE = "maintenance"
    """Monitoring and retraining."""
    RETIREMENT = "retirement"
    """Archiving, deleting, discarding."""


class Operator(StrEnum):
    """Whose machines these are: it decides the scope that emissions belong to."""

    OWN = "own"
    CLOUD = "cloud"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseFootprint:
    """What one part of a life cost."""

    phase: Phase
    name: str
    footprint: Footprint
    how: str
    """How the energy was come by, for people."""
    device_s: float | None = None
    """Seconds of accelerators, where they are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven:
    """After how many functional units one thing has paid for another."""

    name: str
    criterion: str
    """"energy", "carbon" or "cost"."""
    after_units: Quantity | None
    """None: by the ranges, it may never."""
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Energy per unit against what others need for the same unit of the same task."""

    value: float
    """0…1, 1 is best."""
    band: str
    against: str
    """Whose numbers gave the median and the best tenth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What regulations ask beside the footprint. Empty is not known, and is printed so."""

    training_type: str = ""
    hardware: str = ""
    place: str = ""
    period: str = ""
    training_flop: float | None = None
    training_s: float | None = None
    """By the clock."""
    training_device_s: float | None = None
    inference_flop: float | None = None
    inference_task: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """A footprint by phase, with all that is needed to doubt it."""

    name: str
    version: str
    summary: str
    """One sentence."""
    operator: Operator
    phases: tuple[PhaseFootprint, ...]
    total: Footprint
    per_unit: Footprint | None
    """None where nothing was delivered, or nobody counted it."""
    sci_g_per_unit: Quantity | None
    facts: Facts
    method: str
    break_evens: tuple[BreakEven, ...] = ()
    score: Score | None = None
    warnings: tuple[str, ...] = ()
    created_at: str = ""
    """UTC, ISO 8601."""
    greenwright_version: str = ""
    schema_version: int = SCHEMA_VERSION
