"""Slimmer copies do less, and the module they were made from stays whole."""

from __future__ import annotations

import copy
import warnings

import pytest
import torch
from torch import nn

from greenwright.batches import Inputs, call, each
from greenwright.strategies import slimming
from greenwright.strategies.contract import NotApplicableError
from greenwright.testing import zoo
from greenwright.testing.oddities import ODDITIES

IMAGES = zoo.digit_batches(8, 8)[0][0]


def mac_count(module: nn.Module, sample: torch.Tensor) -> float:
    import torch_pruning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(torch_pruning.utils.count_ops_and_params(module, sample)[0])


@pytest.mark.parametrize("keep_share", [0.3, 0.7])
def test_the_share_it_reports_is_the_share_that_is_left(keep_share: float) -> None:
    module, sample = zoo.conv_net(), torch.as_tensor(IMAGES[:2])
    slimmer, kept_share, _ = slimming.slim(module, IMAGES, keep_share)

    assert kept_share == pytest.approx(mac_count(slimmer, sample) / mac_count(module, sample))
    assert kept_share <= keep_share
    assert (8, 10) == slimmer(torch.as_tensor(IMAGES)).shape


def test_the_module_itself_stays_whole() -> None:
    module = zoo.conv_net().train()
    before = copy.deepcopy(module.state_dict())
    slimmer, *_ = slimming.slim(module, IMAGES, 0.5)

    assert module.training
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert all(parameter.grad is None for parameter in slimmer.parameters())


class Two(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(64, 64), nn.Linear(64, 64)
        self.head = nn.Linear(64, 10)

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        answered: torch.Tensor = self.head(torch.relu(self.left(left) + self.right(right)))
        return answered


@pytest.mark.parametrize("kind", [tuple, list, dict])
def test_inputs_may_be_several(kind: type) -> None:
    flat = IMAGES.reshape(8, 64)
    sample: Inputs = {"left": flat, "right": flat} if kind is dict else kind([flat, flat])
    slimmer, kept_share, _ = slimming.slim(Two(), sample, 0.5)

    assert kept_share <= 0.5
    assert (8, 10) == slimmer(torch.as_tensor(flat), torch.as_tensor(flat)).shape


class Restless(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(64, 64), nn.Linear(64, 64)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        answered: torch.Tensor = self.second(self.first(images)).reshape(-1, 8, 8)
        return answered * torch.ones(1, self.first.out_features // 8, 1)


def test_a_module_that_cannot_be_followed_says_why() -> None:
    with pytest.raises(NotApplicableError, match="Torch-Pruning cannot follow this module: RuntimeError"):
        slimming.slim(Restless(), IMAGES.reshape(8, 64), 0.5)


def test_a_refusal_is_nothing_where_there_are_channels_to_remove() -> None:
    assert "" == slimming.refusal(zoo.conv_net())
    assert "" == slimming.refusal(zoo.mlp())


def test_layers_that_nothing_can_follow_are_left_alone_and_named() -> None:
    oddity = ODDITIES["two inputs"]
    module, sample = oddity.make(), oddity.batches()[0][0]
    slimmer, kept_share, left_alone = slimming.slim(module, sample, 0.6)

    assert ["picture.2", "numbers.0"] == left_alone
    assert kept_share < 1
    assert call(slimmer, each(torch.as_tensor, sample)).shape == (32, 10)
