"""Read from a finished model what became of each of its layers: bits, zeros, and how far rounding moved the weights.

Rounding to steps of a size moves a number by that size over the square root of 12, at root mean square.

Source: Widrow, Kollár and Liu 1996, "Statistical theory of quantization", IEEE Transactions on Instrumentation and Measurement 45.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from greenwright.records.layers import LayerFact
from greenwright.records.models import OnnxModel
from greenwright.strategies import layers

Array = np.ndarray[Any, Any]
WEIGHT_PLACE = {
    "Conv": 1,
    "ConvTranspose": 1,
    "Gemm": 1,
    "MatMul": 1,
    "MatMulInteger": 1,
    "ConvInteger": 1,
    "GRU": 1,
    "LSTM": 1,
    "RNN": 1,
}
FEWEST_AXES = 2


def facts(model: Any) -> tuple[LayerFact, ...]:
    """Every layer that multiplies by weights, in the order of the graph or the module."""
    return tuple(_in_onnx(model) if isinstance(model, OnnxModel) else _in_module(model))


def _in_module(module: Any) -> list[LayerFact]:
    found = []
    for name, layer in module.named_modules():
        for parameter in layer.parameters(recurse=False):
            if parameter.dim() >= FEWEST_AXES and "Embedding" not in type(layer).__name__:
                zero_share = float((parameter == 0).float().mean())
                count, bits = parameter.numel(), 8 * parameter.element_size()
                kind = type(layer).__name__
                found.append(LayerFact(name=name or kind, kind=kind, weight_count=count, bits=bits, zero_share=zero_share))
    return found


def _in_onnx(model: OnnxModel) -> list[LayerFact]:
    import onnx
    from onnx import numpy_helper

    graphs = list(layers.with_branches(onnx.load(model.path).graph))
    nodes = [node for graph in graphs for node in graph.node]
    constants = {tensor.name: tensor for graph in graphs for tensor in graph.initializer}
    makers = {name: node for node in nodes for name in node.output}

    def array(name: str) -> Array | None:
        return numpy_helper.to_array(constants[name]) if name in constants else None

    found = []
    for node in nodes:
        fact = None
        if node.op_type == "MatMulNBits":
            fact = _packed(node, array)
        elif node.op_type in WEIGHT_PLACE:
            name = node.input[WEIGHT_PLACE[node.op_type]]
            maker = makers.get(name)
            if maker is not None and maker.op_type == "DequantizeLinear":
                fact = _rounded(node, array(maker.input[0]), array(maker.input[1]))
            else:
                fact = _plain(node, array(name), constants)
        if fact is not None:
            found.append(fact)
    return found


def _plain(node: Any, weights: Array | None, constants: dict[str, Any]) -> LayerFact | None:
    if weights is None or weights.ndim < FEWEST_AXES:
        return None
    scale_name = node.input[1].removesuffix("_quantized") + "_scale"  # as ONNX Runtime's dynamic quantizer names it
    if weights.dtype.kind in "iu" and scale_name in constants:
        from onnx import numpy_helper

        return _rounded(node, weights, numpy_helper.to_array(constants[scale_name]))
    return _fact(node, weights.size, 8 * weights.dtype.itemsize, float(np.mean(weights == 0)), None)


def _rounded(node: Any, weights: Array | None, scale: Array | None) -> LayerFact | None:
    """Integers with one scale, or one for every channel: in its ratio to the weights a scale cancels, but for how it is spread."""
    if weights is None or scale is None or weights.ndim < FEWEST_AXES:
        return None
    whole = weights.astype(np.float64)
    axis = next((place for place, size in enumerate(whole.shape) if scale.size > 1 and size == scale.size), None)
    spread = np.ones(whole.ndim, dtype=int)
    if axis is not None:
        spread[axis] = scale.size
    steps = np.broadcast_to(scale.reshape(spread) if axis is not None else scale.reshape(-1)[:1], whole.shape)
    size = float(np.sqrt(np.mean(np.square(whole * steps))))
    error = float(np.sqrt(np.mean(np.square(steps)) / 12)) / max(size, 1e-12)
    return _fact(node, whole.size, 8 * weights.dtype.itemsize, float(np.mean(weights == 0)), error)


def _packed(node: Any, array: Any) -> LayerFact:
    """Blocks of 4 or 8 bits with a scale each, around a zero in the middle of the range."""
    told = {one.name: one.i for one in node.attribute}
    bits, packed = int(told["bits"]), np.asarray(array(node.input[1])).reshape(-1)
    numbers = np.stack([packed & 15, packed >> 4], -1).reshape(-1) if bits == 4 else packed  # noqa: PLR2004  two to a byte
    scale = np.asarray(array(node.input[2])).reshape(-1)
    whole = (numbers.astype(np.float64) - 2 ** (bits - 1)).reshape(scale.size, -1)
    size = float(np.sqrt(np.mean(np.square(whole * scale[:, None]))))
    error = float(np.sqrt(np.mean(np.square(scale)) / 12)) / max(size, 1e-12)
    return _fact(node, int(told["K"]) * int(told["N"]), bits, float(np.mean(whole == 0)), error)


def _fact(node: Any, weight_count: int, bits: int, zero_share: float, error_ratio: float | None) -> LayerFact:
    return LayerFact(
        name=node.name or node.output[0],
        kind=node.op_type,
        weight_count=weight_count,
        bits=bits,
        zero_share=zero_share,
        error_ratio=error_ratio,
    )
