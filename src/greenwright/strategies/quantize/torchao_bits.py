"""Store the weights of linear layers in 8 or 4 bits in PyTorch itself, with torchao.

The module stays a PyTorch module: custom layers, caches and GPUs work as before. Whether fewer bits are less work there is a question of
kernels, so they are asked first, on the plan's own largest layer, and where none is faster than float the strategy declines.

Source: https://docs.pytorch.org/ao/stable/workflows/inference.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from greenwright.records.machines import Machine
from greenwright.strategies import layers, packages, torchao_kernels
from greenwright.strategies.contract import Given, Meta, Need, NotApplicableError, OneOf, Plan, Stage, Verdict

if TYPE_CHECKING:
    from torch import nn

META = Meta(
    id="torchao-bits",
    title="Store weights in 8 or 4 bits in PyTorch, with torchao",
    stage=Stage.QUANTIZE,
    needs=frozenset({Need.MODULE}),
    choices={"form": OneOf(options=("fastest", *torchao_kernels.FORMS))},
    extra="torchao",
    source="https://docs.pytorch.org/ao/stable/workflows/inference.html",
)
LEAST_SHARE = 0.5
LARGEST = 2048
"""Of a side of the layer that is asked about: larger ones are as fast a weight, and would take long to ask."""


def check(plan: Plan, machine: Machine) -> Verdict:  # noqa: ARG001  the contract's signature
    """Applies to modules of linear layers for which this machine has a kernel that is faster than float."""
    absent = packages.missing("torchao", "torchao")
    if absent:
        return Verdict(applies=False, reason=absent)
    if refused := _refused(plan):
        return Verdict(applies=False, reason=refused)
    held_share = layers.share(layers.weight_counts(plan.model), layers.MULTIPLICATION)
    linear = _largest(plan.model)
    if held_share < LEAST_SHARE or linear is None:
        return Verdict(applies=False, reason=f"only {held_share:.0%} of the multiplied weights stand in linear layers")
    ratios = _ratios(linear)
    said = _told(ratios, linear)
    if min(ratios.values()) > torchao_kernels.WORTH_RATIO:
        return Verdict(applies=False, reason=f"none of its kernels is faster than float on this machine: {said}")
    best = min(ratios.values())
    return Verdict(applies=True, reason=said, expects=(min(best, 1.0), max(1.1, best)))


def _refused(plan: Plan) -> str:
    """Why it can do nothing with such a model, or nothing."""
    if plan.is_onnx:
        return "the model is an ONNX file, and torchao works on PyTorch modules"
    if layers.is_half(plan.model):
        return "its weights are in 16 bits already"
    return "the model is quantized already" if torchao_kernels.packed_layers(plan.model) else ""


def apply(plan: Plan, given: Given) -> Plan:
    """Quantize a copy of the module, in the form asked for.

    Raises:
        NotApplicableError: that form is slower than float on this machine, or has no kernel here.
    """
    linear = _largest(plan.model)
    if linear is None:
        raise NotApplicableError(f"no linear layer takes {torchao_kernels.LEAST_WIDTH} inputs or more")
    ratios = _ratios(linear)
    asked = str(given.choices["form"])
    form = min(ratios, key=lambda name: ratios[name]) if asked == "fastest" else asked
    if ratios[form] > torchao_kernels.WORTH_RATIO:
        raise NotApplicableError(f"{form} is not faster than float on this machine: {_told({form: ratios[form]}, linear)}")
    module = torchao_kernels.quantized(plan.model, form)
    note = f"{len(torchao_kernels.packed_layers(module))} linear layers as {form}"
    return plan.then(META, given, model=module, notes=(note,))


def _largest(module: Any) -> nn.Linear | None:
    from torch import nn

    fitting = [
        layer for layer in module.modules() if isinstance(layer, nn.Linear) and layer.in_features >= torchao_kernels.LEAST_WIDTH
    ]
    return max(fitting, key=lambda layer: layer.weight.numel(), default=None)


def _ratios(linear: nn.Linear) -> dict[str, float]:
    size = min(LARGEST, linear.in_features), min(LARGEST, linear.out_features)
    return {form: torchao_kernels.time_ratio(form, linear.weight.device.type, *size) for form in torchao_kernels.FORMS}


def _told(time_ratio: dict[str, float], linear: nn.Linear) -> str:
    parts = [
        f"{form} has none for this device" if ratio == float("inf") else f"{form} takes {ratio:.2f} of the time"
        for form, ratio in time_ratio.items()
    ]
    return f"of a layer from {linear.in_features:,} to {linear.out_features:,}, {', '.join(parts)}"
