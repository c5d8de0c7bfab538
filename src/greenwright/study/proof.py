"""Prove that quality held: a paired bootstrap, a bound on the drop, and tests in a fixed order.

A candidate passes where the upper confidence bound of its quality drop lies within the limit (non-inferiority). Each resample weighs
the examples anew, the same for baseline and candidate, by exponential weights. A bootstrap knows only the failures it has seen: with
none among n examples it would be certain of none. So one more example always takes part: one that the candidate gets wrong, by
another example's answer. For a share of right answers the bound is then the exact binomial one (3 / n where no failure was seen).

Source: Rubin 1981, Annals of Statistics 9 (exponential weights); Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter
13; Clopper and Pearson 1934, Biometrika 26 (the exact bound: k of n failures and one more weigh Beta(k + 1, n - k) together); Maurer,
Hothorn and Lehmacher 1995 (several candidates tested in a fixed order, each at the full level).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from greenwright.errors import BadInputError
from greenwright.records import Interval, QualityProof
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
    better = sign * np.asarray(quality.scores(baseline, targets), dtype=float)
    gaps = (better - sign * np.asarray(quality.scores(candidate, targets), dtype=float)).reshape(-1, group_size).mean(axis=1)
    spoiled = better - sign * np.asarray(quality.scores(_elsewhere(candidate, rng), targets), dtype=float)
    failures = spoiled[spoiled > 0] / group_size if (spoiled > 0).any() else np.zeros(1)
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
    elsewhere = _elsewhere(candidate, rng)
    failures = _failures(quality, candidate, elsewhere, targets, rng)
    drops: list[float] = []
    undefined = 0
    while len(drops) < RESAMPLE_COUNT:
        rows, spoiled = _drawn(len(targets) // group_size, group_size, failures, rng)
        answers, chosen = _take(candidate, rows), _take(targets, rows)
        for place, example in spoiled.items():
            answers[place] = elsewhere[example]
        try:
            drops.append(quality.drop(quality.of(_take(baseline, rows), chosen), quality.of(answers, chosen)))
        except BadInputError:
            undefined += 1
            if undefined > RESAMPLE_COUNT:
                raise
    return np.asarray(drops)


def _drawn(group_count: int, group_size: int, failures: Array, rng: np.random.Generator) -> tuple[Array, dict[int, int]]:
    """Rows of one resample, and which of them are the failure: its place among the rows -> the example it spoils.

    Each group is drawn in proportion to its weight, rounded up or down (systematic sampling), which adds next to no noise.
    """
    bounds = np.cumsum(rng.standard_exponential(group_count + 1))
    picks = np.searchsorted(bounds, (np.arange(group_count) + rng.random()) / group_count * bounds[-1])
    groups = picks[picks < group_count]
    spoiled = rng.choice(failures, group_count - len(groups))
    rows = np.concatenate([groups, spoiled // group_size])[:, None] * group_size + np.arange(group_size)
    places = (len(groups) + np.arange(len(spoiled))) * group_size + spoiled % group_size
    return rows.reshape(-1), dict(zip(places.tolist(), spoiled.tolist(), strict=True))


def _failures(quality: Quality, candidate: Any, elsewhere: Any, targets: Any, rng: np.random.Generator) -> Array:
    """Examples on which another example's answer makes the metric worse; a few of any, where it never does."""
    tried = rng.permutation(len(targets))[:SPOILED_COUNT]
    before = quality.of(candidate, targets)

    def harm(example: int) -> float:
        answers = _take(candidate, np.arange(len(targets)))
        answers[example] = elsewhere[example]
        return quality.drop(before, quality.of(answers, targets))

    harmful = [int(example) for example in tried if harm(example) > 0]
    return np.asarray(harmful or tried)


def _elsewhere(outputs: Any, rng: np.random.Generator) -> Any:
    """Every example answered with another example's answer."""
    shift = int(rng.integers(1, max(2, len(outputs))))
    order = (np.arange(len(outputs)) + shift) % len(outputs)
    return _take(outputs, order)


def _take(values: Any, rows: Array) -> Any:
    return values[rows] if isinstance(values, np.ndarray) else [values[int(row)] for row in rows]
