"""Hidden states and attention, compared where there is no padding."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from greenwright.strategies import hints
from greenwright.testing import zoo

MASK = torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0]])


def states(seed: int = 0, width: int = 64) -> torch.Tensor:
    return torch.randn(2, 4, width, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("gap", [hints.state_gap, hints.relation_gap])
def test_a_student_like_its_teacher_is_no_distance_away(gap: object) -> None:
    assert callable(gap)
    assert gap(states(), states(), MASK) == pytest.approx(0, abs=1e-6)
    assert gap(states(), states(1), MASK) > 0.01
    assert gap(states(), states(1), None) > 0.01


@pytest.mark.parametrize("gap", [hints.state_gap, hints.relation_gap])
def test_padding_does_not_count(gap: object) -> None:
    assert callable(gap)
    other = states(1).masked_fill(MASK.unsqueeze(-1) == 0, 7.0)

    torch.testing.assert_close(gap(states(), other, MASK), gap(states(), states(1), MASK))


def test_relations_do_not_ask_for_the_same_width() -> None:
    narrow, wide = states(width=32), states(1, width=64)

    assert hints.relation_gap(narrow, wide, MASK) > 0
    assert hints.state_gap(narrow, wide, MASK) == 0


def test_a_mask_is_found_by_its_name() -> None:
    assert hints.mask_of({"input_ids": MASK, "attention_mask": MASK}) is MASK
    assert hints.mask_of({"input_ids": MASK}) is None
    assert hints.mask_of(MASK) is None


def test_queries_keys_and_values_are_overheard_beside_the_block() -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(
        vocab_size=128, hidden_size=32, num_hidden_layers=3, num_attention_heads=4, intermediate_size=64
    )
    module = transformers.BertModel(config).eval()
    inputs = {name: torch.as_tensor(array) for name, array in zoo.sentence_batches()[0][0].items()}
    with hints.overheard(module, ["encoder.layer.0", "encoder.layer.2"]) as heard, torch.no_grad():
        module(**inputs)

    assert {"state 0", "state 1", "relation 0", "relation 1", "relation 2"} == set(heard)
    assert heard["relation 0"].shape == heard["state 1"].shape


def test_what_multihead_attention_answers_stands_for_its_projections() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.MultiheadAttention(32, 4, batch_first=True)

        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            attended: torch.Tensor = rows + self.attention(rows, rows, rows, need_weights=False)[0]
            return attended

    module = nn.Sequential(Block(), Block())
    with hints.overheard(module, ["1"]) as heard:
        module(states(width=32))

    assert {"state 0", "relation 0"} == set(heard)
