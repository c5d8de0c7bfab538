"""Store weights and activations in 8 bits, with ranges set beforehand on calibration inputs.

Convolutions and matrix multiplications run in integers with nothing left to do between them. The ranges come from inputs without
labels. What spoils a model quantized this way is met in turn: outliers are moved into the weights where there are any, softmax and
normalisations stay in float, and, as a choice, the layers that the sensitivity analysis finds to hurt most stay in float as well.

Source: https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html; Jacob et al. 2018, arXiv:1712.05877.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from greenwright.records.machines import Machine
from greenwright.records.models import OnnxModel
from greenwright.strategies import calibration, equalisation, layers, onnx_graph, sensitivity
from greenwright.strategies.contract import Given, Meta, Need, NotApplicableError, OneOf, Plan, Stage, Verdict

META = Meta(
    id="static-int8",
    title="Store weights and activations in 8 bits, calibrated",
    stage=Stage.QUANTIZE,
    needs=frozenset({Need.CALIBRATION}),
    choices={
        "operators": OneOf(options=("fitting", "all", "matmul")),
        "per_channel": OneOf(options=(True, False)),
        "equalise": OneOf(options=(True, False)),
        "calibrate": OneOf(options=calibration.METHODS),
        "spared_percent": OneOf(options=(0, 10, 25)),
    },
    extra="onnx",
    source="https://arxiv.org/abs/1712.05877",
)
LEAST_SHARE = 0.5
FEWEST_CHANNELS = 8
"""A convolution over fewer input channels stays in float: integer dot products come in fours and more, so they would mostly
multiply padding. Leaving the first layer of a CIFAR network out saved a tenth of the energy, and error with it."""
MATRICES = ("MatMul", "Gemm")


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
    """Even out, calibrate, then write a graph in quantize-dequantize form that ONNX Runtime fuses into integer kernels.

    Raises:
        NotApplicableError: an activation is infinite.
    """
    choices = given.choices
    source = onnx_graph.folded(onnx_graph.as_onnx(plan, given), given)
    feeds = calibration.feeds_of(given.calibration, onnx_graph.inputs(source))
    notes: list[str] = []
    if choices["equalise"] and _attends(source):
        source, evened_count = equalisation.equalised(source, feeds, given.work_dir / "evened.onnx")
        notes += [f"outliers of {evened_count} activations moved into the weights"] if evened_count else []
    operators = _operators(source, str(choices["operators"]))
    with onnx_graph.quiet():
        found = _ranges(source, feeds, given, operators)
        notes.append(f"calibrated on {found.example_count} examples{'' if found.settled else ', all there were'}")
        percent = int(choices["spared_percent"])
        kept = sensitivity.spared(_ranked(source, feeds, found, given, operators), percent) if percent else []
        notes += [f"left in float: {', '.join(layer.name for layer in kept)}"] if kept else []
        path = given.work_dir / "static-int8.onnx"
        _quantize(source, path, found, given, operators, [layer.name for layer in kept])
    inference = replace(plan.inference, runtime="onnxruntime")
    return plan.then(META, given, model=OnnxModel(path=path), inference=inference, notes=notes)


def _operators(source: OnnxModel, wanted: str) -> list[str] | None:
    """None for all; in a transformer only the matrices fit: softmax, masks and normalisations lose more than they cost."""
    return list(MATRICES) if wanted == "matmul" or (wanted == "fitting" and _attends(source)) else None


def _attends(source: OnnxModel) -> bool:
    return bool({"Softmax", "LayerNormalization"} & set(layers.operators(source)))


def _ranges(
    source: OnnxModel, feeds: Sequence[calibration.Feed], given: Given, operators: list[str] | None
) -> calibration.Ranges:
    try:
        return calibration.ranges(source, feeds, str(given.choices["calibrate"]), operators, given.work_dir)
    except ValueError as error:
        if "finite" not in str(error):
            raise
        raise NotApplicableError(
            "an activation is infinite, as attention masks make it, and has no range: operators=matmul leaves such sums in float"
        ) from error


def _ranked(
    source: OnnxModel,
    feeds: Sequence[calibration.Feed],
    found: calibration.Ranges,
    given: Given,
    operators: list[str] | None,
) -> list[sensitivity.Layer]:
    ranked = sensitivity.layers_by_harm(source, feeds, found, given.work_dir)
    return [layer for layer in ranked if operators is None or layer.kind in operators]


def _quantize(  # noqa: PLR0913, PLR0917  what the quantizer is told
    source: OnnxModel, path: Any, found: calibration.Ranges, given: Given, operators: list[str] | None, kept: Sequence[str]
) -> None:
    from onnxruntime.quantization import QuantType
    from onnxruntime.quantization.qdq_quantizer import QDQQuantizer
    from onnxruntime.quantization.quant_utils import load_model_with_shape_infer
    from onnxruntime.quantization.registry import QDQRegistry, QLinearOpsRegistry

    model = load_model_with_shape_infer(source.path)
    quantizer = QDQQuantizer(
        model,
        bool(given.choices["per_channel"]),
        onnx_graph.needs_reduced_range(given.machine),
        QuantType.QInt8,
        QuantType.QUInt8,
        found.data,
        [],
        [*_narrow(model.graph), *kept],
        operators or sorted({*QDQRegistry, *QLinearOpsRegistry}),
        {},
    )
    quantizer.quantize_model()
    quantizer.model.save_model_to_file(str(path), False)


def _narrow(graph: Any) -> list[str]:
    """Names of the convolutions over few input channels."""
    channels = {tensor.name: tensor.dims[1] for tensor in graph.initializer if len(tensor.dims) > 1}
    groups = {node.name: next((a.i for a in node.attribute if a.name == "group"), 1) for node in graph.node}
    return [
        node.name
        for node in graph.node
        if node.op_type == "Conv" and groups[node.name] == 1 and channels.get(node.input[1], FEWEST_CHANNELS) < FEWEST_CHANNELS
    ]
