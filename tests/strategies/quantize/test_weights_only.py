"""Weights in 4 or 8 bits take that many bytes, and the answers stay close."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from greenwright.machine import this_machine
from greenwright.strategies import layers
from greenwright.strategies.contract import Given, NotApplicableError, Plan
from greenwright.strategies.quantize import weights_only
from greenwright.testing import zoo
from greenwright.testing.strategies import Applied, StrategyContract, answers, given


def wide() -> nn.Module:
    """``(batch, 64) -> (batch, 10)``, with a matrix of a million weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(64, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10)).eval()


class TestContract(StrategyContract):
    strategy = weights_only

    def plan(self, tmp_path: Path) -> Plan:
        return Plan(model=wide())

    def declined(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net())

    def given(self, work_dir: Path, plan: Plan) -> Given:
        return given(weights_only.META, work_dir, zoo.digit_batches(flat=True))

    def test_matrices_are_packed(self, applied: Applied) -> None:
        assert layers.operators(applied.result.model)["MatMulNBits"] == 3
        assert applied.result.notes == ("3 matrices in 4 bits",)


@pytest.mark.parametrize(("bits", "most_bytes", "most_error"), [(4, 1.2e6, 0.2), (8, 1.8e6, 0.02)])
def test_fewer_bits_are_fewer_bytes_and_more_error(tmp_path: Path, bits: int, most_bytes: float, most_error: float) -> None:
    batches = zoo.digit_batches(flat=True)
    result = weights_only.apply(
        Plan(model=wide()), given(weights_only.META, tmp_path, batches, choices={"bits": bits, "block": 32})
    )
    before, after = answers(Plan(model=wide()), batches[0][0]), answers(result, batches[0][0])

    assert result.model.path.stat().st_size < most_bytes
    assert np.abs(after - before).max() < most_error * np.abs(before).max()


def test_what_fits_into_the_caches_declines(mlp_file: Plan) -> None:
    assert "stay in the processor's caches" in weights_only.check(mlp_file, this_machine()).reason


def test_a_packed_file_counts_as_quantized(tmp_path: Path) -> None:
    result = weights_only.apply(Plan(model=wide()), given(weights_only.META, tmp_path, zoo.digit_batches(flat=True)))

    assert "the model is quantized already" == weights_only.check(result, this_machine()).reason


def test_a_graph_without_constant_matrices_does_not_apply(conv_file: Plan, tmp_path: Path) -> None:
    import onnx

    from greenwright.records.models import OnnxModel

    proto = onnx.load(conv_file.model.path)
    last = next(node for node in proto.graph.node if node.op_type == "Gemm")
    last.op_type = "Identity"
    del last.input[1:], last.attribute[:]
    for value in proto.graph.output:
        value.type.tensor_type.ClearField("shape")
    onnx.save(proto, tmp_path / "cut.onnx")

    with pytest.raises(NotApplicableError, match="no constant matrix"):
        weights_only.apply(
            Plan(model=OnnxModel(path=tmp_path / "cut.onnx"), inference=conv_file.inference),
            given(weights_only.META, tmp_path, zoo.digit_batches()),
        )
