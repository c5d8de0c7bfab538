"""Teach a slimmer student what the untouched model answers.

The teacher's whole answer says more than a label: which wrong classes were nearly right. By default it is all the student learns
from, because it is what the proof will hold the student to: on a CIFAR-10 network with 45 % of the multiply-adds left, labels for a
tenth of the loss cost 0.2 points. A pruned model is its own student; otherwise the student is the one the user brought, or a slimmer
copy of the teacher.

``loss = soft_share * T^2 * KL(teacher / T || student / T) + (1 - soft_share) * loss(outputs, targets)`` for classifiers; for
other models the mean squared distance from the teacher's answers takes the place of the first term.

Source: Hinton et al. 2015, arXiv:1503.02531.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from greenwright.batches import Inputs
from greenwright.records.machines import Machine
from greenwright.strategies import slimming, teaching, training
from greenwright.strategies.contract import Given, Meta, Need, Plan, Real, Stage, Verdict, Whole

if TYPE_CHECKING:
    import torch
    from torch import nn

META = Meta(
    id="soft-targets",
    title="Teach a slimmer student the untouched model's answers",
    stage=Stage.DISTIL,
    needs=frozenset({Need.MODULE, Need.TEACHING, Need.CALIBRATION}),
    choices={
        "keep_share": Real(low=0.2, high=0.8, default=0.4),
        "epoch_count": Whole(low=1, high=24, default=4),
        "temperature": Real(low=1.0, high=8.0, default=4.0),
        "soft_share": Real(low=0.5, high=1.0, default=1.0),
        "learning_rate": Real(low=0.01, high=0.2, default=0.1, log=True),
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
    student, notes = _student(plan, given)
    given = teaching.taught(given)
    teacher = teaching.Teacher(given.teacher, given)

    def objective(outputs: torch.Tensor, inputs: Inputs, targets: Any) -> torch.Tensor:
        taught = teacher(inputs)
        soft_share = float(given.choices["soft_share"]) if given.loss and targets is not None else 1.0
        soft = teaching.answer_loss(outputs, taught, float(given.choices["temperature"]), classifies=given.classifies)
        hard: torch.Tensor | float = given.loss(outputs, targets) if given.loss and soft_share < 1 else 0.0
        return soft_share * soft + (1 - soft_share) * hard

    training.fit(
        student,
        objective,
        given,
        dropout=False,
    )
    return plan.then(META, given, model=student, notes=notes)


def _student(plan: Plan, given: Given) -> tuple[nn.Module, list[str]]:
    if _is_pruned(plan):
        return copy.deepcopy(plan.model), ["the pruned model was the student"]
    if given.student is not None:
        return copy.deepcopy(given.student), ["the student was brought by the workload"]
    slimmer, kept_share, left_alone = slimming.slim(plan.model, given.calibration[0], float(given.choices["keep_share"]))
    return slimmer, [f"the student has {kept_share:.0%} of the teacher's multiply-adds", *slimming.notes(left_alone)]


def _is_pruned(plan: Plan) -> bool:
    return any(step.stage == Stage.PRUNE.value for step in plan.history)
