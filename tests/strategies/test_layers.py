"""Where the weights stand, in a module and in the file it became."""

from __future__ import annotations

import pytest
from torch import nn

from greenwright.strategies import layers
from greenwright.strategies.contract import Plan
from greenwright.strategies.layers import CONVOLUTION, MULTIPLICATION, OTHER, RECURRENT
from greenwright.testing import zoo


def test_each_kind_of_layer_is_counted_by_its_weights() -> None:
    counts = layers.weight_counts(zoo.conv_net())

    assert (16 * 9 + 16) + (32 * 16 * 9 + 32) + (32 * 32 * 9 + 32) == counts[CONVOLUTION]
    assert 32 * 10 + 10 == counts[MULTIPLICATION]
    assert 2 * 16 + 2 * 32 == counts[OTHER]


def test_attention_multiplies_and_recurrent_layers_recur() -> None:
    attention, recurrent = layers.weight_counts(nn.MultiheadAttention(8, 2)), layers.weight_counts(zoo.gru())

    assert 4 * (8 * 8 + 8) == attention[MULTIPLICATION] == attention.total()
    assert 2 * 3 * (32 * 32 + 32) == recurrent[RECURRENT]
    assert 128 * 32 == recurrent[OTHER]


def test_an_exported_network_holds_its_weights_where_the_module_does(trained: nn.Module, conv_file: Plan) -> None:
    in_module, in_file = layers.weight_counts(trained), layers.weight_counts(conv_file.model)

    assert in_module[CONVOLUTION] == in_file[CONVOLUTION]
    assert in_module[MULTIPLICATION] == in_file[MULTIPLICATION]


def test_exported_linear_layers_hold_theirs(mlp_file: Plan) -> None:
    assert layers.weight_counts(zoo.mlp()) == +layers.weight_counts(mlp_file.model)


def test_a_share_is_of_the_weights_that_are_multiplied(transformer_file: Plan) -> None:
    in_module = layers.share(layers.weight_counts(zoo.transformer()), MULTIPLICATION)
    in_file = layers.share(layers.weight_counts(transformer_file.model), MULTIPLICATION)

    assert 1.0 == in_module == in_file
    assert 0.0 == layers.share(layers.weight_counts(nn.ReLU()), CONVOLUTION)


@pytest.mark.parametrize(("half", "module"), [(True, zoo.mlp().bfloat16()), (True, zoo.mlp().half()), (False, zoo.mlp())])
def test_half_precision_is_seen(half: bool, module: nn.Module) -> None:
    assert half == layers.is_half(module)


def test_operators_are_counted(mlp_file: Plan) -> None:
    assert {"Gemm": 3, "Relu": 2} == layers.operators(mlp_file.model)
