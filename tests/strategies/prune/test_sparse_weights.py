"""Zeros among the weights are only worth something where a kernel skips them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from torch import nn

from greenwright.machine import this_machine
from greenwright.records.models import Inference, OnnxModel
from greenwright.strategies import sparsity
from greenwright.strategies.contract import Choices, NotApplicableError, Plan, defaults
from greenwright.strategies.prune import sparse_weights
from greenwright.testing import zoo
from greenwright.testing.strategies import Applied, StrategyContract, given


@pytest.fixture
def kernels_that_skip_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that has them."""
    monkeypatch.setattr(sparsity, "time_ratio", {"unstructured": 0.3, "2:4": 0.6}.__getitem__)


@pytest.mark.usefixtures("kernels_that_skip_zeros")
class TestContract(StrategyContract):
    strategy = sparse_weights

    def plan(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net())

    def declined(self, tmp_path: Path) -> Plan:
        return Plan(model=OnnxModel(path=tmp_path / "model.onnx"), inference=Inference(runtime="onnxruntime"))

    def test_as_many_weights_are_zero_as_were_asked_for(self, applied: Applied) -> None:
        assert 0.9 == pytest.approx(zero_share(applied.result.model), abs=0.01)
        assert applied.result.notes == ("90% of the multiplied weights are zero",)


def zero_share(module: nn.Module) -> float:
    weights = [layer.weight for layer in module.modules() if isinstance(layer, nn.Linear | nn.Conv2d)]
    return sum(int((weight == 0).sum()) for weight in weights) / sum(weight.numel() for weight in weights)


def pruned(folder: Path, choices: Choices) -> nn.Module:
    usual = defaults(sparse_weights.META) | {"epoch_count": 1}
    handed = given(sparse_weights.META, folder, zoo.digit_batches(), choices=usual | choices)
    module: nn.Module = sparse_weights.apply(Plan(model=zoo.conv_net()), handed).model
    return module


@pytest.mark.parametrize("score", ["magnitude", "taylor"])
@pytest.mark.parametrize("scope", ["layer", "global"])
def test_weights_are_ranked_by_layer_or_all_together(tmp_path: Path, scope: str, score: str) -> None:
    module = pruned(tmp_path, {"scope": scope, "score": score, "zero_share": 0.5})
    shares = [zero_share(layer) for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]

    assert 0.5 == pytest.approx(zero_share(module), abs=0.02)
    assert max(shares) - min(shares) < (0.02 if scope == "layer" else 0.5)


def test_of_every_four_inputs_two_stay(tmp_path: Path) -> None:
    module = pruned(tmp_path, {"pattern": "2:4"})
    wide = next(layer for layer in module.modules() if isinstance(layer, nn.Conv2d) and layer.in_channels == 16)

    assert {2} == set((wide.weight.flatten(1).reshape(-1, 4) != 0).sum(1).tolist())


def test_without_a_loss_it_does_not_apply(tmp_path: Path) -> None:
    handed = given(sparse_weights.META, tmp_path, zoo.digit_batches(), loss=None)

    with pytest.raises(NotApplicableError, match="no loss to fine-tune with"):
        sparse_weights.apply(Plan(model=zoo.conv_net()), handed)


@pytest.mark.slow
def test_the_kernels_of_this_machine_save_nothing_on_zeros_and_so_it_declines() -> None:
    verdict = sparse_weights.check(Plan(model=zoo.conv_net()), this_machine())

    assert not verdict.applies
    assert "the kernels of this machine do not skip zeros" in verdict.reason
    assert sparsity.time_ratio("unstructured") > sparsity.WORTH_RATIO
    assert sparsity.time_ratio("2:4") > sparsity.WORTH_RATIO


@pytest.mark.parametrize(("pattern", "share"), [("unstructured", 0.1), ("2:4", 0.5)])
def test_the_probe_keeps_the_largest_weights(pattern: str, share: float) -> None:
    weights = np.random.default_rng(0).normal(size=(64, 64)).astype(np.float32)
    kept = sparsity.mask_of(weights, pattern)

    assert share == pytest.approx(kept.mean(), abs=0.01)
    assert np.abs(weights[kept]).mean() > np.abs(weights[~kept]).mean()
