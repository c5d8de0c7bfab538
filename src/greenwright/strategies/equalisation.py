"""Move activation outliers into the weights before quantizing: SmoothQuant, on an ONNX graph.

A few channels of a transformer's activations are many times larger than the rest, and one 8-bit range for all then leaves the rest no
levels. What a matrix multiplication computes does not change when channel j of its input is divided by ``s_j`` and row j of its weights
multiplied by it: ``s_j = max|x_j|^a / max|w_j|^(1 - a)``, with ``a = 0.5``. The division goes into the normalisation before it where
nothing else reads that, and is one multiplication of a vector otherwise.

Source: Xiao et al. 2023, "SmoothQuant", arXiv:2211.10438.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from greenwright.records.models import OnnxModel
from greenwright.strategies.calibration import Feed

MIGRATION_SHARE = 0.5
OUTLIER_RATIO = 4.0
"""The largest channel over the median one, from which on a division is worth its cost."""
MOST_LOOKED_AT = 4
"""Batches: outlier channels are the same in any text."""


def equalised(source: OnnxModel, feeds: Sequence[Feed], path: Path) -> tuple[OnnxModel, int]:
    """The same function with its outliers evened out, and how many inputs of matrix multiplications that concerned."""
    proto = onnx.load(source.path)
    weights = {tensor.name: tensor for tensor in proto.graph.initializer}
    groups = _groups(proto.graph, weights)
    maxima = _maxima(proto, list(groups), feeds[:MOST_LOOKED_AT], path) if groups else {}
    done = 0
    for name, nodes in groups.items():
        largest = maxima[name]
        if largest.max() < OUTLIER_RATIO * max(float(np.median(largest)), 1e-12):
            continue
        _even_out(proto.graph, weights, name, nodes, largest)
        done += 1
    if not done:
        return source, 0
    read = {name for node in proto.graph.node for name in node.input}
    for tensor in [tensor for tensor in proto.graph.initializer if tensor.name not in read]:
        proto.graph.initializer.remove(tensor)
    onnx.save(proto, path)
    return OnnxModel(path=path), done


def _groups(graph: Any, weights: dict[str, Any]) -> dict[str, list[Any]]:
    """Multiplications by constant matrices, by the activation that they read."""
    inputs = {value.name for value in graph.input}
    found: dict[str, list[Any]] = defaultdict(list)
    for node in graph.node:
        if node.op_type == "MatMul" or (node.op_type == "Gemm" and not _flag(node, "transA")):
            name, matrix = node.input[0], weights.get(node.input[1])
            if matrix is not None and len(matrix.dims) == 2 and name not in weights and name not in inputs:  # noqa: PLR2004  a matrix
                found[name].append(node)
    return dict(found)


def _maxima(proto: Any, names: list[str], feeds: Sequence[Feed], path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """The largest magnitude of every channel of each activation ``(…, channels)``."""
    import onnxruntime as ort

    exposed = onnx.ModelProto()
    exposed.CopyFrom(proto)
    exposed.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    onnx.save(exposed, path)
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    largest: dict[str, np.ndarray[Any, Any]] = {}
    for feed in feeds:
        for name, array in zip(names, session.run(names, feed), strict=True):
            seen = np.abs(array).reshape(-1, array.shape[-1]).max(axis=0)
            largest[name] = np.maximum(largest[name], seen) if name in largest else seen
    return largest


def _even_out(graph: Any, weights: dict[str, Any], name: str, nodes: list[Any], largest: np.ndarray[Any, Any]) -> None:
    matrices = [numpy_helper.to_array(weights[node.input[1]]) for node in nodes]
    turned = [bool(_flag(node, "transB")) for node in nodes]
    rows = [np.abs(matrix.T if turn else matrix).max(axis=1) for matrix, turn in zip(matrices, turned, strict=True)]
    scale = largest**MIGRATION_SHARE / np.maximum(np.max(rows, axis=0), 1e-9) ** (1 - MIGRATION_SHARE)
    scale = np.where((largest > 0) & np.isfinite(scale) & (scale > 0), scale, 1.0).astype(matrices[0].dtype)
    for node, matrix, turn in zip(nodes, matrices, turned, strict=True):
        raised = matrix * (scale[None, :] if turn else scale[:, None])
        node.input[1] = _kept(graph, weights, f"{node.input[1]}_evened_for_{node.name}", raised.astype(matrix.dtype))
    readers = [node for node in graph.node if name in node.input]
    maker = next((node for node in graph.node if name in node.output), None)
    outputs = {value.name for value in graph.output}
    if maker is not None and maker.op_type == "LayerNormalization" and len(readers) == len(nodes) and name not in outputs:
        for place, kind in ((1, "scale"), (2, "bias")):
            if place < len(maker.input) and maker.input[place] in weights:
                lowered = numpy_helper.to_array(weights[maker.input[place]]) / scale
                maker.input[place] = _kept(graph, weights, f"{name}_evened_{kind}", lowered.astype(scale.dtype))
        return
    divisor = _kept(graph, weights, f"{name}_evening", (1 / scale).astype(scale.dtype))
    division = helper.make_node("Mul", [name, divisor], [f"{name}_evened"], name=f"{name}_evening_out")
    graph.node.insert(min(list(graph.node).index(node) for node in nodes), division)
    for node in nodes:
        node.input[0] = f"{name}_evened"


def _kept(graph: Any, weights: dict[str, Any], name: str, array: np.ndarray[Any, Any]) -> str:
    tensor = numpy_helper.from_array(np.ascontiguousarray(array), name)
    graph.initializer.append(tensor)
    weights[name] = tensor
    return name


def _flag(node: Any, name: str) -> int:
    return next((attribute.i for attribute in node.attribute if attribute.name == name), 0)
