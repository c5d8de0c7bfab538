"""ONNX Runtime answers what PyTorch answered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from greenwright.machine import this_machine
from greenwright.records.models import Inference, OnnxModel
from greenwright.strategies.contract import NotApplicableError, Plan
from greenwright.strategies.runtime import onnx_runtime
from greenwright.testing import zoo
from greenwright.testing.strategies import Applied, StrategyContract, answers, given


class TestContract(StrategyContract):
    strategy = onnx_runtime

    def plan(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net())

    def declined(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net().bfloat16())

    def test_it_answers_what_eager_pytorch_answered(self, applied: Applied) -> None:
        for inputs in applied.given.calibration:
            np.testing.assert_allclose(answers(applied.result, inputs), answers(applied.plan, inputs), rtol=1e-4, atol=1e-5)

    def test_it_runs_in_onnx_runtime(self, applied: Applied) -> None:
        assert "onnxruntime" == applied.result.inference.runtime
        assert isinstance(applied.result.model, OnnxModel)


@pytest.mark.parametrize("runtime", ["onnxruntime", "torch"])
def test_an_onnx_file_runs_there_already(tmp_path: Path, runtime: str) -> None:
    plan = Plan(model=OnnxModel(path=tmp_path / "model.onnx"), inference=Inference(runtime=runtime))

    assert "already" in onnx_runtime.check(plan, this_machine()).reason


def test_without_an_exporter_it_does_not_apply(tmp_path: Path) -> None:
    handed = given(onnx_runtime.META, tmp_path, zoo.digit_batches(), to_onnx=None)

    with pytest.raises(NotApplicableError, match="no exporter"):
        onnx_runtime.apply(Plan(model=zoo.conv_net()), handed)
