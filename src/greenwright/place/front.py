"""Choose what to show of a front: hundreds of choices that differ by an hour tell no more than a dozen that differ."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from greenwright.records.placement import Choice

ALIKE_SHARES = (0.05, 0.05, 0.25)
"""A choice that is at most so much better on carbon, cost and finish than one already shown is left out."""


def telling(front: Iterable[Choice], shown: Sequence[Choice] = ()) -> list[Choice]:
    """The choices, cleanest first, that are clearly better in something than each one shown before, ``shown`` included."""
    kept = list(shown)
    for one in front:
        if one not in kept and not any(_alike(one, other) for other in kept):
            kept.append(one)
    return kept[len(shown) :]


def _alike(one: Choice, other: Choice) -> bool:
    return all(mine >= theirs * (1 - share) for mine, theirs, share in zip(_aims(one), _aims(other), ALIKE_SHARES, strict=True))


def _aims(one: Choice) -> tuple[float, float, float]:
    figures = one.figures
    return figures.carbon_g.value, figures.cost_usd.value if figures.cost_usd else math.inf, figures.finish_s
