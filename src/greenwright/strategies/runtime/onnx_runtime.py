"""Run the model in ONNX Runtime.

A graph known beforehand needs no Python between its layers, and its convolutions, normalisations and activations are fused.

Source: https://onnxruntime.ai/docs/performance/model-optimizations/graph-optimizations.html
"""

from __future__ import annotations

from dataclasses import replace

from greenwright.records.machines import Machine
from greenwright.strategies import layers, onnx_graph
from greenwright.strategies.contract import Given, Meta, Need, Plan, Stage, Verdict

META = Meta(
    id="onnx-runtime",
    title="Run the model in ONNX Runtime",
    stage=Stage.RUNTIME,
    needs=frozenset({Need.MODULE}),
    extra="onnx",
    source="https://onnxruntime.ai/docs/performance/model-optimizations/graph-optimizations.html",
)


def check(plan: Plan, machine: Machine) -> Verdict:  # noqa: ARG001  the contract's signature
    """Applies to modules that PyTorch still runs, in 32 bits."""
    if plan.is_onnx or plan.inference.runtime == "onnxruntime":
        return Verdict(applies=False, reason="the model runs in ONNX Runtime already")
    if layers.is_half(plan.model):
        return Verdict(applies=False, reason="ONNX Runtime's CPU kernels compute in 32 bits: half precision would be undone")
    return Verdict(applies=True, reason="PyTorch runs it layer by layer, from Python", expects=(0.2, 1.0))


def apply(plan: Plan, given: Given) -> Plan:
    """Export the module."""
    model = onnx_graph.as_onnx(plan, given)
    return plan.then(META, given, model=model, inference=replace(plan.inference, runtime="onnxruntime"))
