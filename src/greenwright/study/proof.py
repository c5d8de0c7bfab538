"""Prove that quality held: a paired bootstrap, a bound on the drop, and tests in a fixed order.

A candidate passes where the upper confidence bound of its quality drop lies within the limit (non-inferiority). Examples are drawn
with replacement, the same for baseline and candidate. A plain bootstrap knows only the failures it has seen: with none among n
examples it would be certain of none. So each resample also answers Poisson(1) examples with another example's answer, one unseen
failure on average; for a share of right answers the bound then agrees with the exact binomial one (3 / n where none was seen).

Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13; Clopper and Pearson 1934, Biometrika 26 (the exact
bound); Maurer, Hothorn and Lehmacher 1995 (several candidates tested in a fixed order, each at the full level).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from greenwright.records import Interval, QualityProof
from greenwright.study.quality import Array, Quality

RESAMPLE_COUNT = 2_000
METHOD = "paired bootstrap over {examples}, one unseen failure added a resample, one-sided {confidence:.0%} bound"


def prove(  # noqa: PLR0913  the test's own parameters, all by name
    quality: Quality,
    baseline: Any,
    candidate: Any,
    targets: Any,
    *,
    max_drop: float,
    group_size: int = 1,
    confidence: float = 0.95,
    seed: int = 0,
) -> QualityProof:
    """Test non-inferiority of ``candidate`` outputs to ``baseline`` outputs ``(examples, …)`` at ``max_drop``."""
    drop = quality_drop(quality, baseline, candidate, targets, group_size=group_size, confidence=confidence, seed=seed)
    group_count = len(targets) // group_size
    return QualityProof(
        metric=quality.name,
        higher_is_better=quality.higher_is_better,
        baseline=quality.of(baseline, targets),
        candidate=quality.of(candidate, targets),
        drop=drop,
        max_drop=max_drop,
        example_count=len(targets),
        resample_count=RESAMPLE_COUNT,
        passed=drop.high <= max_drop,
        method=METHOD.format(
            examples=f"{len(targets)} examples" if group_size == 1 else f"{group_count} groups of {group_size} examples",
            confidence=confidence,
        ),
    )


def quality_drop(  # noqa: PLR0913  the test's own parameters, all by name
    quality: Quality,
    baseline: Any,
    candidate: Any,
    targets: Any,
    *,
    group_size: int = 1,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """The drop with one-sided bounds at ``confidence`` each: worse is positive."""
    rng = np.random.default_rng(seed)
    draws = _score_draws if quality.scores is not None and group_size == 1 else _metric_draws
    drops = draws(quality, baseline, candidate, targets, group_size, rng)
    seen = quality.drop(quality.of(baseline, targets), quality.of(candidate, targets))
    low, high = np.quantile(drops, [1 - confidence, confidence])
    return Interval(value=seen, low=min(seen, float(low)), high=max(seen, float(high)), confidence=confidence)


def _score_draws(  # noqa: PLR0913, PLR0917  one signature for both ways
    quality: Quality, baseline: Any, candidate: Any, targets: Any, group_size: int, rng: np.random.Generator
) -> Array:
    """Where the metric is a mean over examples, a resample is a mean over drawn rows."""
    assert quality.scores is not None
    assert group_size == 1
    count = len(targets)
    sign = 1.0 if quality.higher_is_better else -1.0
    kept = np.asarray(quality.scores(candidate, targets), dtype=float)
    gaps = sign * (np.asarray(quality.scores(baseline, targets), dtype=float) - kept)
    spoils = sign * (kept - np.asarray(quality.scores(_elsewhere(candidate, rng), targets), dtype=float))
    drops = np.empty(RESAMPLE_COUNT)
    for resample in range(RESAMPLE_COUNT):
        rows = rng.integers(count, size=count)
        spoiled = rows[: rng.poisson(1.0)]
        drops[resample] = (gaps[rows].sum() + spoils[spoiled].sum()) / count
    return drops


def _metric_draws(  # noqa: PLR0913, PLR0917  one signature for both ways
    quality: Quality, baseline: Any, candidate: Any, targets: Any, group_size: int, rng: np.random.Generator
) -> Array:
    """Any metric: the resampled outputs are judged anew; examples of one group are drawn together."""
    group_count = len(targets) // group_size
    within = np.arange(group_size)
    elsewhere = _elsewhere(candidate, rng)
    drops = np.empty(RESAMPLE_COUNT)
    for resample in range(RESAMPLE_COUNT):
        groups = rng.integers(group_count, size=group_count)
        rows = (groups[:, None] * group_size + within).reshape(-1)
        answers = _take(candidate, rows)
        for spoiled in range(min(int(rng.poisson(1.0)), len(rows))):
            answers[spoiled] = elsewhere[rows[spoiled]]
        chosen = _take(targets, rows)
        drops[resample] = quality.drop(quality.of(_take(baseline, rows), chosen), quality.of(answers, chosen))
    return drops


def _elsewhere(outputs: Any, rng: np.random.Generator) -> Any:
    """Every example answered with another example's answer."""
    shift = int(rng.integers(1, max(2, len(outputs))))
    order = (np.arange(len(outputs)) + shift) % len(outputs)
    return _take(outputs, order)


def _take(values: Any, rows: Array) -> Any:
    return values[rows] if isinstance(values, np.ndarray) else [values[int(row)] for row in rows]
