"""Whether zeros among the weights save anything here: the kernels of this machine, asked instead of believed.

Unstructured and 2:4 sparsity promise half the multiply-adds and more, but only a kernel that skips zeros delivers. The probe multiplies
by a dense matrix and by the same with zeros, in the runtime that would serve it, in turn, and compares CPU time.

Source: Hooker 2020, "The Hardware Lottery", arXiv:2009.06489; Mishra et al. 2021, "Accelerating Sparse Deep Neural Networks",
arXiv:2104.08378 (2:4, on tensor cores).
"""

from __future__ import annotations

import time
from functools import cache
from statistics import median
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
SIZE = 512
ROW_COUNT = 32
ROUND_COUNT = 7
CALLS_A_ROUND = 12
WORTH_RATIO = 0.9
"""Time with zeros over time without: a saving under a tenth is not told from noise."""


@cache
def time_ratio(pattern: str) -> float:
    """CPU time of a matrix multiplication whose weights have zeros, over that of the dense one.

    Args:
        pattern: ``unstructured`` (nine of ten weights zero, anywhere) or ``2:4`` (two of every four).
    """
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(SIZE, SIZE)).astype(np.float32)
    rows = rng.normal(size=(ROW_COUNT, SIZE)).astype(np.float32)
    sessions = [_session(dense), _session(np.where(mask_of(dense, pattern), dense, np.float32(0)))]
    ratios = []
    for number in range(ROUND_COUNT):
        taken = [0.0, 0.0]
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            before = time.process_time()
            for _ in range(CALLS_A_ROUND):
                sessions[side].run(None, {"rows": rows})
            taken[side] = time.process_time() - before
        ratios.append(taken[1] / max(taken[0], 1e-9))
    return median(ratios)


def mask_of(weights: Array, pattern: str, share: float = 0.9) -> Array:
    """Which weights stay: the largest of every four, or the largest ``1 - share`` of all."""
    size = np.abs(weights)
    if pattern == "2:4":
        fours = size.reshape(-1, 4)
        kept = np.zeros(fours.shape, dtype=bool)
        np.put_along_axis(kept, np.argsort(fours, axis=1)[:, 2:], values=True, axis=1)
        return kept.reshape(weights.shape)
    return np.asarray(size > np.quantile(size, share))


def _session(weights: Array) -> Any:
    import onnxruntime as ort
    from onnx import TensorProto, helper, numpy_helper

    rows = helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["batch", SIZE])
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", SIZE])
    node = helper.make_node("MatMul", ["rows", "weights"], ["output"])
    graph = helper.make_graph([node], "graph", [rows], [output], [numpy_helper.from_array(weights, "weights")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
