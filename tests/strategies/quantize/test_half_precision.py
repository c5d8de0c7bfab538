"""Half precision is for processors that have it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from greenwright.machine import FEATURES
from greenwright.records.machines import Machine
from greenwright.records.models import Inference, OnnxModel
from greenwright.strategies.contract import Given, NotApplicableError, Plan
from greenwright.strategies.quantize import half_precision
from greenwright.testing import zoo
from greenwright.testing.strategies import Applied, StrategyContract, answers, given


def machine(*features: str) -> Machine:
    return Machine(cpu="a processor", core_count=1, memory_bytes=8_000_000_000, features=features)


class TestContract(StrategyContract):
    strategy = half_precision

    def plan(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net())

    def declined(self, tmp_path: Path) -> Plan:
        return Plan(model=OnnxModel(path=tmp_path / "model.onnx"), inference=Inference(runtime="onnxruntime"))

    def given(self, work_dir: Path, plan: Plan) -> Given:
        return given(half_precision.META, work_dir, zoo.digit_batches(), machine=machine("avx512_bf16"))

    def test_weights_take_half_the_bytes(self, applied: Applied) -> None:
        assert {torch.bfloat16} == {parameter.dtype for parameter in applied.result.model.parameters()}

    def test_it_takes_and_returns_32_bit_floats_close_to_the_baseline(self, applied: Applied) -> None:
        images = torch.as_tensor(applied.given.calibration[0])
        with torch.inference_mode():
            before, after = applied.plan.model(images), applied.result.model(images)

        assert torch.float32 == after.dtype
        assert (after - before).abs().max() < 0.05 * before.abs().max()


def test_a_processor_without_16_bit_arithmetic_declines() -> None:
    verdict = half_precision.check(Plan(model=zoo.mlp()), machine())

    assert not verdict.applies
    assert "a processor has no 16-bit arithmetic" in verdict.reason


def test_a_format_that_would_be_emulated_is_said_before_and_refused_after(tmp_path: Path) -> None:
    handed = given(half_precision.META, tmp_path, zoo.digit_batches(), machine=machine("avx512_bf16"))

    assert "fp16 would be emulated" in half_precision.check(Plan(model=zoo.mlp()), handed.machine).reason
    with pytest.raises(NotApplicableError, match="no fp16 arithmetic"):
        half_precision.apply(Plan(model=zoo.mlp()), replace(handed, choices={"format": "fp16"}))


def test_symbols_are_not_made_floats(tmp_path: Path) -> None:
    batches = zoo.sentence_batches()
    plan = Plan(model=zoo.transformer())
    result = half_precision.apply(plan, given(half_precision.META, tmp_path, batches, machine=machine("amx_bf16")))

    for inputs, _ in batches:
        np.testing.assert_allclose(answers(result, inputs), answers(plan, inputs), atol=0.05)


@pytest.mark.parametrize("format_name", ["bf16", "fp16"])
def test_this_package_can_see_a_feature_that_each_format_needs(format_name: str) -> None:
    assert half_precision.ARITHMETIC[format_name] & set(FEATURES)
