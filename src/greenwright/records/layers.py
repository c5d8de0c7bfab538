"""What one layer of a model has become."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerFact:
    """The weights of one layer that multiplies."""

    name: str
    kind: str
    """The operator or the class."""
    weight_count: int
    bits: int
    """Of each weight, as stored."""
    zero_share: float
    """Weights that are zero."""
    error_ratio: float | None = None
    """What rounding moved the weights by, at root mean square, over their own; None where they are not rounded to integers."""
