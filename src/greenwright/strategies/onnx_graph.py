"""What the strategies that work on ONNX graphs share: getting one, preparing it, and asking whether it is quantized."""

from __future__ import annotations

import io
import logging
import platform
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import Any

from greenwright.errors import BadInputError
from greenwright.records.machines import Machine
from greenwright.records.models import OnnxModel
from greenwright.strategies import layers
from greenwright.strategies.contract import Given, NotApplicableError, Plan

LEAST_OPSET = 13
"""From here on a channel may have a scale of its own."""
BF16 = frozenset({"avx512_bf16", "amx_bf16", "bf16"})


def as_onnx(plan: Plan, given: Given) -> OnnxModel:
    """The plan's model as an ONNX file, exported where it is still a module.

    Raises:
        NotApplicableError: it is a module, and nothing was given that can export one.
    """
    if isinstance(plan.model, OnnxModel):
        return plan.model
    if given.to_onnx is None:
        raise NotApplicableError("the model is a PyTorch module and there is no exporter")
    return given.to_onnx(plan.model, given.work_dir / "exported.onnx")


def as_attending_onnx(plan: Plan, given: Given) -> OnnxModel:
    """The same, with attention as one operator where it can be had.

    Raises:
        NotApplicableError: it is a module, and nothing was given that can export one.
    """
    if not isinstance(plan.model, OnnxModel) and given.to_attending_onnx is not None and _attends(plan.model):
        with suppress(BadInputError):  # an operator of the module has no counterpart there
            return given.to_attending_onnx(plan.model, given.work_dir / "attending.onnx")
    return as_onnx(plan, given)


def _attends(module: Any) -> bool:
    return any("attention" in type(layer).__name__.lower() for layer in module.modules())


def folded(model: OnnxModel, given: Given) -> OnnxModel:
    """The same graph with constants folded and normalisations merged into convolutions, so that quantization sees what runs."""
    import onnxruntime as ort

    path = given.work_dir / "folded.onnx"
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    options.log_severity_level = 3
    ort.InferenceSession(str(model.path), options, providers=["CPUExecutionProvider"])
    _make_ready(path)
    return OnnxModel(path=path)


def _make_ready(path: Path) -> None:
    """ONNX lets nodes go unnamed; the quantizer leaves nodes out by name, and would leave all of those out."""
    import onnx
    import onnx.version_converter

    graph = onnx.load(path)
    if any(one.domain in {"", "ai.onnx"} and one.version < LEAST_OPSET for one in graph.opset_import):
        graph = onnx.version_converter.convert_version(graph, LEAST_OPSET)
    for index, node in enumerate(graph.graph.node):
        node.name = node.name or f"unnamed_{index}"
    onnx.save(graph, path)


def is_quantized(model: Any) -> bool:
    """Whether an ONNX file computes in integers already; a module never counts as quantized here."""
    return isinstance(model, OnnxModel) and not layers.QUANTIZED_OPERATORS.isdisjoint(layers.operators(model))


def inputs(model: OnnxModel) -> dict[str, list[int | None]]:
    """What the graph asks for, in its own order, with its shapes; None where an axis is free."""
    import onnx

    graph = onnx.load(model.path, load_external_data=False).graph
    constants = {tensor.name for tensor in graph.initializer}
    return {
        value.name: [axis.dim_value if axis.HasField("dim_value") else None for axis in value.type.tensor_type.shape.dim]
        for value in graph.input
        if value.name not in constants
    }


def is_dynamic(model: OnnxModel) -> bool:
    """Whether activations are quantized as they come."""
    return bool(layers.operators(model)["DynamicQuantizeLinear"])


def has_bf16(machine: Machine) -> bool:
    """Whether the processor multiplies in BF16."""
    return bool(BF16 & set(machine.features))


def precision(machine: Machine, *, bf16: bool) -> str:
    """What floating-point layers are computed in: BF16 where it is wanted and the processor has it."""
    return "bf16" if bf16 and has_bf16(machine) else "f32"


def needs_reduced_range(machine: Machine) -> bool:
    """On x86 without VNNI, 8-bit products saturate their 16-bit sums unless weights keep to 7 bits.

    Source: https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html#when-to-use-reduce-range-and-per-channel-quantization
    """
    x86 = platform.machine().lower() in {"x86_64", "amd64"}
    return x86 and not {"avx512_vnni", "avx_vnni", "amx_int8"} & set(machine.features)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what the quantizer logs and prints out of the user's terminal: its advice is taken, or known to fail."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
