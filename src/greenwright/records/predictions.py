"""What earlier studies lead a new one to expect. They hold facts; they compute nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from greenwright.records.quantities import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What a model has in common with those whose studies say something about it."""

    kind: str
    """convolutional, transformer, decoder, recurrent or dense."""
    weight_count: int
    runtime: str
    """What runs the untouched model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What a strategy was expected to come to, before it was tried here."""

    energy_ratio: Interval
    """Of the next study's trial against its baseline."""
    holds_share: float
    """How likely it is to hold quality, 0…1."""
    study_count: int
    """Earlier studies that it was learnt from."""
    choices: dict[str, float | int | str | bool] = field(default_factory=dict)
    """Those that did best in them, tried first; empty for the defaults."""
    realised: Interval | None = None
    """What this study measured; None where it measured nothing."""
