"""Remove a little, train a little."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given as each_of
from hypothesis import strategies as st

from greenwright.machine import this_machine
from greenwright.strategies import rounds
from greenwright.strategies.contract import Choices, Given


def told(keep_share: float, epoch_count: int, round_count: int) -> Given:
    choices: Choices = {"keep_share": keep_share, "epoch_count": epoch_count, "round_count": round_count}
    return Given(choices=choices, machine=this_machine(), work_dir=Path())


@each_of(st.floats(0.2, 0.9), st.integers(1, 20), st.integers(1, 4))
def test_every_round_keeps_the_same_share_and_all_epochs_are_used(keep_share: float, epochs: int, count: int) -> None:
    found = rounds.of(told(keep_share, epochs, count))
    shares = [1.0, *(share for share, _ in found)]
    spent = [int(given.choices["epoch_count"]) for _, given in found]

    assert len(found) == min(count, epochs)
    assert shares[-1] == pytest.approx(keep_share)
    assert all(after / before == pytest.approx(shares[1]) for before, after in pairwise(shares))
    assert sum(spent) == epochs
    assert spent == sorted(spent)
