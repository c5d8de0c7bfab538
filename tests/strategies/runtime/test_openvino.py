"""OpenVINO answers what PyTorch answered, in 32 bits, or in BF16 where the processor has it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from greenwright.machine import this_machine
from greenwright.records.machines import Machine
from greenwright.records.models import Inference, OnnxModel
from greenwright.strategies import packages
from greenwright.strategies.contract import Plan
from greenwright.strategies.quantize import dynamic_int8, static_int8
from greenwright.strategies.runtime import openvino
from greenwright.testing import zoo
from greenwright.testing.strategies import Applied, StrategyContract, answers, given

pytest.importorskip("openvino")


def machine(*features: str) -> Machine:
    return Machine(cpu="a processor", core_count=1, memory_bytes=8_000_000_000, features=features)


class TestContract(StrategyContract):
    strategy = openvino

    def plan(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net())

    def declined(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net().bfloat16())

    def test_it_runs_in_openvino_from_an_onnx_file(self, applied: Applied) -> None:
        assert "openvino" == applied.result.inference.runtime
        assert isinstance(applied.result.model, OnnxModel)

    def test_it_answers_close_to_what_eager_pytorch_answered(self, applied: Applied) -> None:
        for inputs in applied.given.calibration:
            before, after = answers(applied.plan, inputs), answers(applied.result, inputs)
            assert np.abs(after - before).max() < 0.05 * np.abs(before).max()


def test_without_bf16_the_answers_are_those_of_32_bits(tmp_path: Path) -> None:
    plan = Plan(model=zoo.conv_net())
    inputs, _ = zoo.digit_batches()[0]
    handed = given(openvino.META, tmp_path, zoo.digit_batches())
    wide = openvino.apply(plan, replace(handed, choices={"bf16": False}))

    assert "f32" == wide.inference.precision
    np.testing.assert_allclose(answers(wide, inputs), answers(plan, inputs), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("features", "wanted", "precision"),
    [(("avx512_bf16",), True, "bf16"), (("avx512_bf16",), False, "f32"), (("avx2",), True, "f32")],
)
def test_bf16_is_only_for_processors_that_have_it(
    conv_file: Plan, tmp_path: Path, features: tuple[str, ...], wanted: bool, precision: str
) -> None:
    handed = given(openvino.META, tmp_path, [], machine=machine(*features), choices={"bf16": wanted})

    assert precision == openvino.apply(conv_file, handed).inference.precision


def test_a_file_in_quantize_dequantize_form_runs_there_too(conv_file: Plan, tmp_path: Path) -> None:
    batches = zoo.digit_batches()
    quantized = static_int8.apply(conv_file, given(static_int8.META, tmp_path, batches))
    moved = openvino.apply(quantized, given(openvino.META, tmp_path, batches))

    assert openvino.check(quantized, this_machine()).applies
    before, after = answers(quantized, batches[0][0]), answers(moved, batches[0][0])
    assert np.abs(after - before).max() < 0.1 * np.abs(before).max()


def test_what_is_quantized_as_it_comes_has_no_kernels_there(mlp_file: Plan, tmp_path: Path) -> None:
    dynamic = dynamic_int8.apply(mlp_file, given(dynamic_int8.META, tmp_path, zoo.digit_batches(flat=True)))

    assert "as they come" in openvino.check(dynamic, this_machine()).reason


def test_it_does_not_apply_twice(tmp_path: Path) -> None:
    plan = Plan(model=OnnxModel(path=tmp_path / "model.onnx"), inference=Inference(runtime="openvino"))

    assert "the model runs in OpenVINO already" == openvino.check(plan, this_machine()).reason


def test_a_missing_package_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None)

    verdict = openvino.check(Plan(model=zoo.mlp()), this_machine())

    assert "it needs openvino, which is not installed: pip install 'greenwright[openvino]'" == verdict.reason
    assert not verdict.applies
