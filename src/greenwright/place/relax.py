"""When nothing holds every constraint: which one to relax, and by how much."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from greenwright.records.placement import Relaxation

if TYPE_CHECKING:
    from greenwright.place.options import Breach


def relaxations(options: Iterable[Sequence[Breach]]) -> list[Relaxation]:
    """Of the options with the fewest kinds of breaches: for each single constraint the smallest step that opens one.

    Where every option breaches several at once, all breaches of the nearest option are named, and all must give.
    """
    every = [list(breaches) for breaches in options if breaches]
    if not every:
        return []
    fewest = min(len({one.constraint for one in breaches}) for breaches in every)
    nearest = [breaches for breaches in every if len({one.constraint for one in breaches}) == fewest]
    if fewest > 1:
        chosen = min(nearest, key=lambda breaches: sum(one.amount for one in breaches))
        return [Relaxation(constraint=one.constraint, said=one.said) for one in chosen]
    smallest: dict[str, Breach] = {}
    for (one,) in nearest:
        if one.constraint not in smallest or one.amount < smallest[one.constraint].amount:
            smallest[one.constraint] = one
    return [Relaxation(constraint=one.constraint, said=one.said) for one in smallest.values()]
