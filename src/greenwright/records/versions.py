"""Models as a team keeps them: versions with what they cost and how well they answer, how much they are called, and advice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from greenwright.records.quantities import Interval, Quantity

DEFAULT_PROJECT = "default"


class Lifecycle(StrEnum):
    """Where a version stands."""

    CANDIDATE = "candidate"
    RELEASED = "released"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """One version of a model, as a registry knows it. What nobody measured is None."""

    project: str = DEFAULT_PROJECT
    model: str
    version: str
    unit: str = ""
    energy_j: Quantity | None = None
    """Per functional unit."""
    metric: str = ""
    higher_is_better: bool = True
    quality: float | None = None
    latency_s: float | None = None
    """Of one call."""
    size_bytes: int | None = None
    path: str = ""
    sha256: str = ""
    commit: str = ""
    """Of the source that made it."""
    study_id: str = ""
    created_at: str = ""
    """UTC, ISO 8601; so are the two below, which are empty where it did not happen."""
    released_at: str = ""
    retired_at: str = ""
    retired_because: str = ""
    replaced_by: str = ""
    """The version that took its place."""
    saving_j_per_year: Quantity | None = None
    """What its retirement was expected to save."""
    lifecycle: Lifecycle = Lifecycle.CANDIDATE
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dominance:
    """Proof that one version of a model needs less energy than another, and answers as well within a limit."""

    model: str
    better: str
    worse: str
    """Names of versions."""
    ratio: Interval
    """Energy of the better per unit, over that of the worse, measured in turn."""
    metric: str
    quality_drop: float
    quality_drop_high: float
    """The bound that was held against ``max_drop``."""
    max_drop: float
    method: str
    study_id: str = ""
    created_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How often a version was called over a time."""

    model: str
    version: str
    call_count: float
    observed_s: float
    """How long anybody looked."""
    last_called_at: str = ""
    """UTC, ISO 8601; "" where the source does not say, or it was not called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireAdvice:
    """A version that could go, why, and what that saves."""

    model: str
    version: str
    reason: str
    proven: bool
    """False: it looks so, and a comparison would show."""
    replaced_by: str = ""
    saving_j_per_year: Quantity | None = None
    saving_text: str = ""
    """How the saving was computed, or why it is unknown."""
