"""Samples over time become one number: energy of a power or of a counter, a mean, a largest. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

Sample = tuple[float, float]
"""A moment in seconds and what was read then."""
GAP_RATIO = 5.0
"""Between samples further apart than this many usual distances nobody looked: nothing is added there."""
SENTINEL = 9.2e18
"""DCGM's blank values start here."""


def clean(samples: Iterable[Sample]) -> list[Sample]:
    """In order, without blanks."""
    return sorted({at: value for at, value in samples if math.isfinite(value) and abs(value) < SENTINEL}.items())


def integral(samples: Sequence[Sample]) -> float | None:
    """Joules of samples in watts, by trapezoids, over the time that was looked at; None for fewer than two."""
    steps = _steps(samples)
    return (
        None if not steps else math.fsum((later - sooner) * (before + after) / 2 for (sooner, before), (later, after) in steps)
    )


def gained(samples: Sequence[Sample]) -> float | None:
    """What a counter gained; one that fell was reset, and gained what it shows since; None for fewer than two."""
    if len(samples) < 2:  # noqa: PLR2004 - a difference needs two
        return None
    return math.fsum(after - before if after >= before else after for (_, before), (_, after) in pairwise(samples))


def mean(samples: Sequence[Sample]) -> float | None:
    """Over time where there are two or more."""
    if not samples:
        return None
    steps = _steps(samples)
    seen_s = math.fsum(later - sooner for (sooner, _), (later, _) in steps)
    if not seen_s:
        return math.fsum(value for _, value in samples) / len(samples)
    return math.fsum((later - sooner) * (before + after) / 2 for (sooner, before), (later, after) in steps) / seen_s


def seen_s(samples: Sequence[Sample]) -> float:
    """How long somebody looked."""
    return math.fsum(later - sooner for (sooner, _), (later, _) in _steps(samples))


def _steps(samples: Sequence[Sample]) -> list[tuple[Sample, Sample]]:
    steps = list(pairwise(samples))
    if not steps:
        return []
    usual_s = median(later[0] - sooner[0] for sooner, later in steps)
    return [(sooner, later) for sooner, later in steps if later[0] - sooner[0] <= GAP_RATIO * usual_s]
