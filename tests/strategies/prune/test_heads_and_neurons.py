"""Heads and neurons go together with what makes and what reads them, and nothing else changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from greenwright.strategies import narrowing
from greenwright.strategies.contract import Given, NotApplicableError, Plan
from greenwright.strategies.prune import heads_and_neurons
from greenwright.testing import zoo
from greenwright.testing.strategies import Applied, StrategyContract, given

SENTENCES = zoo.sentence_batches()


def bert(**changes: Any) -> nn.Module:
    """A small BERT for two classes, as transformers makes it."""
    transformers = pytest.importorskip("transformers")
    usual = {
        "vocab_size": 128,
        "hidden_size": 32,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "num_labels": 2,
        "max_position_embeddings": 64,
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made: nn.Module = transformers.BertForSequenceClassification(transformers.BertConfig(**usual | changes)).eval()
    return made


class TestContract(StrategyContract):
    strategy = heads_and_neurons

    def plan(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.transformer())

    def declined(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net())

    def given(self, work_dir: Path, plan: Plan) -> Given:
        return given(heads_and_neurons.META, work_dir, SENTENCES, teacher=None if plan.is_onnx else plan.model)

    def test_neurons_are_removed(self, applied: Applied) -> None:
        assert applied.result.model.wide[0].out_features < applied.plan.model.wide[0].out_features
        assert "neurons removed" in applied.result.notes[0]


def test_a_bert_s_heads_and_neurons_are_found_without_their_names() -> None:
    found = narrowing.coupled(bert(), SENTENCES[0][0])

    assert 3 == sum(one.unit == 8 for one in found)
    assert 4 == sum(one.unit == 1 for one in found)  # three blocks, and the pooler with the classifier that reads it


def test_a_narrower_bert_runs_and_answers_nearly_what_it_did() -> None:
    module = bert()
    inputs = {name: torch.as_tensor(array) for name, array in SENTENCES[0][0].items()}
    slimmer, said = narrowing.narrowed(module, SENTENCES[0][0], 0.5)
    with torch.no_grad():
        before, after = module(**inputs).logits, slimmer(**inputs).logits

    assert "112 neurons removed and 6 heads removed" == said
    assert sum(p.numel() for p in slimmer.parameters()) < sum(p.numel() for p in module.parameters())
    assert (after - before).abs().max() < 0.5 * before.abs().max() + 0.1


def test_a_unit_that_adds_nothing_goes_first() -> None:
    module = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 4)).eval()
    with torch.no_grad():
        module[2].weight[:, ::2] = 0  # type: ignore[operator]  # every other neuron is read by nobody
    rows = np.random.default_rng(0).normal(size=(16, 8)).astype(np.float32)
    slimmer, _ = narrowing.narrowed(module, rows, 0.5)

    torch.testing.assert_close(slimmer(torch.as_tensor(rows)), module(torch.as_tensor(rows)))


def test_layers_that_something_else_reads_too_are_left_alone() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(8, 32), nn.Linear(32, 4)

        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            hidden = self.first(rows)
            answered: torch.Tensor = self.second(hidden) + (hidden * torch.arange(32)).sum(-1, keepdim=True)
            return answered

    with pytest.raises(NotApplicableError, match="no neurons or heads were found"):
        narrowing.narrowed(Twice().eval(), np.ones((4, 8), dtype=np.float32), 0.5)
