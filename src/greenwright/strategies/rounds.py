"""Remove a little, train a little, and again: how much is left after each round, and for how long each is trained.

Every round keeps the same share of what the one before it left, so that none is harder than another.

Source: Han et al. 2015, "Learning both Weights and Connections", arXiv:1506.02626 (iterative pruning beats one shot).
"""

from __future__ import annotations

from dataclasses import replace

from greenwright.strategies.contract import Given, Whole

ROUNDS = Whole(low=1, high=4, default=1)


def of(given: Given) -> list[tuple[float, Given]]:
    """(share of the whole that is kept, the same with the round's epochs) for every round; the last rounds get what does not divide."""
    keep_share, epoch_count = float(given.choices["keep_share"]), int(given.choices["epoch_count"])
    count = max(1, min(int(given.choices["round_count"]), epoch_count))
    each, left = divmod(epoch_count, count)
    return [
        (
            keep_share ** (number / count),
            replace(given, choices=dict(given.choices) | {"epoch_count": each + (number > count - left)}),
        )
        for number in range(1, count + 1)
    ]
