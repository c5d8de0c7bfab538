"""Taken apart, attention answers as before."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from greenwright.strategies import attention, narrowing
from greenwright.testing import zoo
from greenwright.testing.oddities import ODDITIES

ROWS = torch.randn(2, 5, 32, generator=torch.Generator().manual_seed(0))
OTHERS = torch.randn(2, 7, 32, generator=torch.Generator().manual_seed(1))
PADDING = torch.tensor([[False] * 5 + [True] * 2, [False] * 7])
CAUSAL = torch.triu(torch.ones(5, 7, dtype=torch.bool), 3)


def whole(**told: object) -> nn.MultiheadAttention:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made = nn.MultiheadAttention(32, 4, **({"batch_first": True} | told)).eval()
        if made.in_proj_bias is not None:
            nn.init.normal_(made.in_proj_bias)
        return made


@pytest.mark.parametrize("need_weights", [False, True])
@pytest.mark.parametrize(
    "masks",
    [
        {},
        {"key_padding_mask": PADDING},
        {"attn_mask": CAUSAL},
        {
            "attn_mask": torch.randn(8, 5, 7, generator=torch.Generator().manual_seed(2)),
            "key_padding_mask": PADDING.float() * -9,
        },
    ],
    ids=["none", "padding", "causal", "of every head"],
)
@pytest.mark.parametrize("told", [{}, {"bias": False}, {"batch_first": False}], ids=["plain", "no bias", "tokens first"])
def test_it_answers_as_pytorch_s(told: dict[str, object], masks: dict[str, torch.Tensor], *, need_weights: bool) -> None:
    layer = whole(**told)
    parts = [part if layer.batch_first else part.transpose(0, 1) for part in (ROWS, OTHERS, OTHERS)]
    expected, expected_weights = layer(*parts, need_weights=need_weights, **masks)
    answered, weights = attention.opened(layer)(*parts, need_weights=need_weights, **masks)

    torch.testing.assert_close(answered, expected)
    if need_weights:
        torch.testing.assert_close(weights, expected_weights)
    else:
        assert weights is None


def test_those_with_extras_of_their_own_stay() -> None:
    assert type(attention.opened(whole(add_bias_kv=True))) is nn.MultiheadAttention
    assert type(attention.opened(whole(kdim=16))) is nn.MultiheadAttention


@pytest.mark.parametrize("kind", ["encoder", "one layer"])
def test_heads_of_pytorch_s_attention_can_go(kind: str) -> None:
    module = zoo.transformer() if kind == "one layer" else ODDITIES["encoder"].make()
    inputs = zoo.sentence_batches()[0][0]
    slimmer, said = narrowing.narrowed(module, inputs, 0.5)
    opened = [layer for layer in slimmer.modules() if isinstance(layer, attention.OpenAttention)]

    assert "heads removed" in said
    assert {2} == {layer.num_heads for layer in opened}
    assert {16} == {layer.query_proj.out_features for layer in opened}
    assert all(isinstance(layer, nn.MultiheadAttention) or not hasattr(layer, "in_proj_weight") for layer in slimmer.modules())
