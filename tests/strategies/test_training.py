"""The one training loop."""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from greenwright.records.machines import Machine
from greenwright.strategies import training
from greenwright.strategies.contract import Given, NotApplicableError
from greenwright.strategies.runtime import onnx_runtime
from greenwright.testing import zoo
from greenwright.testing.strategies import given


def handed(work_dir: Path, **changes: Any) -> Given:
    return given(onnx_runtime.META, work_dir, zoo.digit_batches(256), **changes)


def fit(module: nn.Module, given: Given, *, epoch_count: int = 2, learning_rate: float = 0.05) -> None:
    loss = given.loss or nn.functional.mse_loss
    training.fit(
        module, lambda outputs, _, targets: loss(outputs, targets), given, epoch_count=epoch_count, learning_rate=learning_rate
    )


def loss_of(module: nn.Module) -> float:
    ((images, targets),) = zoo.digit_batches(256, 256)
    with torch.inference_mode():
        return float(nn.functional.cross_entropy(module(torch.as_tensor(images)), torch.as_tensor(targets)))


def test_the_loss_falls_and_normalisations_follow(tmp_path: Path) -> None:
    module: Any = zoo.conv_net()
    before, means = loss_of(module), module[1].running_mean.clone()
    fit(module, handed(tmp_path))

    assert loss_of(module) < before
    assert not torch.equal(means, module[1].running_mean)


def test_what_comes_back_is_ready_to_serve(tmp_path: Path) -> None:
    module = zoo.conv_net().train()
    fit(module, handed(tmp_path), epoch_count=1)

    assert not module.training
    assert all(parameter.is_contiguous() for parameter in module.parameters())


def test_the_seed_alone_decides(tmp_path: Path) -> None:
    untrained = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(64, 10))

    def trained(seed: int) -> torch.Tensor:
        torch.rand(3)
        module: Any = copy.deepcopy(untrained)
        fit(module, handed(tmp_path, seed=seed), epoch_count=1)
        return torch.as_tensor(module[2].weight.detach())

    assert torch.equal(trained(0), trained(0))
    assert not torch.equal(trained(0), trained(1))


def test_random_numbers_go_on_where_they_were(tmp_path: Path) -> None:
    before = torch.get_rng_state()
    fit(zoo.conv_net(), handed(tmp_path, seed=7), epoch_count=1)

    assert torch.equal(before, torch.get_rng_state())


def test_a_loss_that_is_no_number_any_more_ends_it(tmp_path: Path) -> None:
    with pytest.raises(NotApplicableError, match="a lower learning rate may hold"):
        fit(zoo.conv_net(), handed(tmp_path, loss=lambda outputs, targets: outputs.sum() * math.nan))


def test_without_a_train_set_nothing_is_trained(tmp_path: Path) -> None:
    with pytest.raises(NotApplicableError, match="no train set"):
        fit(zoo.conv_net(), handed(tmp_path, training=None))


def test_frozen_layers_stay_frozen(tmp_path: Path) -> None:
    module: Any = zoo.conv_net()
    frozen = module[0].requires_grad_(False)
    before = copy.deepcopy(frozen.state_dict())
    fit(module, handed(tmp_path), epoch_count=1)

    assert all(torch.equal(value, before[name]) for name, value in frozen.state_dict().items())


@pytest.mark.parametrize("features", [(), ("avx512_bf16",)])
def test_outputs_are_32_bit_floats_whatever_it_computes_in(tmp_path: Path, features: tuple[str, ...]) -> None:
    machine = Machine(cpu="a processor", core_count=1, memory_bytes=8_000_000_000, features=features)
    module = zoo.conv_net()
    images = torch.as_tensor(zoo.digit_batches()[0][0])
    with torch.inference_mode():
        outputs, expected = training.forward(module, images, handed(tmp_path, machine=machine)), module(images)

    assert torch.float32 == outputs.dtype
    assert torch.allclose(expected, outputs, atol=0.05)
