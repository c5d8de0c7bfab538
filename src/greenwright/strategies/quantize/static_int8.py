"""Store weights and activations in 8 bits, with ranges set beforehand on calibration inputs.

Convolutions and matrix multiplications run in integers with nothing left to do between them. The ranges come from inputs without
labels; a model whose activations have outliers loses much of its quality this way, which is why the study measures it.

Source: https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html; Jacob et al. 2018, arXiv:1712.05877.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import onnx

from greenwright.batches import Inputs, each, named
from greenwright.records import Machine, OnnxModel
from greenwright.strategies import layers, onnx_graph
from greenwright.strategies.contract import Given, Meta, Need, NotApplicableError, OneOf, Plan, Stage, Verdict

META = Meta(
    id="static-int8",
    title="Store weights and activations in 8 bits, calibrated",
    stage=Stage.QUANTIZE,
    needs=frozenset({Need.CALIBRATION}),
    choices={
        "operators": OneOf(options=("all", "matmul")),
        "calibrate": OneOf(options=("minmax", "percentile", "entropy")),
    },
    extra="onnx",
    source="https://arxiv.org/abs/1712.05877",
)
LEAST_SHARE = 0.5
FEWEST_CHANNELS = 8
"""A convolution over fewer input channels stays in float: integer dot products come in fours and more, so they would mostly
multiply padding. Leaving the first layer of a CIFAR network out saved a tenth of the energy, and error with it."""


class _Reader:
    """Hands the quantizer one batch at a time, under the graph's own input names."""

    def __init__(self, batches: Sequence[Inputs], names: Sequence[str]) -> None:
        self.names = names
        self.batches = batches
        self.left = iter(batches)

    def __len__(self) -> int:
        return len(self.batches)

    def set_range(self, start_index: int, end_index: int) -> None:
        """Hand out these batches alone: one after another, so that they may differ in size and length."""
        self.left = iter(self.batches[start_index:end_index])

    def get_next(self) -> dict[str, np.ndarray[Any, Any]] | None:
        """The next batch, or None after the last."""
        batch = next(self.left, None)
        if batch is None:
            return None
        arrays = named(each(np.asarray, batch))
        known = set(self.names) <= set(arrays)
        return {name: arrays[name] for name in self.names} if known else dict(zip(self.names, arrays.values(), strict=True))


def check(plan: Plan, machine: Machine) -> Verdict:  # noqa: ARG001  the contract's signature
    """Applies where most weights stand in convolutions or matrix multiplications."""
    if onnx_graph.is_quantized(plan.model):
        return Verdict(applies=False, reason="the model is quantized already")
    counts = layers.weight_counts(plan.model)
    held_share = layers.share(counts, layers.CONVOLUTION) + layers.share(counts, layers.MULTIPLICATION)
    if held_share < LEAST_SHARE:
        return Verdict(
            applies=False, reason=f"only {held_share:.0%} of the multiplied weights stand in layers that have integer kernels"
        )
    return Verdict(
        applies=True,
        reason=f"{held_share:.0%} of the multiplied weights stand in layers that have integer kernels",
        expects=(0.1, 0.8),
    )


def apply(plan: Plan, given: Given) -> Plan:
    """Calibrate, then write a graph in quantize-dequantize form that ONNX Runtime fuses into integer kernels.

    Raises:
        NotApplicableError: an activation is infinite.
    """
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    methods = {
        "minmax": CalibrationMethod.MinMax,
        "percentile": CalibrationMethod.Percentile,
        "entropy": CalibrationMethod.Entropy,
    }
    source = onnx_graph.folded(onnx_graph.as_onnx(plan, given), given)
    graph = onnx.load(source.path).graph
    path = given.work_dir / "static-int8.onnx"
    try:
        with onnx_graph.quiet():
            quantize_static(
                source.path,
                path,
                _Reader(given.calibration, [value.name for value in graph.input]),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=["MatMul", "Gemm"] if given.choices["operators"] == "matmul" else None,
                per_channel=True,
                reduce_range=onnx_graph.needs_reduced_range(given.machine),
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=_narrow(graph),
                calibrate_method=methods[str(given.choices["calibrate"])],
                extra_options={"CalibStridedMinMax": 1},  # whatever its name says, every method takes its batches one by one
            )
    except ValueError as error:
        if "finite" not in str(error):
            raise
        raise NotApplicableError(
            "an activation is infinite, as attention masks make it, and has no range: operators=matmul leaves such sums in float"
        ) from error
    return plan.then(META, given, model=OnnxModel(path=path), inference=replace(plan.inference, runtime="onnxruntime"))


def _narrow(graph: Any) -> list[str]:
    """Names of the convolutions over few input channels."""
    channels = {tensor.name: tensor.dims[1] for tensor in graph.initializer if len(tensor.dims) > 1}
    groups = {node.name: next((a.i for a in node.attribute if a.name == "group"), 1) for node in graph.node}
    return [
        node.name
        for node in graph.node
        if node.op_type == "Conv" and groups[node.name] == 1 and channels.get(node.input[1], FEWEST_CHANNELS) < FEWEST_CHANNELS
    ]
