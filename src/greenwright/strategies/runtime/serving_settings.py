"""Serve with fewer threads, let idle ones sleep, and keep less memory.

Threads that wait in a loop answer the next request at once, and cost as much while they wait as while they work: with two threads and a
request every 20 ms, ONNX Runtime spent 35.7 CPU-ms an inference, and 12.7 once they were told to sleep. One thread does the same work
without handing it about. What that does to latency is measured with it.

Source: https://onnxruntime.ai/docs/performance/tune-performance/threading.html
"""

from __future__ import annotations

from dataclasses import replace

from greenwright.records.machines import Machine
from greenwright.strategies import layers, onnx_graph
from greenwright.strategies.contract import Given, Meta, OneOf, Plan, Stage, Verdict

META = Meta(
    id="serving-settings",
    title="Serve with fewer threads, and let idle ones sleep",
    stage=Stage.RUNTIME,
    choices={
        "threads": OneOf(options=("one", "given")),
        "spins": OneOf(options=(False, True)),
        "arena": OneOf(options=(True, False)),
    },
    extra="onnx",
    source="https://onnxruntime.ai/docs/performance/tune-performance/threading.html",
)


def check(plan: Plan, machine: Machine) -> Verdict:  # noqa: ARG001  the contract's signature
    """Applies where several threads are asked for: one neither waits for others nor spins."""
    if plan.inference.runtime == "openvino":
        return Verdict(applies=False, reason="OpenVINO's threads sleep while idle as they are")
    if plan.inference.thread_count == 1:
        return Verdict(applies=False, reason="with one thread none waits for another, and there is nothing to set")
    if not plan.is_onnx and layers.is_half(plan.model):
        return Verdict(applies=False, reason="ONNX Runtime's CPU kernels compute in 32 bits: half precision would be undone")
    return Verdict(
        applies=True,
        reason=f"{plan.inference.thread_count} threads hand work about, and spin between calls",
        expects=(0.3, 1.0),
    )


def apply(plan: Plan, given: Given) -> Plan:
    """Run in ONNX Runtime as told."""
    model = onnx_graph.as_onnx(plan, given)
    count = 1 if given.choices["threads"] == "one" else plan.inference.thread_count
    told = replace(
        plan.inference,
        runtime="onnxruntime",
        thread_count=count,
        spins=bool(given.choices["spins"]),
        arena=bool(given.choices["arena"]),
    )
    return plan.then(META, given, model=model, inference=told)
