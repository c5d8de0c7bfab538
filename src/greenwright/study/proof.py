"""Prove that quality held: a paired bootstrap, a bound on the drop, and tests in a fixed order.

A candidate passes where the upper confidence bound of its quality drop lies within the limit (non-inferiority). Each resample weighs
the examples anew, the same for baseline and candidate, by exponential weights. A bootstrap knows only the failures it has seen: with
none among n examples it would be certain of none. So one more example (or group) always takes part, one that the candidate gets wrong
by answering as it did another. For a share of right answers the bound is then the exact binomial one (3 / n with no failure seen).

Source: Rubin 1981, Annals of Statistics 9 (exponential weights); Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter
13; Clopper and Pearson 1934, Biometrika 26 (the exact bound: k of n failures and one more weigh Beta(k + 1, n - k) together); Maurer,
Hothorn and Lehmacher 1995 (several candidates tested in a fixed order, each at the full level).
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np

from greenwright.errors import BadInputError
from greenwright.records.quantities import Interval
from greenwright.records.study import QualityProof
from greenwright.study.quality import Array, Quality

RESAMPLE_COUNT = 2_000
CHUNK_COUNT = 100
"""Resamples weighed at once: their weights fit into memory."""
SPOILED_COUNT = 64
"""Examples tried as the one more failure."""
METHOD = "paired bootstrap over {examples} and one unseen failure, one-sided {confidence:.0%} bound"


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


def chance_of_passing(seen: Interval, max_drop: float, seen_count: int, test_count: int) -> float:
    """How likely a test on ``test_count`` examples passes a candidate whose drop was ``seen`` on ``seen_count`` others, 0…1.

    Both drops vary about the true one like normal variables whose variance falls with the number of examples. One half is where the
    test's bound is expected at the limit itself.
    """
    quantile = NormalDist().inv_cdf(seen.confidence)
    seen_spread = (seen.high - seen.value) / quantile
    test_spread = seen_spread * math.sqrt(seen_count / test_count)
    margin = max_drop - seen.value - quantile * test_spread
    spread = math.hypot(seen_spread, test_spread)
    return NormalDist().cdf(margin / spread) if spread > 0 else float(margin >= 0)


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
    """The drop with one-sided bounds at ``confidence`` each: worse is positive.

    Raises:
        BadInputError: the metric fails on most resamples.
    """
    rng = np.random.default_rng(seed)
    draws = _metric_draws if quality.scores is None else _score_draws
    drops = draws(quality, baseline, candidate, targets, group_size, rng)
    seen = quality.drop(quality.of(baseline, targets), quality.of(candidate, targets))
    low, high = np.quantile(drops, [1 - confidence, confidence])
    return Interval(value=seen, low=min(seen, float(low)), high=max(seen, float(high)), confidence=confidence)


def _score_draws(  # noqa: PLR0913, PLR0917  one signature for both ways
    quality: Quality, baseline: Any, candidate: Any, targets: Any, group_size: int, rng: np.random.Generator
) -> Array:
    """Where the metric is a mean over examples, a resample is a weighted mean over groups of them."""
    assert quality.scores is not None
    sign = 1.0 if quality.higher_is_better else -1.0
    scores = quality.scores
    aims, kept, spoiled = (
        sign * np.asarray(scores(answers, targets), dtype=float).reshape(-1, group_size).mean(axis=1)
        for answers in (baseline, candidate, _elsewhere(candidate, group_size, rng))
    )
    gaps, harms = aims - kept, aims - spoiled
    failures = harms[harms > 0] if (harms > 0).any() else np.zeros(1)
    chunks = []
    for _ in range(RESAMPLE_COUNT // CHUNK_COUNT):
        weights = rng.standard_exponential((CHUNK_COUNT, len(gaps) + 1))
        one_more = weights[:, -1] * rng.choice(failures, CHUNK_COUNT)
        chunks.append((weights[:, :-1] @ gaps + one_more) / weights.sum(axis=1))
    return np.concatenate(chunks)


def _metric_draws(  # noqa: PLR0913, PLR0917  one signature for both ways
    quality: Quality, baseline: Any, candidate: Any, targets: Any, group_size: int, rng: np.random.Generator
) -> Array:
    """Any metric: the resampled outputs are judged anew; examples of one group are drawn together.

    A resample on which the metric is not defined (one class alone, no variance) is drawn again.
    """
    elsewhere = _elsewhere(candidate, group_size, rng)
    failures = _failures(quality, candidate, elsewhere, targets, group_size, rng)
    drops: list[float] = []
    undefined = 0
    while len(drops) < RESAMPLE_COUNT:
        rows, spoiled_count = _drawn(len(targets) // group_size, group_size, failures, rng)
        answers, chosen = _take(candidate, rows), _take(targets, rows)
        for place in range(len(rows) - spoiled_count, len(rows)):
            answers[place] = elsewhere[rows[place]]
        try:
            drops.append(quality.drop(quality.of(_take(baseline, rows), chosen), quality.of(answers, chosen)))
        except BadInputError:
            undefined += 1
            if undefined > RESAMPLE_COUNT:
                raise
    return np.asarray(drops)


def _drawn(group_count: int, group_size: int, failures: Array, rng: np.random.Generator) -> tuple[Array, int]:
    """Rows of one resample, and how many at its end are the one more failure.

    Each group is drawn in proportion to its weight, rounded up or down (systematic sampling), which adds next to no noise.
    """
    bounds = np.cumsum(rng.standard_exponential(group_count + 1))
    picks = np.searchsorted(bounds, (np.arange(group_count) + rng.random()) / group_count * bounds[-1])
    groups = picks[picks < group_count]
    spoiled = rng.choice(failures, group_count - len(groups))
    rows = np.concatenate([groups, spoiled])[:, None] * group_size + np.arange(group_size)
    return rows.reshape(-1), len(spoiled) * group_size


def _failures(  # noqa: PLR0913, PLR0917  what a trial spoiling needs
    quality: Quality, candidate: Any, elsewhere: Any, targets: Any, group_size: int, rng: np.random.Generator
) -> Array:
    """Groups on which another group's answers make the metric worse; a few of any, where they never do."""
    tried = rng.permutation(len(targets) // group_size)[:SPOILED_COUNT]
    before = quality.of(candidate, targets)

    def harm(group: int) -> float:
        answers = _take(candidate, np.arange(len(targets)))
        for example in range(group * group_size, (group + 1) * group_size):
            answers[example] = elsewhere[example]
        return quality.drop(before, quality.of(answers, targets))

    return np.asarray([group for group in tried if harm(group) > 0] or tried)


def _elsewhere(outputs: Any, group_size: int, rng: np.random.Generator) -> Any:
    """Every group answered with another group's answers; where they differ in shape, as much of them as fits."""
    order = rng.permutation(len(outputs) // group_size)[:, None] * group_size + np.arange(group_size)
    moved = _take(outputs, order.reshape(-1))
    if isinstance(outputs, np.ndarray):
        return moved
    return [np.resize(other, np.shape(own)) for other, own in zip(moved, outputs, strict=True)]


def _take(values: Any, rows: Array) -> Any:
    return values[rows] if isinstance(values, np.ndarray) else [values[int(row)] for row in rows]
