"""Store weights and activations in 8 bits, ranged by NNCF, and run them in OpenVINO.

NNCF sets ranges on calibration inputs; for transformers it first moves activation outliers into the weights (SmoothQuant) and keeps
what is sensitive in float. Its correction of the bias that rounding leaves is a choice, and not the first: on a small network for
digits it changed 31 of 200 answers, without it 1. The file stays ONNX; what is not in integers is computed in BF16 where the
processor has it.

Source: https://docs.openvino.ai/2026/openvino-workflow/model-optimization-guide/quantizing-models-post-training.html; Xiao et al.
2023, arXiv:2211.10438.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from greenwright.offline import send_nothing
from greenwright.records.machines import Machine
from greenwright.records.models import OnnxModel
from greenwright.strategies import calibration, layers, onnx_graph, packages
from greenwright.strategies.contract import Given, Meta, Need, NotApplicableError, OneOf, Plan, Stage, Verdict

META = Meta(
    id="nncf-int8",
    title="Store weights and activations in 8 bits with NNCF, for OpenVINO",
    stage=Stage.QUANTIZE,
    needs=frozenset({Need.CALIBRATION}),
    choices={"bf16": OneOf(options=(True, False)), "correct_bias": OneOf(options=(False, True))},
    extra="openvino",
    source="https://docs.openvino.ai/2026/openvino-workflow/model-optimization-guide/quantizing-models-post-training.html",
)
LEAST_SHARE = 0.5


def check(plan: Plan, machine: Machine) -> Verdict:  # noqa: ARG001  the contract's signature
    """Applies where most weights stand in convolutions or matrix multiplications."""
    absent = packages.missing("openvino", "nncf", "openvino")
    if absent:
        return Verdict(applies=False, reason=absent)
    if onnx_graph.is_quantized(plan.model):
        return Verdict(applies=False, reason="the model is quantized already")
    if not plan.is_onnx and layers.is_half(plan.model):
        return Verdict(applies=False, reason="its weights are in 16 bits already")
    counts = layers.weight_counts(plan.model)
    held_share = layers.share(counts, layers.CONVOLUTION) + layers.share(counts, layers.MULTIPLICATION)
    said = f"{held_share:.0%} of the multiplied weights stand in layers that have integer kernels"
    if held_share < LEAST_SHARE:
        return Verdict(applies=False, reason=f"only {said}")
    return Verdict(applies=True, reason=said, expects=(0.1, 0.8))


def apply(plan: Plan, given: Given) -> Plan:
    """Quantize the ONNX graph with NNCF.

    Raises:
        NotApplicableError: NNCF cannot follow the graph.
    """
    send_nothing()
    import onnx

    source = onnx_graph.folded(onnx_graph.as_onnx(plan, given), given)
    graph = onnx.load(source.path)
    batches = calibration.feeds_of(given.calibration, onnx_graph.inputs(source))
    try:
        with onnx_graph.quiet():
            quantized = _quantize(graph, batches, correct_bias=bool(given.choices["correct_bias"]))
    except Exception as error:  # NNCF raises whatever its passes over the graph meet
        raise NotApplicableError(f"NNCF cannot quantize this graph: {type(error).__name__}: {_headline(error)}") from error
    path = given.work_dir / "nncf-int8.onnx"
    onnx.save(quantized, path)
    precision = onnx_graph.precision(given.machine, bf16=bool(given.choices["bf16"]))
    inference = replace(plan.inference, runtime="openvino", precision=precision)
    return plan.then(META, given, model=OnnxModel(path=path), inference=inference)


def _quantize(graph: Any, batches: list[calibration.Feed], *, correct_bias: bool) -> Any:
    import nncf

    return nncf.quantize(
        graph,
        nncf.Dataset(batches),
        subset_size=len(batches),
        preset=nncf.QuantizationPreset.MIXED,
        model_type=nncf.ModelType.TRANSFORMER if _attends(graph) else None,
        advanced_parameters=nncf.AdvancedQuantizationParameters(disable_bias_correction=not correct_bias),
    )


def _attends(graph: Any) -> bool:
    """Whether a softmax lies between two multiplications of matrices."""
    kinds = {node.op_type for node in graph.graph.node}
    return {"Softmax", "MatMul"} <= kinds


def _headline(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0]
