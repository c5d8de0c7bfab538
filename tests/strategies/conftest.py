"""Models that are costly to make, made once: a trained network, and ONNX files."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch import nn

from greenwright.records.models import Inference, OnnxModel
from greenwright.strategies import training
from greenwright.strategies.contract import Plan
from greenwright.strategies.runtime import onnx_runtime
from greenwright.testing import zoo
from greenwright.testing.strategies import given


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> nn.Module:
    """The convolution network, able to read digits."""
    module, batches = zoo.conv_net(), zoo.digit_batches(1024)
    handed = given(onnx_runtime.META, tmp_path_factory.mktemp("trained"), batches)
    assert handed.loss is not None
    loss = handed.loss
    training.fit(module, lambda outputs, _, targets: loss(outputs, targets), handed, epoch_count=6, learning_rate=0.05)
    return module


@pytest.fixture(scope="session")
def conv_file(tmp_path_factory: pytest.TempPathFactory, trained: nn.Module) -> Plan:
    """``trained`` in an ONNX file."""
    return _exported(trained, zoo.digit_batches(), tmp_path_factory.mktemp("conv_net"))


@pytest.fixture(scope="session")
def mlp_file(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The linear layers in an ONNX file."""
    return _exported(zoo.mlp(), zoo.digit_batches(flat=True), tmp_path_factory.mktemp("mlp"))


@pytest.fixture(scope="session")
def transformer_file(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The transformer in an ONNX file."""
    return _exported(zoo.transformer(), zoo.sentence_batches(), tmp_path_factory.mktemp("transformer"))


def _exported(module: nn.Module, batches: zoo.Batches, folder: Path) -> Plan:
    to_onnx = given(onnx_runtime.META, folder, batches).to_onnx
    assert to_onnx is not None
    model: OnnxModel = to_onnx(module, folder / "model.onnx")
    return Plan(model=model, inference=Inference(runtime="onnxruntime"))
