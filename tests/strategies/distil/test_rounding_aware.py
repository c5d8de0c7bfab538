"""A model that has felt 8-bit rounding stands it better."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from greenwright.strategies import rounding
from greenwright.strategies.contract import NotApplicableError, Plan, defaults
from greenwright.strategies.distil import rounding_aware
from greenwright.strategies.quantize import static_int8
from greenwright.testing import zoo
from greenwright.testing.strategies import StrategyContract, answers, given


class TestContract(StrategyContract):
    strategy = rounding_aware

    def plan(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net())

    def declined(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.gru())


def spoiled() -> nn.Module:
    """Reads digits through a layer in which some weights are far larger than the rest, which 8 bits a channel cannot hold."""
    module = zoo.mlp()
    first = next(layer for layer in module.modules() if isinstance(layer, nn.Linear))
    with torch.no_grad():
        first.weight[:, 0] = 2.0  # over a corner that is always white
    return module


def test_what_rounding_had_spoiled_answers_like_the_float_model_again(tmp_path: Path) -> None:
    batches = zoo.digit_batches(256, flat=True)
    plan = Plan(model=spoiled())
    choices = defaults(rounding_aware.META) | {"epoch_count": 10, "learning_rate": 0.05}
    handed = given(rounding_aware.META, tmp_path / "aware", batches, choices=choices, teacher=plan.model, loss=None)
    aware = rounding_aware.apply(plan, replace(handed, classifies=False))

    def error(found: Plan) -> float:
        quantized = static_int8.apply(found, given(static_int8.META, tmp_path / str(id(found)), batches))
        return float(np.abs(answers(quantized, batches[0][0]) - answers(plan, batches[0][0])).mean())

    assert error(aware) < 0.7 * error(plan)


def test_the_rounding_is_gone_when_the_training_is() -> None:
    module = zoo.conv_net()
    before = {name: type(layer) for name, layer in module.named_modules()}
    weights = {name: value.clone() for name, value in module.state_dict().items()}
    inputs = torch.rand(2, 1, 8, 8)
    exact = module(inputs)
    with rounding.felt(module) as count:
        rounded = module.train()(inputs)

    module.eval()
    assert 4 == count
    assert not torch.equal(exact, rounded)
    assert before == {name: type(layer) for name, layer in module.named_modules()}
    assert {name for name in weights if "running" not in name and "num_batches" not in name} == {
        name for name, value in module.state_dict().items() if name in weights and torch.equal(value, weights[name])
    } - {name for name in weights if "running" in name or "num_batches" in name}


def test_gradients_pass_straight_through() -> None:
    module = zoo.mlp()
    with rounding.felt(module), torch.enable_grad():
        module.train()(torch.rand(4, 64)).sum().backward()
        gradients = [parameter.grad for parameter in module.parameters()]

    assert all(gradient is not None and gradient.abs().sum() > 0 for gradient in gradients)


def test_a_module_without_such_layers_does_not_apply(tmp_path: Path) -> None:
    with pytest.raises(NotApplicableError, match="no linear layer and no convolution"):
        rounding_aware.apply(Plan(model=nn.LayerNorm(64)), given(rounding_aware.META, tmp_path, zoo.digit_batches(flat=True)))
