"""The models of the zoo answer the data of the zoo."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from greenwright.strategies.contract import Plan
from greenwright.testing import zoo
from greenwright.testing.strategies import answers


@pytest.mark.parametrize(
    ("model", "batches", "class_count"),
    [
        (zoo.conv_net, zoo.digit_batches(), 10),
        (zoo.mlp, zoo.digit_batches(flat=True), 10),
        (zoo.transformer, zoo.sentence_batches(), 2),
        (zoo.gru, zoo.sentence_batches(masked=False), 2),
    ],
    ids=["conv_net", "mlp", "transformer", "gru"],
)
def test_each_model_of_the_zoo_answers_its_data_and_is_the_same_each_time(
    model: Callable[[], nn.Module], batches: zoo.Batches, class_count: int
) -> None:
    before = torch.get_rng_state()
    for inputs, targets in batches:
        answered = answers(Plan(model=model()), inputs)

        assert (len(targets), class_count) == answered.shape
        np.testing.assert_array_equal(answered, answers(Plan(model=model()), inputs))
    assert torch.equal(before, torch.get_rng_state())


def test_padding_does_not_change_what_the_transformer_answers() -> None:
    plan = Plan(model=zoo.transformer())
    together = answers(plan, zoo.sentence_batches(batch_size=16)[0][0])
    alone = np.concatenate([answers(plan, inputs) for inputs, _ in zoo.sentence_batches(batch_size=1)])

    np.testing.assert_allclose(together, alone, atol=1e-5)
