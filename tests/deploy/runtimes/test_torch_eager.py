"""PyTorch as users write it, on a copy of their module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from greenwright.deploy.contract import run_once
from greenwright.deploy.runtimes import torch_eager
from greenwright.records.models import Inference
from greenwright.testing import zoo


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """A runner sets PyTorch's threads for the process."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_a_later_change_of_the_module_does_not_change_the_runner() -> None:
    module: Any = zoo.mlp()
    inputs = zoo.digit_batches(4, flat=True)[0][0]
    runner = torch_eager.load(module, Inference())
    before = run_once(runner, inputs)
    nn.init.zeros_(module[0].weight)

    np.testing.assert_array_equal(before, run_once(runner, inputs))
    assert not np.array_equal(before, run_once(torch_eager.load(module, Inference()), inputs))


def test_it_answers_as_in_evaluation_and_leaves_the_module_in_training() -> None:
    module = nn.Sequential(nn.Dropout(0.5), nn.Linear(64, 10)).train()
    inputs = zoo.digit_batches(4, flat=True)[0][0]
    runner = torch_eager.load(module, Inference())

    np.testing.assert_array_equal(run_once(runner, inputs), run_once(runner, inputs))
    assert module.training


def test_inputs_may_be_named() -> None:
    inputs, targets = zoo.sentence_batches()[0]

    assert (len(targets), 2) == run_once(torch_eager.load(zoo.transformer(), Inference()), inputs).shape


@pytest.mark.parametrize(
    ("made", "answered"), [(torch.bfloat16, np.float32), (torch.float64, np.float32), (torch.int64, np.int64)]
)
def test_answers_are_32_bit_floats_or_whole_numbers(made: torch.dtype, answered: type) -> None:
    class To(nn.Module):
        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            return rows.to(made)

    assert answered == run_once(torch_eager.load(To(), Inference()), np.ones((2, 3), dtype=np.float32)).dtype


def test_its_size_is_that_of_weights_and_buffers() -> None:
    module = nn.Sequential(nn.Linear(4, 2), nn.BatchNorm1d(2))

    # Weights and biases, then scale, shift, mean and variance, and a counter of 8 bytes.
    assert 4 * (4 * 2 + 2) + 4 * (4 * 2) + 8 == torch_eager.load(module, Inference()).size_bytes


def test_it_runs_with_the_threads_that_the_plan_asks_for() -> None:
    torch_eager.load(zoo.mlp(), Inference(thread_count=2)).prepare(np.ones((1, 64), dtype=np.float32))

    assert 2 == torch.get_num_threads()
