"""Static INT8 computes in integers, close to the floats it came from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from greenwright.machine import this_machine
from greenwright.records.models import OnnxModel
from greenwright.strategies import layers
from greenwright.strategies.contract import Choices, NotApplicableError, Plan, defaults
from greenwright.strategies.quantize import static_int8
from greenwright.testing import zoo
from greenwright.testing.strategies import Applied, StrategyContract, answers, given


class TestContract(StrategyContract):
    strategy = static_int8

    def plan(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net())

    def declined(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.gru())

    def test_activations_and_weights_are_quantized(self, applied: Applied) -> None:
        found = layers.operators(applied.result.model)

        assert found["QuantizeLinear"] > 0
        assert found["DequantizeLinear"] >= found["QuantizeLinear"]


def quantized(plan: Plan, folder: Path, batches: zoo.Batches, choices: Choices) -> Plan:
    usual = defaults(static_int8.META)
    return static_int8.apply(plan, given(static_int8.META, folder, batches, choices=usual | choices))


@pytest.mark.parametrize("calibrate", ["minmax", "percentile", "entropy"])
def test_every_calibration_reads_the_digits_as_well(conv_file: Plan, tmp_path: Path, calibrate: str) -> None:
    result = quantized(conv_file, tmp_path, zoo.digit_batches(), {"calibrate": calibrate})
    ((images, _),) = zoo.digit_batches(200, 200, start=1500)
    before, after = answers(conv_file, images), answers(result, images)

    assert np.mean(before.argmax(1) == after.argmax(1)) > 0.95
    assert np.abs(after - before).mean() < 0.1 * np.abs(before).max()


@pytest.mark.parametrize("calibrate", ["minmax", "percentile", "entropy"])
def test_a_last_batch_of_fewer_examples_calibrates_too(
    conv_file: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str], calibrate: str
) -> None:
    result = quantized(conv_file, tmp_path, zoo.digit_batches(40), {"calibrate": calibrate})

    assert layers.operators(result.model)["QuantizeLinear"] > 0
    assert "" == capsys.readouterr().out


def test_with_matrix_multiplications_alone_convolutions_stay_in_float(conv_file: Plan, tmp_path: Path) -> None:
    import onnx

    result = quantized(conv_file, tmp_path, zoo.digit_batches(), {"operators": "matmul"})
    graph = onnx.load(result.model.path).graph
    made_by = {name: node.op_type for node in graph.node for name in node.output}
    weights_come_from = {node.op_type: made_by.get(node.input[1], "float") for node in graph.node if len(node.input) > 1}

    assert "float" == weights_come_from["Conv"]
    assert "DequantizeLinear" == weights_come_from["Gemm"]


@pytest.mark.parametrize("calibrate", ["minmax", "percentile", "entropy"])
def test_sentences_of_any_length_calibrate_and_are_answered_alike(
    transformer_file: Plan, tmp_path: Path, calibrate: str
) -> None:
    batches = zoo.sentence_batches()
    result = quantized(transformer_file, tmp_path, batches, {"operators": "matmul", "calibrate": calibrate})

    for inputs, _ in batches:
        np.testing.assert_allclose(answers(result, inputs), answers(transformer_file, inputs), atol=0.03)


def test_a_mask_of_infinities_has_no_range(transformer_file: Plan, tmp_path: Path) -> None:
    with pytest.raises(NotApplicableError, match="operators=matmul"):
        quantized(transformer_file, tmp_path, zoo.sentence_batches(), {"operators": "all", "calibrate": "percentile"})


def test_a_quantized_file_is_not_quantized_again(conv_file: Plan, tmp_path: Path) -> None:
    result = quantized(conv_file, tmp_path, zoo.digit_batches(), {})

    assert "the model is quantized already" == static_int8.check(result, this_machine()).reason
    assert (tmp_path / "static-int8.onnx").stat().st_size > 0


def test_a_file_whose_nodes_have_no_names_is_quantized_all_the_same(conv_file: Plan, tmp_path: Path) -> None:
    import onnx

    nameless = onnx.load(conv_file.model.path)
    for node in nameless.graph.node:
        node.name = ""
    onnx.save(nameless, tmp_path / "nameless.onnx")
    plan = replace(conv_file, model=OnnxModel(path=tmp_path / "nameless.onnx"))
    expected, found = (layers.operators(quantized(one, tmp_path, zoo.digit_batches(), {}).model) for one in (conv_file, plan))

    assert found["QuantizeLinear"] > 0
    assert expected == found


def test_what_hurts_most_a_multiplication_can_stay_in_float(mlp_file: Plan, tmp_path: Path) -> None:
    import onnx

    proto = onnx.load(mlp_file.model.path)
    first = next(node for node in proto.graph.node if node.op_type == "Gemm")
    weights = next(tensor for tensor in proto.graph.initializer if tensor.name == first.input[1])
    spoiled = onnx.numpy_helper.to_array(weights).copy()
    spoiled[:, 0] = 50.0  # over a corner of the pictures that is always white: it takes the levels of all other weights
    weights.CopyFrom(onnx.numpy_helper.from_array(spoiled, weights.name))
    onnx.save(proto, tmp_path / "spoiled.onnx")
    plan, batches = replace(mlp_file, model=OnnxModel(path=tmp_path / "spoiled.onnx")), zoo.digit_batches(flat=True)
    whole, spared = (quantized(plan, tmp_path / str(percent), batches, {"spared_percent": percent}) for percent in (0, 10))

    def error(found: Plan) -> float:
        return max(float(np.abs(answers(found, x) - answers(plan, x)).max()) for x, _ in batches)

    assert error(spared) < 0.2 * error(whole)
    assert f"left in float: {first.name}" in spared.notes
    assert 0 < layers.operators(spared.model)["QuantizeLinear"] < layers.operators(whole.model)["QuantizeLinear"]


def test_one_scale_a_tensor_is_a_choice(mlp_file: Plan, tmp_path: Path) -> None:
    import onnx

    result = quantized(mlp_file, tmp_path, zoo.digit_batches(flat=True), {"per_channel": False})
    scales = [tensor for tensor in onnx.load(result.model.path).graph.initializer if tensor.name.endswith("scale")]

    assert {1} == {int(np.prod(tensor.dims)) for tensor in scales}
