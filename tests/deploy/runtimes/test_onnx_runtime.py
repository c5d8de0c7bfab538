"""ONNX Runtime takes what the data has, and says what it cannot take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from greenwright.deploy.contract import run_once
from greenwright.deploy.runtimes import onnx_runtime
from greenwright.errors import BadInputError
from greenwright.records.models import Inference, OnnxModel

INFERENCE = Inference(runtime="onnxruntime")


def saved(
    path: Path, nodes: list[Any], element_type: int = TensorProto.FLOAT, names: tuple[str, ...] = ("a", "b")
) -> OnnxModel:
    """A graph over rows of two numbers, whose last node makes ``output``."""
    values = [helper.make_tensor_value_info(name, element_type, ["batch", 2]) for name in (*names, "output")]
    graph = helper.make_graph(nodes, "graph", values[:-1], values[-1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, path)
    return OnnxModel(path=path)


@pytest.fixture
def difference(tmp_path: Path) -> onnx_runtime.Session:
    """``a - b``."""
    return onnx_runtime.load(saved(tmp_path / "model.onnx", [helper.make_node("Sub", ["a", "b"], ["output"])]), INFERENCE)


FIVES, TWOS = np.full((3, 2), 5.0, dtype=np.float32), np.full((3, 2), 2.0, dtype=np.float32)


def test_named_inputs_are_taken_by_name(difference: onnx_runtime.Session) -> None:
    answered = run_once(difference, {"b": TWOS, "a": FIVES})

    assert (answered == 3.0).all()
    assert (3, 2) == answered.shape


def test_unnamed_inputs_are_taken_in_order(difference: onnx_runtime.Session) -> None:
    assert (run_once(difference, (FIVES, TWOS)) == 3.0).all()
    assert (run_once(difference, {"first": FIVES, "second": TWOS}) == 3.0).all()


def test_an_input_that_the_graph_does_not_ask_for_is_left_out(difference: onnx_runtime.Session) -> None:
    assert (run_once(difference, {"extra": FIVES, "a": FIVES, "b": TWOS}) == 3.0).all()


def test_a_missing_input_is_named(difference: onnx_runtime.Session) -> None:
    with pytest.raises(BadInputError, match=r"asks for inputs \['a', 'b'\], the data has \['input'\]"):
        difference.prepare(FIVES)


@pytest.mark.parametrize(
    ("element_type", "given", "taken"),
    [
        (TensorProto.INT64, np.int32, np.int64),
        (TensorProto.FLOAT, np.float64, np.float32),
        (TensorProto.INT32, np.int64, np.int32),
    ],
)
def test_arrays_come_in_the_type_that_the_graph_asks_for(tmp_path: Path, element_type: int, given: type, taken: type) -> None:
    nodes = [helper.make_node("Add", ["a", "a"], ["output"])]
    session = onnx_runtime.load(saved(tmp_path / "model.onnx", nodes, element_type, ("a",)), INFERENCE)
    prepared = session.prepare(np.ones((1, 2), dtype=given))

    assert taken == prepared["a"].dtype
    assert [[2, 2]] == session.answer(session.run(prepared)).tolist()


def test_arrays_that_lie_otherwise_in_memory_are_taken_too(difference: onnx_runtime.Session) -> None:
    turned = np.arange(6, dtype=np.float32).reshape(2, 3).T

    assert (run_once(difference, (turned, turned)) == 0.0).all()


@pytest.mark.parametrize("content", [b"", b"no model", None])
def test_a_file_that_is_no_model_is_bad_input(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(BadInputError, match="ONNX Runtime cannot load model.onnx: ."):
        onnx_runtime.load(OnnxModel(path=path), INFERENCE)


def test_its_size_is_that_of_the_file(tmp_path: Path, difference: onnx_runtime.Session) -> None:
    assert (tmp_path / "model.onnx").stat().st_size == difference.size_bytes


def test_it_runs_with_the_threads_that_the_plan_asks_for(tmp_path: Path) -> None:
    model = saved(tmp_path / "model.onnx", [helper.make_node("Sub", ["a", "b"], ["output"])])
    options = onnx_runtime.load(model, Inference(thread_count=2)).session.get_session_options()

    assert 2 == options.intra_op_num_threads
    assert 1 == options.inter_op_num_threads
