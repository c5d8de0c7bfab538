"""Teach a slimmer student what the untouched model answers.

The teacher's whole answer says more than a label: which wrong classes were nearly right. A pruned model is its own student;
otherwise the student is the one the user brought, or a slimmer copy of the teacher.

``loss = soft_share * T^2 * KL(teacher / T || student / T) + (1 - soft_share) * loss(outputs, targets)`` for classifiers; for
other models the mean squared distance from the teacher's answers takes the place of the first term.

Source: Hinton et al. 2015, arXiv:1503.02531.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from greenwright.batches import Inputs
from greenwright.records import Machine
from greenwright.strategies import slimming, training
from greenwright.strategies.contract import Given, Meta, Need, Plan, Real, Stage, Verdict, Whole

if TYPE_CHECKING:
    import torch
    from torch import nn

META = Meta(
    id="soft-targets",
    title="Teach a slimmer student the untouched model's answers",
    stage=Stage.DISTIL,
    needs=frozenset({Need.MODULE, Need.TRAINING, Need.CALIBRATION}),
    choices={
        "keep_share": Real(low=0.2, high=0.8, default=0.45),
        "epoch_count": Whole(low=1, high=20, default=4),
        "temperature": Real(low=1.0, high=8.0, default=4.0),
        "soft_share": Real(low=0.5, high=1.0, default=0.9),
        "learning_rate": Real(low=0.005, high=0.1, default=0.05, log=True),
    },
    extra="torch",
    source="https://arxiv.org/abs/1503.02531",
    trains=True,
)


def check(plan: Plan, machine: Machine) -> Verdict:  # noqa: ARG001  the contract's signature
    """Applies to a pruned module, to any module with a student of its own, and to those a slimmer copy can be made of."""
    if _is_pruned(plan):
        return Verdict(applies=True, reason="the pruned model can learn from the untouched one", expects=(0.95, 1.05))
    refusal = slimming.refusal(plan.model)
    if refusal:
        return Verdict(applies=False, reason=f"no slimmer student can be made: {refusal}; bring one as Workload(student=...)")
    return Verdict(applies=True, reason="a slimmer copy can be its student", expects=(0.2, 0.9))


def apply(plan: Plan, given: Given) -> Plan:
    """Train a student on the teacher's answers for ``given.training``; targets are used only where the workload has a loss."""
    import torch

    student, note = _student(plan, given)
    teacher = copy.deepcopy(given.teacher).eval()

    def objective(outputs: torch.Tensor, inputs: Inputs, targets: Any) -> torch.Tensor:
        with torch.no_grad():
            taught = training.forward(teacher, inputs, given)
        soft_share = float(given.choices["soft_share"]) if given.loss else 1.0
        soft = soft_loss(outputs, taught, float(given.choices["temperature"]), classifies=given.classifies)
        hard: torch.Tensor | float = given.loss(outputs, targets) if given.loss and soft_share < 1 else 0.0
        return soft_share * soft + (1 - soft_share) * hard

    training.fit(
        student,
        objective,
        given,
        epoch_count=int(given.choices["epoch_count"]),
        learning_rate=float(given.choices["learning_rate"]),
    )
    return plan.then(META, given, model=student, notes=(note,))


def soft_loss(outputs: torch.Tensor, taught: torch.Tensor, temperature: float, *, classifies: bool) -> torch.Tensor:
    """How far ``outputs`` are from what the teacher answered; both ``(batch, …)``, logits where ``classifies``."""
    from torch.nn import functional

    if not classifies:
        return functional.mse_loss(outputs, taught)
    if outputs.dim() == 1 or outputs.shape[-1] == 1:
        outputs, taught = _two_classes(outputs), _two_classes(taught)
    student, teacher = functional.log_softmax(outputs / temperature, -1), functional.log_softmax(taught / temperature, -1)
    return functional.kl_div(student, teacher, reduction="batchmean", log_target=True) * temperature**2


def _two_classes(logit: torch.Tensor) -> torch.Tensor:
    """``(batch,)`` or ``(batch, 1)`` -> ``(batch, 2)``: one logit is what the second of two classes has over the first."""
    import torch

    flat = logit.reshape(-1)
    return torch.stack([torch.zeros_like(flat), flat], -1)


def _student(plan: Plan, given: Given) -> tuple[nn.Module, str]:
    if _is_pruned(plan):
        return copy.deepcopy(plan.model), "the pruned model was the student"
    if given.student is not None:
        return copy.deepcopy(given.student), "the student was brought by the workload"
    slimmer, kept_share = slimming.slim(plan.model, given.calibration[0], float(given.choices["keep_share"]))
    return slimmer, f"the student has {kept_share:.0%} of the teacher's multiply-adds"


def _is_pruned(plan: Plan) -> bool:
    return any(step.stage == Stage.PRUNE.value for step in plan.history)
