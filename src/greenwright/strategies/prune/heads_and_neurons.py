"""Remove attention heads and the neurons between feed-forward layers that matter least, and teach the rest.

Whole heads and neurons go, so every kernel multiplies smaller matrices. Which layers belong together is found by permuting them, not
by their names; what cannot be followed that way is left alone. The rest learns the teacher's answers and, if asked to, its hidden states.

Source: Michel et al. 2019, arXiv:1905.10650; Sun et al. 2024, arXiv:2306.11695.
"""

from __future__ import annotations

from greenwright.records.machines import Machine
from greenwright.strategies import attention, depth, hints, narrowing, rounds, teaching
from greenwright.strategies.contract import Given, Meta, Need, Plan, Real, Stage, Verdict, Whole

META = Meta(
    id="heads-and-neurons",
    title="Remove the weakest attention heads and neurons and teach the rest",
    stage=Stage.PRUNE,
    needs=frozenset({Need.MODULE, Need.TEACHING, Need.CALIBRATION}),
    choices={
        "keep_share": Real(low=0.2, high=0.9, default=0.6),
        "epoch_count": Whole(low=1, high=20, default=2),
        "learning_rate": Real(low=0.001, high=0.1, default=0.02, log=True),
        "round_count": rounds.ROUNDS,
        "hints": hints.CHOICE,
    },
    extra="torch",
    source="https://arxiv.org/abs/1905.10650",
    trains=True,
)
FEWEST_LINEAR = 2


def check(plan: Plan, machine: Machine) -> Verdict:  # noqa: ARG001  the contract's signature
    """Applies to modules that attend: channels of others are removed along their dependency graph."""
    if plan.is_onnx:
        return Verdict(applies=False, reason="the model is an ONNX file, which cannot be fine-tuned")
    from torch import nn

    attends = any("attention" in type(layer).__name__.lower() for layer in plan.model.modules())
    count = sum(type(layer) is nn.Linear for layer in plan.model.modules())
    if attends and count < FEWEST_LINEAR:
        return Verdict(applies=False, reason="its attention and its neurons are in layers of its own, which cannot be followed")
    if not attends:
        return Verdict(
            applies=False, reason="it holds no attention: its channels are removed along its dependency graph instead"
        )
    return Verdict(applies=True, reason=f"it holds attention and {count} linear layers", expects=(0.4, 0.95))


def apply(plan: Plan, given: Given) -> Plan:
    """Cut a copy, then fine-tune it.

    Raises:
        NotApplicableError: nothing can be removed without changing anything else.
    """
    teacher = given.teacher if given.teacher is not None else plan.model
    lasts = [f"{name}.{len(blocks) - 1}" for name, blocks in depth.blocks_of(plan.model)]
    pairs = [(name, name) for name in lasts] if hints.wanted(given) else []
    if pairs:  # taken apart like the student, so that what is overheard of both is the same
        teacher = attention.opened(teacher)
    student, notes, before = plan.model, [], 1.0
    for keep_share, told in rounds.of(given):
        student, removed = narrowing.narrowed(student, given.calibration[0], keep_share / before)
        teaching.recover(student, teacher, told, pairs)
        before = keep_share
        notes.append(removed)
    return plan.then(META, given, model=student, notes=notes)
