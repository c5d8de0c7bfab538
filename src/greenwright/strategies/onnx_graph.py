"""What the strategies that work on ONNX graphs share: getting one, preparing it, and asking whether it is quantized."""

from __future__ import annotations

import io
import logging
import platform
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from greenwright.records import Machine, OnnxModel
from greenwright.strategies import layers
from greenwright.strategies.contract import Given, NotApplicableError, Plan


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


def folded(model: OnnxModel, given: Given) -> OnnxModel:
    """The same graph with constants folded and normalisations merged into convolutions, so that quantization sees what runs."""
    import onnxruntime as ort

    path = given.work_dir / "folded.onnx"
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    options.log_severity_level = 3
    ort.InferenceSession(str(model.path), options, providers=["CPUExecutionProvider"])
    return OnnxModel(path=path)


def is_quantized(model: Any) -> bool:
    """Whether an ONNX file computes in integers already; a module never counts as quantized here."""
    return isinstance(model, OnnxModel) and not layers.QUANTIZED_OPERATORS.isdisjoint(layers.operators(model))


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
