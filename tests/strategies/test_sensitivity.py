"""The layers that 8 bits hurt are found, with what sparing them costs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from greenwright.records.models import OnnxModel
from greenwright.strategies import calibration, sensitivity
from greenwright.strategies.contract import Plan
from greenwright.strategies.sensitivity import Layer

ROWS = np.random.default_rng(0).uniform(0, 1, (8, 64)).astype(np.float32)


def ranked(model: OnnxModel, folder: Path) -> list[Layer]:
    feeds = [{"input": ROWS}]
    return sensitivity.layers_by_harm(model, feeds, calibration.ranges(model, feeds, "minmax", None, folder), folder)


def test_every_matrix_is_weighed_with_its_multiplications(mlp_file: Plan, tmp_path: Path) -> None:
    found = ranked(mlp_file.model, tmp_path)

    assert {8 * 64 * 64, 8 * 64 * 32, 8 * 32 * 10} == {layer.multiply_count for layer in found}
    assert all(0 < layer.harm_ratio < 0.1 for layer in found)
    assert all(0 < layer.error_ratio < 0.1 for layer in found)


def test_a_layer_with_weights_that_8_bits_cannot_hold_comes_first(mlp_file: Plan, tmp_path: Path) -> None:
    proto = onnx.load(mlp_file.model.path)
    nodes = [node for node in proto.graph.node if node.op_type == "Gemm"]
    weights = next(tensor for tensor in proto.graph.initializer if tensor.name == nodes[0].input[1])
    spoiled = numpy_helper.to_array(weights).copy()
    spoiled[:, 0] *= 300  # in every output channel one weight far above the rest, over an input that is all but zero
    weights.CopyFrom(numpy_helper.from_array(spoiled, weights.name))
    onnx.save(proto, tmp_path / "spoiled.onnx")
    ROWS[:, 0] = 0

    found = ranked(OnnxModel(path=tmp_path / "spoiled.onnx"), tmp_path)

    assert max(found, key=lambda layer: layer.harm_ratio).multiply_count == 8 * 64 * 64


def layer(name: str, multiply_count: int) -> Layer:
    return Layer(name=name, kind="Gemm", harm_ratio=0.1, error_ratio=0.1, multiply_count=multiply_count)


def test_sparing_keeps_to_its_share_but_spares_at_least_one() -> None:
    found = [layer("a", 60), layer("b", 30), layer("c", 10)]

    assert ["a"] == [one.name for one in sensitivity.spared(found, 10)]
    assert ["a", "b"] == [one.name for one in sensitivity.spared(found, 90)]
    assert [] == sensitivity.spared(found, 0)
    assert [] == sensitivity.spared([], 25)
