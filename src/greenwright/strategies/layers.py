"""Where a model keeps its weights: what lets a strategy say no before anything is spent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from greenwright.records.models import OnnxModel

CONVOLUTION, MULTIPLICATION, RECURRENT, OTHER = "convolution", "matrix multiplication", "recurrent", "other"

_ONNX_KINDS = {
    "Conv": CONVOLUTION,
    "ConvTranspose": CONVOLUTION,
    "ConvInteger": CONVOLUTION,
    "QLinearConv": CONVOLUTION,
    "MatMul": MULTIPLICATION,
    "Gemm": MULTIPLICATION,
    "LSTM": RECURRENT,
    "GRU": RECURRENT,
    "RNN": RECURRENT,
}
QUANTIZED_OPERATORS = frozenset(
    {
        "QuantizeLinear",
        "DequantizeLinear",
        "DynamicQuantizeLinear",
        "MatMulInteger",
        "ConvInteger",
        "QLinearConv",
        "QLinearMatMul",
        "MatMulNBits",
    }
)


def weight_counts(model: Any) -> Counter[str]:
    """How many weights each kind of layer holds, in a module or an ONNX file."""
    return _in_onnx(model) if isinstance(model, OnnxModel) else _in_module(model)


def share(counts: Counter[str], kind: str) -> float:
    """The part of all weights in layers that multiply which one kind holds, 0…1; a table that is looked up multiplies nothing."""
    return counts[kind] / max(1, counts[CONVOLUTION] + counts[MULTIPLICATION] + counts[RECURRENT])


def is_half(module: Any) -> bool:
    """Whether a module holds 16-bit weights."""
    return any(parameter.is_floating_point() and parameter.element_size() == 2 for parameter in module.parameters())  # noqa: PLR2004  bytes


def operators(model: OnnxModel) -> Counter[str]:
    """How often each operator stands in the graph."""
    import onnx

    whole = onnx.load(model.path, load_external_data=False).graph
    return Counter(node.op_type for graph in with_branches(whole) for node in graph.node)


def with_branches(graph: Any) -> Iterator[Any]:
    """A graph, and those within it: the branches of conditions, the bodies of loops."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from with_branches(attribute.g)


def _in_module(module: Any) -> Counter[str]:
    from torch import nn

    counts: Counter[str] = Counter()
    for layer in module.modules():
        weights = sum(parameter.numel() for parameter in layer.parameters(recurse=False))
        if isinstance(layer, nn.modules.conv._ConvNd):  # noqa: SLF001  the common base of every convolution has no public name
            counts[CONVOLUTION] += weights
        elif isinstance(layer, nn.Linear | nn.MultiheadAttention):
            counts[MULTIPLICATION] += weights
        elif isinstance(layer, nn.RNNBase):
            counts[RECURRENT] += weights
        else:
            counts[OTHER] += weights
    return counts


def _in_onnx(model: OnnxModel) -> Counter[str]:
    import onnx

    graphs = list(with_branches(onnx.load(model.path).graph))
    sizes = {tensor.name: _size(tensor.dims) for graph in graphs for tensor in graph.initializer}
    counts: Counter[str] = Counter()
    for graph in graphs:
        for node in graph.node:
            kind = _ONNX_KINDS.get(node.op_type, OTHER)
            counts[kind] += sum(sizes.pop(name, 0) for name in node.input)
    return counts


def _size(dims: Any) -> int:
    size = 1
    for dim in dims:
        size *= dim
    return size
