"""Examples of like length are run together: the same answers, in the same order, from fewer positions."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.batches import Inputs
from greenwright.deploy.buckets import Bucketed, bucketed, lengths_of, partition
from greenwright.deploy.runtimes import torch_eager
from greenwright.records.models import Inference
from greenwright.testing import zoo


class Counting:
    """A runner that answers what each example holds, and counts the positions it was given."""

    size_bytes = 0

    def __init__(self) -> None:
        self.positions: list[int] = []
        self.answers = np.zeros((1, 1))

    def prepare(self, inputs: Inputs) -> Inputs:
        return inputs

    def run(self, prepared: Inputs) -> Any:
        self.positions.append(prepared["input_ids"].size)
        self.answers = (prepared["input_ids"] * prepared["attention_mask"]).sum(axis=1, keepdims=True) * 1.0
        return self.answers

    def answer(self, outputs: Any) -> Any:
        """In memory that the next run overwrites, as OpenVINO does."""
        return outputs


def calls(lengths: list[int]) -> dict[str, Any]:
    width = max(lengths)
    mask = (np.arange(width) < np.array(lengths)[:, None]).astype(np.int64)
    ids = np.arange(1, len(lengths) * width + 1).reshape(len(lengths), width)
    return {"input_ids": ids, "attention_mask": mask}


@given(lengths=st.lists(st.integers(1, 40), min_size=1, max_size=24), run_tokens=st.integers(1, 100))
def test_every_example_is_answered_in_its_own_place_from_no_more_positions(lengths: list[int], run_tokens: int) -> None:
    inputs, runner = calls(lengths), Counting()
    parted = Bucketed(runner, run_tokens)

    answered = parted.answer(parted.run(parted.prepare(inputs)))

    assert answered.tolist() == Counting().run(inputs).tolist()
    assert sum(lengths) <= sum(runner.positions) <= inputs["input_ids"].size
    assert sum(runner.positions) + run_tokens * len(runner.positions) <= inputs["input_ids"].size + run_tokens


@given(lengths=st.lists(st.integers(1, 12), min_size=1, max_size=6), run_tokens=st.integers(1, 12))
def test_no_partition_is_cheaper(lengths: list[int], run_tokens: int) -> None:
    lengths = sorted(lengths)
    count = len(lengths)

    def cost(ends: tuple[int, ...]) -> int:
        edges = [0, *ends, count]
        return sum((end - start) * lengths[end - 1] + run_tokens for start, end in pairwise(edges))

    found = partition(lengths, max(lengths), run_tokens)

    assert sum(examples for examples, _ in found) == count
    assert sum(examples * width + run_tokens for examples, width in found) == min(
        cost(ends) for parts in range(count) for ends in combinations(range(1, count), parts)
    )


def test_a_network_that_attends_answers_the_same() -> None:
    network = zoo.transformer()
    (inputs, _), *_ = zoo.sentence_batches(batch_size=16)
    whole = torch_eager.load(network, Inference())
    parted = bucketed(torch_eager.load(network, Inference()), Inference(run_tokens=1))

    np.testing.assert_allclose(
        parted.answer(parted.run(parted.prepare(inputs))), whole.answer(whole.run(whole.prepare(inputs))), atol=1e-5
    )


def test_where_the_plan_asks_for_none_the_runner_stays_as_it_is() -> None:
    runner = torch_eager.load(zoo.transformer(), Inference())

    assert bucketed(runner, Inference()) is runner


@pytest.mark.parametrize(("mask", "length"), [([1, 1, 0, 0], 2), ([1, 1, 1, 1], 4), ([1, 0, 1, 0], 3), ([0, 0, 0, 0], 4)])
def test_an_example_is_as_long_as_up_to_its_last_position_that_is_read_or_all_of_it_where_none_is(
    mask: list[int], length: int
) -> None:
    assert lengths_of(np.array([mask])).tolist() == [length]
