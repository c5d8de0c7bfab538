"""Dynamic INT8 multiplies matrices in integers, for inputs of any size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from greenwright.machine import this_machine
from greenwright.records.models import OnnxModel
from greenwright.strategies import layers
from greenwright.strategies.contract import Given, Plan
from greenwright.strategies.quantize import dynamic_int8
from greenwright.testing import zoo
from greenwright.testing.strategies import Applied, StrategyContract, answers, given


class TestContract(StrategyContract):
    strategy = dynamic_int8

    def plan(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.mlp())

    def declined(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net())

    def given(self, work_dir: Path, plan: Plan) -> Given:
        return given(dynamic_int8.META, work_dir, zoo.digit_batches(flat=True))

    def test_every_linear_layer_multiplies_in_integers(self, applied: Applied) -> None:
        found = layers.operators(applied.result.model)

        assert 3 == found["MatMulInteger"]
        assert 0 == found["MatMul"] + found["Gemm"]

    def test_it_answers_close_to_the_floats(self, applied: Applied) -> None:
        before, after = (answers(plan, applied.given.calibration[0]) for plan in (applied.plan, applied.result))

        assert np.abs(after - before).max() < 0.1 * np.abs(before).max()


@pytest.mark.parametrize("per_channel", [True, False])
def test_batch_and_length_stay_free(transformer_file: Plan, tmp_path: Path, per_channel: bool) -> None:
    batches = zoo.sentence_batches()
    choices = {"per_channel": per_channel}
    result = dynamic_int8.apply(transformer_file, given(dynamic_int8.META, tmp_path, batches, choices=choices))
    file: OnnxModel = result.model

    assert layers.operators(file)["MatMulInteger"] > 0
    assert file.path.stat().st_size < transformer_file.model.path.stat().st_size
    for inputs, _ in [*batches, *zoo.sentence_batches(batch_size=1)]:
        before, after = answers(transformer_file, inputs), answers(result, inputs)
        assert np.abs(after - before).max() < 0.1


def test_the_layers_that_hold_the_weights_decide(conv_file: Plan, mlp_file: Plan) -> None:
    here = this_machine()

    assert not dynamic_int8.check(conv_file, here).applies
    assert dynamic_int8.check(mlp_file, here).applies
    assert dynamic_int8.check(Plan(model=zoo.transformer()), here).applies
    assert "INT8 convolutions cost more" in dynamic_int8.check(conv_file, here).reason


def test_a_quantized_file_is_not_quantized_again(mlp_file: Plan, tmp_path: Path) -> None:
    result = dynamic_int8.apply(mlp_file, given(dynamic_int8.META, tmp_path, zoo.digit_batches(flat=True)))

    assert "the model is quantized already" == dynamic_int8.check(result, this_machine()).reason
