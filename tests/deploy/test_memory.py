"""Peak memory of a process that only runs the model."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from torch import nn

from greenwright.deploy.memory import WORKLOAD_MODULE, peak_memory_bytes
from greenwright.deploy.runtimes import MEMBERS
from greenwright.deploy.source_file import import_file
from greenwright.records.models import Inference, OnnxModel

MB = 1_000_000
WEIGHT_COUNT = 10_000_000

WORKLOAD = """
from torch import nn

class Network(nn.Sequential):
    pass

def network():
    return Network(nn.Linear(4, 2))
"""


def doubled(path: Path, weight_count: int) -> OnnxModel:
    """A graph that adds its input to itself, with so many weights as an output of its own."""
    weights = helper.make_tensor(
        "weights", TensorProto.FLOAT, [weight_count], np.ones(weight_count, np.float32).tobytes(), raw=True
    )
    rows = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 4]) for name in ("rows", "output")]
    more = helper.make_tensor_value_info("more", TensorProto.FLOAT, [weight_count])
    nodes = [helper.make_node("Add", ["rows", "rows"], ["output"]), helper.make_node("Neg", ["weights"], ["more"])]
    graph = helper.make_graph(nodes, "graph", rows[:1], [rows[1], more], [weights])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return OnnxModel(path=path)


ROWS = np.ones((2, 4), dtype=np.float32)


def test_a_file_takes_more_memory_the_more_it_holds(tmp_path: Path) -> None:
    small, large = (
        peak_memory_bytes(doubled(tmp_path / f"{count}.onnx", count), Inference(), MEMBERS["onnxruntime"], ROWS, None)
        for count in (4, WEIGHT_COUNT)
    )

    assert small is not None
    assert large is not None
    assert 20 * MB < small < 1000 * MB
    assert large - small > 0.9 * 4 * WEIGHT_COUNT


def test_a_module_defined_in_a_workload_file_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setitem(sys.modules, WORKLOAD_MODULE, sys)
    file = tmp_path / "workload.py"
    file.write_text(WORKLOAD)
    module = import_file(file, WORKLOAD_MODULE).network()
    peak = peak_memory_bytes(module, Inference(), MEMBERS["torch"], ROWS, file)

    assert peak is not None
    assert 50 * MB < peak < 4000 * MB


def test_a_module_that_cannot_be_pickled_is_not_measured() -> None:
    module = nn.Linear(4, 2)
    module.note = lambda: "no lambda can be pickled"  # type: ignore[assignment]  # any attribute would do

    assert peak_memory_bytes(module, Inference(), MEMBERS["torch"], ROWS, None) is None


def test_a_file_that_cannot_be_run_is_not_measured(tmp_path: Path) -> None:
    gone = OnnxModel(path=tmp_path / "gone.onnx")

    assert peak_memory_bytes(gone, Inference(), MEMBERS["onnxruntime"], ROWS, None) is None
