"""Pruned networks do less, and still read digits."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from greenwright.machine import this_machine
from greenwright.records.models import OnnxModel
from greenwright.strategies.contract import Given, NotApplicableError, Plan, defaults
from greenwright.strategies.prune import structured_channels
from greenwright.testing import zoo
from greenwright.testing.strategies import Applied, StrategyContract, answers, given

QUICK = defaults(structured_channels.META) | {"epoch_count": 1}


class TestContract(StrategyContract):
    strategy = structured_channels

    def plan(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net())

    def declined(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.transformer())

    def given(self, work_dir: Path, plan: Plan) -> Given:
        return given(structured_channels.META, work_dir, zoo.digit_batches(), choices=QUICK)

    def test_parameters_went(self, applied: Applied) -> None:
        before, after = (sum(map(torch.numel, plan.model.parameters())) for plan in (applied.plan, applied.result))

        assert after < 0.8 * before


def mac_count(module: nn.Module) -> float:
    import torch_pruning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(torch_pruning.utils.count_ops_and_params(module, torch.rand(1, 1, 8, 8))[0])


def accuracy(plan: Plan) -> float:
    ((images, targets),) = zoo.digit_batches(400, 400, start=1200)
    return float((answers(plan, images).argmax(1) == targets).mean())


@pytest.mark.parametrize("keep_share", [0.3, 0.6])
def test_about_the_share_that_was_asked_for_is_kept(trained: nn.Module, tmp_path: Path, keep_share: float) -> None:
    handed = given(structured_channels.META, tmp_path, zoo.digit_batches(), choices=QUICK | {"keep_share": keep_share})
    result = structured_channels.apply(Plan(model=trained), handed)
    kept_share = mac_count(result.model) / mac_count(trained)

    # Channels go eight at a time, and this network has but 16 or 32 a layer.
    assert 0.4 * keep_share < kept_share <= keep_share
    assert (f"{kept_share:.0%} of the multiply-adds left",) == result.notes


def test_what_pruning_forgot_is_learnt_again(trained: nn.Module, tmp_path: Path) -> None:
    choices = defaults(structured_channels.META) | {"keep_share": 0.5}
    handed = given(structured_channels.META, tmp_path, zoo.digit_batches(1024), choices=choices)
    forgetful, recovered = (
        structured_channels.apply(Plan(model=trained), replace(handed, choices=choices | {"epoch_count": epoch_count}))
        for epoch_count in (0, 5)
    )

    assert accuracy(forgetful) < accuracy(recovered)
    assert accuracy(recovered) > accuracy(Plan(model=trained)) - 0.1


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (zoo.transformer(), "attention"),
        (zoo.gru(), "recurrent"),
        (nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), "no hidden layer"),
        (OnnxModel(path=Path("model.onnx")), "ONNX file"),
    ],
    ids=["transformer", "gru", "one layer", "onnx"],
)
def test_what_it_cannot_prune_it_declines(model: object, reason: str) -> None:
    verdict = structured_channels.check(Plan(model=model), this_machine())

    assert not verdict.applies
    assert reason in verdict.reason


def test_without_a_loss_it_does_not_apply(tmp_path: Path) -> None:
    handed = given(structured_channels.META, tmp_path, zoo.digit_batches(), loss=None)

    with pytest.raises(NotApplicableError, match="no loss"):
        structured_channels.apply(Plan(model=zoo.conv_net()), handed)
