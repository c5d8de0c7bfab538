"""The blocks that change least are left out, and the rest runs as before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from greenwright.strategies import depth
from greenwright.strategies.contract import Given, NotApplicableError, Plan
from greenwright.strategies.prune import blocks
from greenwright.testing import zoo
from greenwright.testing.strategies import Applied, StrategyContract, given

WIDTH = 64


class Block(nn.Module):
    """Adds what one hidden layer makes of the row, times a weight."""

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.hidden, self.back, self.weight = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH), weight

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        added: torch.Tensor = rows + self.weight * self.back(torch.relu(self.hidden(rows)))
        return added


class Deep(nn.Module):
    """Four blocks, of which the second and the last change next to nothing, and a head for ten classes."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([Block(weight) for weight in (1.0, 1e-4, 1.0, 1e-4)])
        self.head = nn.Linear(WIDTH, 10)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        for block in self.blocks:
            rows = block(rows)
        answered: torch.Tensor = self.head(rows)
        return answered


def deep() -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Deep().eval()


class TestContract(StrategyContract):
    strategy = blocks

    def plan(self, tmp_path: Path) -> Plan:
        return Plan(model=deep())

    def declined(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net())

    def given(self, work_dir: Path, plan: Plan) -> Given:
        batches = zoo.digit_batches(flat=True)
        return given(blocks.META, work_dir, batches, teacher=None if plan.is_onnx else plan.model)

    def test_it_says_which_were_kept(self, applied: Applied) -> None:
        assert 2 == len(applied.result.model.blocks)
        assert "of blocks blocks 1, 3 were kept" == applied.result.notes[0]


def test_those_that_change_next_to_nothing_are_left_out() -> None:
    module, rows = deep(), np.random.default_rng(0).normal(size=(16, WIDTH)).astype(np.float32)
    slimmer, kept = depth.shallower(module, rows, 0.5)

    assert [("blocks", [0, 2])] == kept
    torch.testing.assert_close(slimmer(torch.as_tensor(rows)), module(torch.as_tensor(rows)), rtol=1e-2, atol=1e-2)


def test_a_bert_gets_shallower_and_counts_its_layers_anew() -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(
        vocab_size=128,
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    module = transformers.BertForSequenceClassification(config).eval()
    inputs = zoo.sentence_batches()[0][0]
    slimmer, kept = depth.shallower(module, inputs, 0.5)

    assert 2 == len(kept[0][1]) == slimmer.config.num_hidden_layers  # type: ignore[union-attr]  # a transformers model has one
    assert 4 == module.config.num_hidden_layers
    with torch.no_grad():
        assert (4, 2) == slimmer(**{name: torch.as_tensor(array) for name, array in inputs.items()}).logits.shape


def test_in_rounds_places_are_still_those_of_the_whole_model(tmp_path: Path) -> None:
    batches = zoo.digit_batches(flat=True)
    told = given(blocks.META, tmp_path, batches, teacher=deep())
    result = blocks.apply(Plan(model=deep()), replace(told, choices=dict(told.choices) | {"round_count": 2}))

    assert "of blocks blocks 1, 3 were kept" == result.notes[0]


def test_a_block_that_the_rest_cannot_do_without_stays() -> None:
    pictures = nn.Sequential(
        nn.Sequential(nn.Conv2d(1, 8, 3, stride=2), nn.ReLU()),
        nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU()),
        nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU()),
    )
    slimmer, kept = depth.shallower(nn.Sequential(pictures, nn.Flatten()).eval(), np.ones((2, 1, 8, 8), dtype=np.float32), 0.2)

    assert [("0", [0])] == kept
    assert len(slimmer[0]) == 1  # type: ignore[index]  # a list of blocks


def test_of_blocks_of_blocks_the_outer_go_and_the_inner_are_left_as_they_are() -> None:
    stages = nn.Sequential(*(nn.Sequential(*(Block(1.0) for _ in range(3))) for _ in range(4))).eval()
    slimmer, kept = depth.shallower(nn.Sequential(stages, nn.Identity()), np.ones((2, WIDTH), dtype=np.float32), 0.5)

    assert ["0"] == [name for name, _ in kept]
    assert sum(isinstance(layer, Block) for layer in slimmer.modules()) == 6


def test_a_module_without_blocks_does_not_apply() -> None:
    with pytest.raises(NotApplicableError, match="no list of like blocks"):
        depth.shallower(zoo.mlp(), np.ones((2, 64), dtype=np.float32), 0.5)
