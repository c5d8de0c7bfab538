"""OpenVINO takes what the data has, computes as precisely as it is told, and reports to nobody."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from greenwright.deploy.contract import run_once
from greenwright.errors import BadInputError
from greenwright.records.models import Inference, OnnxModel

pytest.importorskip("openvino")

from greenwright.deploy.runtimes import openvino

INFERENCE = Inference(runtime="openvino")
FIVES, TWOS = np.full((3, 2), 5.0, dtype=np.float32), np.full((3, 2), 2.0, dtype=np.float32)


def saved(
    path: Path, nodes: list[Any], element_type: int = TensorProto.FLOAT, names: tuple[str, ...] = ("a", "b")
) -> OnnxModel:
    """A graph over rows of two numbers, whose last node makes ``output``."""
    values = [helper.make_tensor_value_info(name, element_type, ["batch", 2]) for name in (*names, "output")]
    graph = helper.make_graph(nodes, "graph", values[:-1], values[-1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return OnnxModel(path=path)


@pytest.fixture
def difference(tmp_path: Path) -> openvino.Compiled:
    """``a - b``."""
    return openvino.load(saved(tmp_path / "model.onnx", [helper.make_node("Sub", ["a", "b"], ["output"])]), INFERENCE)


def test_named_inputs_are_taken_by_name_and_unnamed_ones_in_order(difference: openvino.Compiled) -> None:
    for inputs in ({"b": TWOS, "a": FIVES, "extra": FIVES}, (FIVES, TWOS), {"first": FIVES, "second": TWOS}):
        answered = run_once(difference, inputs)

        assert (answered == 3.0).all()
        assert (3, 2) == answered.shape


def test_an_answer_stays_when_the_next_comes(difference: openvino.Compiled) -> None:
    first = run_once(difference, (FIVES, TWOS))
    run_once(difference, (TWOS, TWOS))

    assert (first == 3.0).all()


def test_a_missing_input_is_named(difference: openvino.Compiled) -> None:
    with pytest.raises(BadInputError, match=r"asks for inputs \['a', 'b'\], the data has \['input'\]"):
        difference.prepare(FIVES)


@pytest.mark.parametrize(
    ("element_type", "given", "taken"),
    [(TensorProto.INT64, np.int32, np.int64), (TensorProto.FLOAT, np.float64, np.float32)],
)
def test_arrays_come_in_the_type_that_the_graph_asks_for(tmp_path: Path, element_type: int, given: type, taken: type) -> None:
    nodes = [helper.make_node("Add", ["a", "a"], ["output"])]
    runner = openvino.load(saved(tmp_path / "model.onnx", nodes, element_type, ("a",)), INFERENCE)
    prepared = runner.prepare(np.ones((1, 2), dtype=given))

    assert taken == prepared["a"].dtype
    assert [[2, 2]] == runner.answer(runner.run(prepared)).tolist()


@pytest.mark.parametrize("content", [b"", b"no model", None])
def test_a_file_that_is_no_model_is_bad_input(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(BadInputError, match="OpenVINO cannot load model.onnx: ."):
        openvino.load(OnnxModel(path=path), INFERENCE)


def test_it_is_told_the_threads_and_the_precision_of_the_plan(tmp_path: Path) -> None:
    told = openvino.config(Inference(runtime="openvino", thread_count=2, precision="bf16"))

    assert 2 == told["INFERENCE_NUM_THREADS"]
    assert "bf16" == told["INFERENCE_PRECISION_HINT"]
    assert "f32" == openvino.config(INFERENCE)["INFERENCE_PRECISION_HINT"]


def test_its_size_is_that_of_the_file(tmp_path: Path, difference: openvino.Compiled) -> None:
    assert (tmp_path / "model.onnx").stat().st_size == difference.size_bytes


ASKED = """
import socket, sys

def refuse(*given, **named):
    raise SystemExit(f"asked for {given}")

socket.getaddrinfo = socket.create_connection = refuse
from greenwright.offline import send_nothing
send_nothing()
import openvino, nncf.telemetry
from openvino.tools.ovc import telemetry
assert "openvino_telemetry.main" not in sys.modules, "it would report"
print(type(telemetry).__module__, type(nncf.telemetry.telemetry).__module__)
"""


@pytest.mark.slow
def test_nothing_is_reported_to_anybody(tmp_path: Path) -> None:
    pytest.importorskip("nncf")
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASKED], capture_output=True, text=True, check=False, env={"HOME": str(tmp_path)}
    )

    assert ended.stdout.strip() == "openvino.tools.ovc.telemetry_stub unittest.mock", ended.stderr
    assert list(tmp_path.iterdir()) == []
