"""Two linear models in one: how hours differ within a window, and how high the window lies. Least squares with a small penalty.

A decision compares hours of one window, so the first model sees differences only: it spends nothing on the level, which moves
errors most and decisions not at all. What it needs of its windows is a sum over them, so windows can be added, and blocks too.

Source: the within and between estimators of panel data, as in Wooldridge, *Econometric Analysis of Cross Section and Panel
Data*, 2nd edition (2010), chapter 10; ridge: Hoerl and Kennard, *Technometrics* 12 (1970).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from greenwright.grid.forecast.hours import Floats

LEAST_PENALTY = 0.005
"""Against the sum of squares of a standardised column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """All that a fit needs to know of its windows."""

    within: Floats
    within_target: Floats
    between: Floats
    between_target: Floats
    day_count: float
    """How many days' worth of windows: those that overlap tell little new."""

    def __add__(self, other: Sums) -> Sums:
        """The sums of both sets of windows."""
        return Sums(
            within=self.within + other.within,
            within_target=self.within_target + other.within_target,
            between=self.between + other.between,
            between_target=self.between_target + other.between_target,
            day_count=self.day_count + other.day_count,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A fitted pair of models."""

    shape: Floats
    """One per column: of differences within a window."""
    level: Floats
    """One per column, and a constant: of the window's mean."""


def sums(columns: Floats, target: Floats, day_count: float) -> Sums:
    """Of windows; the target has the shape (windows, hours)."""
    mean, target_mean = columns.mean(axis=1), target.mean(axis=1)
    apart = (columns - mean[:, None, :]).reshape(-1, columns.shape[-1])
    whole = np.column_stack([mean, np.ones(len(mean))])
    return Sums(
        within=apart.T @ apart,
        within_target=apart.T @ (target - target_mean[:, None]).ravel(),
        between=whole.T @ whole,
        between_target=whole.T @ target_mean,
        day_count=day_count,
    )


def solve(of: Sums, prior_days: Floats, kept: NDArray[np.bool_] | None = None, towards: Floats | None = None) -> Weights:
    """The weights that fit best, each held back as if so many days had shown nothing of it; those not kept are 0.

    Args:
        of: the sums of what was seen.
        prior_days: one per column.
        kept: which columns take part; all if None.
        towards: where the weights of differences are held instead of at 0.
    """
    penalty = LEAST_PENALTY + prior_days / of.day_count
    kept = np.ones(len(of.within_target), dtype=bool) if kept is None else kept
    shape = _ridge(of.within, of.within_target, penalty, kept, towards)
    return Weights(
        shape=shape, level=_ridge(of.between, of.between_target, np.append(penalty, LEAST_PENALTY), np.append(kept, True))
    )


def mean(several: Sequence[Weights]) -> Weights:
    """Models that each stand for a view of the same columns, as one that says the mean of what they say."""
    return Weights(
        shape=np.asarray(np.mean([one.shape for one in several], axis=0)),
        level=np.asarray(np.mean([one.level for one in several], axis=0)),
    )


def apply(weights: Weights, columns: Floats) -> Floats:
    """The windows' values: level plus differences."""
    mean = columns.mean(axis=1)
    level = mean @ weights.level[:-1] + weights.level[-1]
    return np.asarray(level[:, None] + (columns - mean[:, None, :]) @ weights.shape)


def _ridge(gram: Floats, target: Floats, penalty: Floats, kept: NDArray[np.bool_], towards: Floats | None = None) -> Floats:
    spread = np.sqrt(np.where(np.diag(gram) > 1e-12, np.diag(gram), 1.0))[kept]  # noqa: PLR2004 - a column that never moves
    standard = gram[np.ix_(kept, kept)] / np.outer(spread, spread) + np.diag(penalty[kept])
    weights = np.zeros(len(target))
    wanted = target[kept] / spread
    if towards is not None:
        wanted = wanted + penalty[kept] * towards[kept] * spread
    weights[kept] = np.linalg.solve(standard, wanted) / spread
    return weights
