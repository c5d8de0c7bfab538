"""Teach the model its own answers under the rounding of 8 bits, where quantizing it as it is costs too much quality.

Its weights are trained, in 32 bits, to answer through 8-bit weights and activations what the untouched model answers without. No label
is needed, so any kind of model and unlabelled data will do. The quantization that follows it in the recipe then finds weights that
stand the rounding.

Source: Jacob et al. 2018, arXiv:1712.05877; Mishra and Marr 2017, "Apprentice", arXiv:1711.05852 (a full-precision teacher).
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from greenwright.batches import Inputs
from greenwright.records.machines import Machine
from greenwright.strategies import layers, rounding, teaching, training
from greenwright.strategies.contract import Given, Meta, Need, NotApplicableError, Plan, Real, Stage, Verdict, Whole

if TYPE_CHECKING:
    import torch

META = Meta(
    id="rounding-aware",
    title="Teach the model its own answers under 8-bit rounding",
    stage=Stage.DISTIL,
    needs=frozenset({Need.MODULE, Need.TEACHING}),
    choices={
        "epoch_count": Whole(low=1, high=10, default=1),
        "learning_rate": Real(low=0.0005, high=0.05, default=0.005, log=True),
    },
    extra="torch",
    source="https://arxiv.org/abs/1712.05877",
    trains=True,
)
LEAST_SHARE = 0.5
TEMPERATURE = 1.0


def check(plan: Plan, machine: Machine) -> Verdict:  # noqa: ARG001  the contract's signature
    """Applies to modules whose weights stand in layers that have integer kernels."""
    if plan.is_onnx:
        return Verdict(applies=False, reason="the model is an ONNX file, which cannot be fine-tuned")
    if layers.is_half(plan.model):
        return Verdict(applies=False, reason="its weights are in 16 bits, in which so small steps are lost")
    counts = layers.weight_counts(plan.model)
    held_share = layers.share(counts, layers.CONVOLUTION) + layers.share(counts, layers.MULTIPLICATION)
    if held_share < LEAST_SHARE:
        return Verdict(
            applies=False, reason=f"only {held_share:.0%} of the multiplied weights stand in layers that have integer kernels"
        )
    return Verdict(applies=True, reason="its weights can be trained to stand rounding", expects=(0.95, 1.05))


def apply(plan: Plan, given: Given) -> Plan:
    """Fine-tune a copy against the untouched model.

    Raises:
        NotApplicableError: the module holds no layer whose rounding could be felt.
    """
    module, given = copy.deepcopy(plan.model), teaching.taught(given)
    teacher = teaching.Teacher(given.teacher if given.teacher is not None else plan.model, given)

    def objective(outputs: torch.Tensor, inputs: Inputs, _: Any) -> torch.Tensor:
        return teaching.answer_loss(outputs, teacher(inputs), TEMPERATURE, classifies=given.classifies)

    with rounding.felt(module) as count:
        if not count:
            raise NotApplicableError("the module holds no linear layer and no convolution of its own")
        training.fit(
            module,
            objective,
            given,
            dropout=False,
        )
    return plan.then(META, given, model=module, notes=(f"{count} layers felt the rounding",))
