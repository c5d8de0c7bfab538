"""Two plans become one file, run as both of them were."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from greenwright.machine import this_machine
from greenwright.records.models import Inference
from greenwright.strategies import layers
from greenwright.strategies.contract import Given, NotApplicableError, Plan
from greenwright.strategies.gate import cascade
from greenwright.strategies.quantize import static_int8
from greenwright.strategies.runtime import onnx_runtime
from greenwright.testing import zoo
from greenwright.testing.strategies import StrategyContract, answers, given


def shallow() -> nn.Module:
    """``(batch, 1, 8, 8) -> (batch, 10)``, the same at every call."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 10)).eval()


class TestContract(StrategyContract):
    strategy = cascade

    def plan(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net())

    def declined(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net().half())

    def given(self, work_dir: Path, plan: Plan) -> Given:
        return given(cascade.META, work_dir, zoo.digit_batches(), first=Plan(model=shallow()))


@pytest.fixture
def quantized(conv_file: Plan, tmp_path: Path) -> Plan:
    return static_int8.apply(conv_file, given(static_int8.META, tmp_path / "int8", zoo.digit_batches()))


@pytest.fixture
def first(tmp_path: Path) -> Plan:
    return onnx_runtime.apply(Plan(model=shallow()), given(onnx_runtime.META, tmp_path / "first", zoo.digit_batches()))


def joined(first: Plan, second: Plan, folder: Path, threshold: float) -> Plan:
    return cascade.apply(
        second, given(cascade.META, folder, zoo.digit_batches(), first=first, choices={"threshold": threshold})
    )


@pytest.mark.parametrize(("threshold", "kept"), [(0.0, "first"), (1e6, "second")])
def test_the_threshold_decides_who_answers(threshold: float, kept: str, first: Plan, quantized: Plan, tmp_path: Path) -> None:
    ((images, _),) = zoo.digit_batches(50, 50)
    made = joined(first, quantized, tmp_path / "cascade", threshold)

    np.testing.assert_array_equal(answers({"first": first, "second": quantized}[kept], images), answers(made, images))


def test_integers_stay_integers_within(first: Plan, quantized: Plan, tmp_path: Path) -> None:
    made = joined(first, quantized, tmp_path / "cascade", 1.0)
    quantizers = layers.operators(quantized.model)["QuantizeLinear"]

    assert layers.operators(made.model)["QuantizeLinear"] == quantizers > 0
    assert layers.weight_counts(made.model)[layers.CONVOLUTION] == layers.weight_counts(quantized.model)[layers.CONVOLUTION] > 0


def test_the_history_tells_how_the_first_model_was_made(first: Plan, quantized: Plan, tmp_path: Path) -> None:
    made = joined(first, quantized, tmp_path / "cascade", 1.0)

    assert [step.strategy for step in made.history] == ["static-int8", "cascade"]
    assert made.history[-1].first == first.history


def test_it_says_no_without_a_first_model(quantized: Plan, tmp_path: Path) -> None:
    with pytest.raises(NotApplicableError, match="no smaller model"):
        cascade.apply(quantized, given(cascade.META, tmp_path, zoo.digit_batches()))


def test_models_that_run_elsewhere_do_not_fit_into_one_file(first: Plan, quantized: Plan, tmp_path: Path) -> None:
    elsewhere = replace(first, inference=Inference(runtime="openvino"))

    with pytest.raises(NotApplicableError, match="openvino"):
        joined(elsewhere, quantized, tmp_path / "cascade", 1.0)


def test_a_cascade_is_not_put_into_another(first: Plan, quantized: Plan, tmp_path: Path) -> None:
    made = joined(first, quantized, tmp_path / "cascade", 1.0)

    assert not cascade.check(made, this_machine()).applies
    assert cascade.check(quantized, this_machine()).applies


def test_openvino_runs_it_too(first: Plan, conv_file: Plan, tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    ((images, _),) = zoo.digit_batches(40, 40)
    told = Inference(runtime="openvino")
    before, after = (replace(plan, inference=told) for plan in (first, conv_file))
    made = joined(before, after, tmp_path / "cascade", 0.3)
    small, large = answers(before, images), answers(after, images)

    for found, one, other in zip(answers(made, images), small, large, strict=True):
        assert np.allclose(found, one, atol=1e-4) or np.allclose(found, other, atol=1e-4)
