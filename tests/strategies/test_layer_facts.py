"""What became of each layer is read from the file that is released."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from greenwright.strategies import layer_facts
from greenwright.strategies.contract import Plan
from greenwright.strategies.quantize import dynamic_int8, static_int8, weights_only
from greenwright.testing import zoo
from greenwright.testing.strategies import given

COUNTS = [64 * 64, 64 * 32, 32 * 10]


def test_floats_are_in_32_bits_and_not_rounded(mlp_file: Plan) -> None:
    found = layer_facts.facts(mlp_file.model)

    assert COUNTS == [fact.weight_count for fact in found]
    assert {(32, None)} == {(fact.bits, fact.error_ratio) for fact in found}


@pytest.mark.parametrize("strategy", [static_int8, dynamic_int8])
def test_integers_are_in_8_bits_with_the_error_of_their_rounding(mlp_file: Plan, tmp_path: Path, strategy: object) -> None:
    result = strategy.apply(mlp_file, given(strategy.META, tmp_path, zoo.digit_batches(flat=True)))  # type: ignore[attr-defined]  # a strategy
    found = layer_facts.facts(result.model)

    assert COUNTS == [fact.weight_count for fact in found]
    assert {8} == {fact.bits for fact in found}
    for fact in found:
        assert fact.error_ratio == pytest.approx(0.0045, rel=0.4)  # uniform weights: a step is 1/127 of their bound
        assert 0 <= fact.zero_share < 0.02


def test_packed_weights_tell_their_bits(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Linear(64, 512), nn.ReLU(), nn.Linear(512, 10)).eval()
    batches = zoo.digit_batches(flat=True)
    errors = {}
    for bits in (4, 8):
        handed = given(weights_only.META, tmp_path / str(bits), batches, choices={"bits": bits, "block": 32})
        found = layer_facts.facts(weights_only.apply(Plan(model=module), handed).model)
        assert [64 * 512, 512 * 10] == [fact.weight_count for fact in found]
        assert {bits} == {fact.bits for fact in found}
        errors[bits] = found[0].error_ratio

    assert errors[4] is not None
    assert errors[8] is not None
    assert errors[4] / errors[8] == pytest.approx(16, rel=0.3)


def test_a_module_tells_its_zeros_and_half_precision() -> None:
    module = zoo.mlp()
    with torch.no_grad():
        module[0].weight[:, :32] = 0  # type: ignore[index]  # a Linear
    found = layer_facts.facts(module.bfloat16())

    assert COUNTS == [fact.weight_count for fact in found]
    assert {16} == {fact.bits for fact in found}
    assert 0.5 == pytest.approx(found[0].zero_share)


def test_the_estimate_is_what_rounding_really_does() -> None:
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(64, 64)).astype(np.float32)
    scale = np.abs(weights).max() / 127
    real = np.sqrt(np.mean((np.round(weights / scale) * scale - weights) ** 2)) / np.sqrt(np.mean(weights**2))

    class Node:
        name, op_type = "one", "Gemm"

    fact = layer_facts._rounded(Node(), np.round(weights / scale).astype(np.int8), np.array(scale))

    assert fact is not None
    assert fact.error_ratio == pytest.approx(float(real), rel=0.05)
