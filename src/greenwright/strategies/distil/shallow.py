"""Teach a shallow network from nothing: three words at a time, three strided convolutions, or one hidden layer.

By itself it seldom holds the quality of a deep one. Standing before it in a cascade it may answer the greater part of the inputs, for
next to nothing. It learns from labels where the workload's quality implies a loss, and from the untouched model's answers elsewhere:
what it is good for are the inputs on which the two agree anyway.

Source: Kim 2014, arXiv:1408.5882 (words); Hinton et al. 2015, arXiv:1503.02531 (answers as targets).
"""

from __future__ import annotations

from typing import Any

from greenwright.batches import Inputs, each
from greenwright.records.machines import Machine
from greenwright.strategies import teaching, training
from greenwright.strategies.contract import Given, Meta, Need, Plan, Real, Stage, Verdict, Whole

META = Meta(
    id="shallow",
    title="Teach a shallow network to answer what is easy",
    stage=Stage.DISTIL,
    needs=frozenset({Need.MODULE, Need.TRAINING, Need.CALIBRATION, Need.LOGITS}),
    choices={
        "epoch_count": Whole(low=1, high=100, default=8),
        "learning_rate": Real(low=0.01, high=0.5, default=0.1, log=True),
    },
    extra="torch",
    source="https://arxiv.org/abs/1408.5882",
    trains=True,
)
TEMPERATURE = 2.0


def check(plan: Plan, machine: Machine) -> Verdict:  # noqa: ARG001  the contract's signature
    """Applies to modules of several layers that were not changed yet."""
    if plan.is_onnx:
        return Verdict(applies=False, reason="the model is an ONNX file, which cannot be fine-tuned")
    from torch import nn

    if sum(isinstance(layer, nn.Linear | nn.modules.conv._ConvNd | nn.RNNBase) for layer in plan.model.modules()) < 2:  # noqa: PLR2004, SLF001  no public name
        return Verdict(applies=False, reason="it is shallow already")
    return Verdict(applies=True, reason="a shallow network may answer the easy inputs", expects=(0.005, 0.3))


def apply(plan: Plan, given: Given) -> Plan:
    """Train it on ``given.training``.

    Raises:
        NotApplicableError: there are inputs that no shallow network is known for.
    """
    import torch

    from greenwright.strategies import shallow_models

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(given.seed)
        student = shallow_models.shallow(plan.model, [each(torch.as_tensor, inputs) for inputs in given.calibration])
    teacher = teaching.Teacher(given.teacher if given.teacher is not None else plan.model, given)

    def objective(outputs: torch.Tensor, inputs: Inputs, targets: Any) -> torch.Tensor:
        if given.loss is not None:
            loss: torch.Tensor = given.loss(outputs, targets)
            return loss
        return teaching.answer_loss(outputs, teacher(inputs), TEMPERATURE, classifies=given.classifies)

    training.fit(
        student,
        objective,
        given,
    )
    kind = type(student).__name__.lower()
    model = student.folded() if isinstance(student, shallow_models.Words) else student
    count = sum(parameter.numel() for parameter in model.parameters())
    return plan.then(META, given, model=model, notes=(f"a shallow network that reads {kind}, {count / 1e6:.2g} M parameters",))
