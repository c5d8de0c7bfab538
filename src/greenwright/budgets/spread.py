"""Intervals for two series that did not run in turn, and how many more repeats would decide. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, median

from greenwright.errors import BadInputError
from greenwright.records.quantities import Interval

MOST_REPEATS = 1_000
"""Beyond this nobody repeats, and the answer says so."""
POWER_FACTOR = 2.04
_BEYOND = 1e3
"""A limit so many times closer than the interval is wide lies where the estimate is."""


def ratio_of_two(head: Sequence[float], base: Sequence[float], confidence: float) -> Interval:
    """The ratio by which ``head`` lies above ``base``: the median of all quotients, between two of their order statistics.

    Free of any distribution but that the two differ by a factor. The ranks are those of the Wilcoxon rank-sum test, by its
    normal approximation, rounded outwards.

    Raises:
        BadInputError: too few values for this confidence, or values that are not above 0.

    Source: Hodges and Lehmann, Annals of Mathematical Statistics 34 (1963); Conover, Practical Nonparametric Statistics, 3rd
    edition (1999), section 5.4.
    """
    if min([*head, *base], default=0.0) <= 0:
        raise BadInputError("a ratio needs amounts above 0 on both sides; let one run of the command do more work")
    quotients = sorted(above / below for above in head for below in base)
    count, other = len(head), len(base)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    rank = math.floor(count * other / 2 - z * math.sqrt(count * other * (count + other + 1) / 12))
    if rank < 1:
        raise BadInputError(f"{count} and {other} values give no interval of confidence {confidence}; measure more of both")
    return Interval(value=median(quotients), low=quotients[rank - 1], high=quotients[-rank], confidence=confidence)


def more_repeats(count: int, distance: float, half_width: float) -> int | None:
    """How many more would decide in four of five cases, if what was seen is the truth: then the limit lies outside the interval.

    Widths shrink with the square root of the count, and the estimate itself still moves: ``(z(0.975) + z(0.8))² / z(0.975)²`` is
    twice what would bring the mere edge of the interval to the limit. None where the limit is just where the estimate is.

    Source: the sample size of a test of one mean; Cohen, Statistical Power Analysis for the Behavioral Sciences (1988), chapter 2.
    """
    if distance <= 0 or half_width <= 0 or half_width / distance > _BEYOND:
        return None
    return max(1, math.ceil(POWER_FACTOR * count * (half_width / distance) ** 2) - count)
