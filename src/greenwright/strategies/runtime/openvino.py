"""Run the model in OpenVINO.

The graph is known beforehand and fused further than elsewhere, and where the processor has BF16 arithmetic its matrix
multiplications and convolutions use it, with inputs, outputs and weights on disk in 32 bits as before.

Source: https://docs.openvino.ai/2026/openvino-workflow/running-inference/inference-devices-and-modes/cpu-device.html
"""

from __future__ import annotations

from dataclasses import replace

from greenwright.records.machines import Machine
from greenwright.strategies import layers, onnx_graph, packages
from greenwright.strategies.contract import Given, Meta, OneOf, Plan, Stage, Verdict

META = Meta(
    id="openvino",
    title="Run the model in OpenVINO",
    stage=Stage.RUNTIME,
    choices={"bf16": OneOf(options=(True, False))},
    extra="openvino",
    source="https://docs.openvino.ai/2026/openvino-workflow/running-inference/inference-devices-and-modes/cpu-device.html",
)


def check(plan: Plan, machine: Machine) -> Verdict:
    """Applies to float models and to those in quantize-dequantize form, which OpenVINO fuses into integer kernels."""
    absent = packages.missing("openvino", "openvino")
    if absent:
        return Verdict(applies=False, reason=absent)
    if plan.inference.runtime == "openvino":
        return Verdict(applies=False, reason="the model runs in OpenVINO already")
    if not plan.is_onnx and layers.is_half(plan.model):
        return Verdict(
            applies=False, reason="its weights are in 16 bits already: OpenVINO chooses its own precision, from 32 bits"
        )
    if plan.is_onnx and onnx_graph.is_dynamic(plan.model):
        return Verdict(applies=False, reason="it quantizes activations as they come, for which OpenVINO has no integer kernels")
    half = "in BF16 where layers allow" if onnx_graph.has_bf16(machine) else "in 32 bits, as this processor has no BF16"
    return Verdict(applies=True, reason=f"OpenVINO fuses the graph and computes {half}", expects=(0.15, 1.1))


def apply(plan: Plan, given: Given) -> Plan:
    """Export the module, and leave the rest to the runtime."""
    model = onnx_graph.as_onnx(plan, given)
    precision = onnx_graph.precision(given.machine, bf16=bool(given.choices["bf16"]))
    return plan.then(META, given, model=model, inference=replace(plan.inference, runtime="openvino", precision=precision))
