"""Which layers 8 bits hurt: every layer beside its quantized self in one graph, with a gate that chooses between the two.

A layer's harm is how far the model's outputs move, on calibration inputs, when that layer alone is quantized. One graph simulates any
mixture: ``output = exact + gate * (quantized - exact)``, with one gate a layer as an input. What is to stay in float is then
chosen by harm per multiply-add, because a layer's multiply-adds are what quantizing it saves.

Source: Wu et al. 2020, "Integer Quantization for Deep Learning Inference", arXiv:2004.09602, section 5 (sensitivity, one layer at a time).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from greenwright.records.models import OnnxModel
from greenwright.strategies.calibration import Feed, Ranges

KINDS = frozenset({"Conv", "Gemm", "MatMul"})
LEVEL_COUNT = 255
EXAMPLE_COUNT = 8
GATES = "greenwright_gates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer that can be quantized, and what that does to the model."""

    name: str
    kind: str
    harm_ratio: float
    """Root mean square of what it changes in the outputs, over that of the outputs."""
    error_ratio: float
    """The same of its own output."""
    multiply_count: int
    """Multiply-adds for the examples looked at."""


def layers_by_harm(source: OnnxModel, feeds: Sequence[Feed], ranges: Ranges, work_dir: Path) -> list[Layer]:
    """Every layer that could be simulated, the one that hurts most a multiply-add first."""
    proto = onnx.load(source.path)
    nodes = [node for node in proto.graph.node if node.op_type in KINDS]
    outputs = [node.output[0] for node in nodes]
    gated = [number for number, node in enumerate(nodes) if _gate(proto.graph, node, number, ranges)]
    if not gated:
        return []
    proto.graph.input.append(helper.make_tensor_value_info(GATES, TensorProto.FLOAT, [len(nodes)]))
    path = work_dir / "gated.onnx"
    onnx.save(proto, path)
    session = _session(path)
    feed = {name: array[:EXAMPLE_COUNT] for name, array in feeds[0].items()}
    output = session.get_outputs()[0].name

    def answered(gates: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.asarray(session.run([output], feed | {GATES: gates})[0], dtype=np.float64)

    closed = np.zeros(len(nodes), dtype=np.float32)
    exact = answered(closed)
    facts = session.run([_named(outputs[number], part) for number in gated for part in PARTS], feed | {GATES: closed})
    found = []
    for place, number in enumerate(gated):
        node, gates = nodes[number], closed.copy()
        gates[number] = 1.0
        error, size, reduced = (np.asarray(fact) for fact in facts[len(PARTS) * place : len(PARTS) * (place + 1)])
        found.append(
            Layer(
                name=node.name,
                kind=node.op_type,
                harm_ratio=_rms(answered(gates) - exact) / max(_rms(exact), 1e-12),
                error_ratio=float(error),
                multiply_count=int(size) * _reduction_count(proto.graph, node, reduced),
            )
        )
    return sorted(found, key=lambda layer: layer.harm_ratio**2 / max(1, layer.multiply_count), reverse=True)


def spared(layers: Sequence[Layer], percent: int) -> list[Layer]:
    """The first of ``layers`` that together hold at most ``percent`` of the multiply-adds, and at least one."""
    most = sum(layer.multiply_count for layer in layers) * percent / 100
    chosen: list[Layer] = []
    for layer in layers:
        if chosen and sum(one.multiply_count for one in chosen) + layer.multiply_count > most:
            continue
        chosen.append(layer)
    return chosen if percent else []


PARTS = ("error", "size", "shape")


def _named(output: str, part: str) -> str:
    return f"{output}_gated_{part}"


def _gate(graph: Any, node: Any, number: int, ranges: Ranges) -> bool:
    """Put a quantized twin beside ``node``; False where one of its inputs has no range."""
    weights = {tensor.name: tensor for tensor in graph.initializer}
    made: list[Any] = []
    inputs = list(node.input)
    for place, name in enumerate(node.input[:2]):
        twin = f"{node.output[0]}_twin_input_{place}"
        if name in weights:
            graph.initializer.append(numpy_helper.from_array(_rounded(numpy_helper.to_array(weights[name]), node, place), twin))
        else:
            bounds = ranges.of(name)
            if bounds is None:
                return False
            made += _through_8_bits(graph, name, twin, *bounds)
        inputs[place] = twin
    exact, twin, output = f"{node.output[0]}_exact", f"{node.output[0]}_twin", node.output[0]
    made.append(helper.make_node(node.op_type, inputs, [twin], name=f"{node.name}_twin"))
    made[-1].attribute.extend(node.attribute)
    index = f"{output}_gate_index"
    graph.initializer.append(numpy_helper.from_array(np.array(number), index))
    made += [
        helper.make_node("Sub", [twin, exact], [f"{output}_gap"]),
        helper.make_node("Gather", [GATES, index], [f"{output}_gate"]),
        helper.make_node("Mul", [f"{output}_gap", f"{output}_gate"], [f"{output}_let_through"]),
        helper.make_node("Add", [exact, f"{output}_let_through"], [output]),
        *_error_of(f"{output}_gap", exact, _named(output, "error")),
        helper.make_node("Size", [exact], [_named(output, "size")]),
        helper.make_node("Shape", [node.input[0]], [_named(output, "shape")]),
    ]
    place = list(graph.node).index(node)
    for offset, one in enumerate(made, start=1):
        graph.node.insert(place + offset, one)
    for part in PARTS:
        kind = TensorProto.FLOAT if part == "error" else TensorProto.INT64
        graph.output.append(helper.make_tensor_value_info(_named(output, part), kind, None))
    node.output[0] = exact
    return True


def _error_of(gap: str, exact: str, output: str) -> list[Any]:
    """Nodes for the norm of the gap over the norm of the exact output."""
    names = [f"{output}_norm_{side}" for side in ("gap", "exact")]
    return [
        *(helper.make_node("ReduceL2", [side], [name], keepdims=0) for side, name in zip((gap, exact), names, strict=True)),
        helper.make_node("Div", names, [output]),
    ]


def _through_8_bits(graph: Any, name: str, output: str, low: float, high: float) -> list[Any]:
    """Nodes that round an activation to 256 levels between its bounds."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = max((high - low) / LEVEL_COUNT, 1e-12)
    told: dict[str, np.ndarray[Any, Any]] = {
        f"{output}_scale": np.array(scale, dtype=np.float32),
        f"{output}_zero": np.array(np.clip(round(-low / scale), 0, LEVEL_COUNT), dtype=np.uint8),
    }
    graph.initializer.extend(numpy_helper.from_array(array, key) for key, array in told.items())
    return [
        helper.make_node("QuantizeLinear", [name, *told], [f"{output}_8"]),
        helper.make_node("DequantizeLinear", [f"{output}_8", *told], [output]),
    ]


def _rounded(weights: np.ndarray[Any, Any], node: Any, place: int) -> np.ndarray[Any, Any]:
    """To 8 bits, with a scale for every output channel."""
    if weights.ndim < 2 or place == 0:  # noqa: PLR2004  no matrix: one scale
        axes: tuple[int, ...] = tuple(range(weights.ndim))
    else:
        first = node.op_type == "Conv" or any(one.name == "transB" and one.i for one in node.attribute)
        axes = tuple(range(1, weights.ndim)) if first else tuple(range(weights.ndim - 1))
    scale = np.maximum(np.abs(weights).max(axis=axes, keepdims=True) / (LEVEL_COUNT // 2), 1e-12)
    return np.asarray((np.round(weights / scale) * scale).astype(weights.dtype))


def _reduction_count(graph: Any, node: Any, shape: np.ndarray[Any, Any]) -> int:
    """Multiply-adds behind one number of the output."""
    dims = next((tensor.dims for tensor in graph.initializer if tensor.name == node.input[1]), None)
    if node.op_type == "Conv" and dims is not None:
        return int(np.prod(dims[1:]))
    return int(shape[-1]) if len(shape) else 1


def _session(path: Path) -> Any:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.log_severity_level = 3
    # The twins are to be simulated as they stand, not fused into the integer kernels that they simulate.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _rms(array: np.ndarray[Any, Any]) -> float:
    return float(np.sqrt(np.mean(np.square(array))))
