"""Padding is left out where there is some, and where answers can be put together again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from greenwright.machine import this_machine
from greenwright.strategies.contract import Given, NotApplicableError, Plan
from greenwright.strategies.runtime import length_buckets
from greenwright.testing import zoo
from greenwright.testing.strategies import Applied, StrategyContract, answers, given


class TestContract(StrategyContract):
    strategy = length_buckets

    def plan(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.transformer())

    def given(self, work_dir: Path, plan: Plan) -> Given:
        return given(length_buckets.META, work_dir, zoo.sentence_batches(batch_size=8), teacher=plan.model)

    def declined(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net())

    def test_it_answers_what_it_answered(self, applied: Applied) -> None:
        inputs = applied.given.calibration[0]
        np.testing.assert_allclose(answers(applied.result, inputs), answers(applied.plan, inputs), rtol=1e-3, atol=1e-4)


def test_calls_without_padding_are_left_alone(tmp_path: Path) -> None:
    whole = [({"input_ids": np.ones((4, 6), dtype=np.int64), "attention_mask": np.ones((4, 6), dtype=np.int64)}, np.zeros(4))]

    with pytest.raises(NotApplicableError, match="only 0% of all positions are padding"):
        length_buckets.apply(Plan(model=zoo.transformer()), given(length_buckets.META, tmp_path, whole))


def test_padding_before_the_words_is_left_alone(tmp_path: Path) -> None:
    mask = np.array([[0, 0, 1, 1], [1, 1, 1, 1]])
    before = [({"input_ids": np.ones((2, 4), dtype=np.int64), "attention_mask": mask}, np.zeros(2))]

    with pytest.raises(NotApplicableError, match="before the words"):
        length_buckets.apply(Plan(model=zoo.transformer()), given(length_buckets.META, tmp_path, before))


class Tagger(nn.Module):
    """Answers for every symbol."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(128, 3)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.embedding(input_ids) * attention_mask.unsqueeze(-1)
        return scores


def test_a_model_that_answers_for_every_position_is_left_alone(tmp_path: Path) -> None:
    tagger = Tagger()
    handed = given(length_buckets.META, tmp_path, zoo.sentence_batches(batch_size=8), teacher=tagger)

    with pytest.raises(NotApplicableError, match="answers for every position"):
        length_buckets.apply(Plan(model=tagger), handed)


def test_a_model_without_a_mask_has_no_padding_to_leave_out() -> None:
    verdict = length_buckets.check(Plan(model=zoo.gru()), this_machine())

    assert not verdict.applies
    assert "takes no attention_mask" in verdict.reason
