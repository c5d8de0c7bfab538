"""Leave out the blocks that are needed least, and teach what is left the untouched model's answers.

Depth is what costs latency: a block left out saves all of its time, whatever the kernels. One after another goes the block without which
the answers turn least: of MiniLM's six, the three left so agree with it at a cosine of 0.75, and the three that turn most of what passes
through them at 0.64. The shallower model is its own student: it learns the teacher's answers, and if asked to, the hidden states and
the attention of the last block of each list. In several rounds, blocks are chosen anew after each.

Source: Men et al. 2024, "ShortGPT", arXiv:2403.03853; Sajjad et al. 2023, "On the Effect of Dropping Layers", arXiv:2004.03844.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from greenwright.records.machines import Machine
from greenwright.strategies import depth, hints, rounds, teaching
from greenwright.strategies.contract import Given, Meta, Need, Plan, Real, Stage, Verdict, Whole

if TYPE_CHECKING:
    from torch import nn

META = Meta(
    id="blocks",
    title="Leave out the blocks that are needed least and teach the rest",
    stage=Stage.PRUNE,
    needs=frozenset({Need.MODULE, Need.TEACHING, Need.CALIBRATION}),
    choices={
        "keep_share": Real(low=0.2, high=0.9, default=0.5),
        "epoch_count": Whole(low=1, high=20, default=2),
        "learning_rate": Real(low=0.001, high=0.1, default=0.02, log=True),
        "round_count": rounds.ROUNDS,
        "hints": hints.CHOICE,
    },
    extra="torch",
    source="https://arxiv.org/abs/2403.03853",
    trains=True,
)


def check(plan: Plan, machine: Machine) -> Verdict:  # noqa: ARG001  the contract's signature
    """Applies to modules that run lists of like blocks."""
    if plan.is_onnx:
        return Verdict(applies=False, reason="the model is an ONNX file, which cannot be fine-tuned")
    found = depth.blocks_of(plan.model)
    if not found:
        return Verdict(applies=False, reason="it holds no list of like blocks of which some could be left out")
    said = " and ".join(f"{len(blocks)} in {name}" for name, blocks in found)
    return Verdict(applies=True, reason=f"it runs like blocks one after another: {said}", expects=(0.3, 0.95))


def apply(plan: Plan, given: Given) -> Plan:
    """Cut a copy, then fine-tune it.

    Raises:
        NotApplicableError: no block can be left out.
    """
    teacher = given.teacher if given.teacher is not None else plan.model
    whole = {name: len(blocks) for name, blocks in depth.blocks_of(plan.model)}
    student, kept = plan.model, {name: list(range(count)) for name, count in whole.items()}
    for keep_share, told in rounds.of(given):
        student, chosen = depth.shallower(student, given.calibration[0], keep_share, whole)
        kept |= {name: [kept[name][place] for place in places] for name, places in chosen}
        cut = {name: kept[name] for name, _ in chosen}
        teaching.recover(student, teacher, told, _pairs(teacher, cut) if hints.wanted(given) else ())
    notes = [
        f"of {name} blocks {', '.join(str(place + 1) for place in places)} were kept"
        for name, places in kept.items()
        if len(places) < whole[name]
    ]
    return plan.then(META, given, model=student, notes=notes)


def _pairs(teacher: nn.Module, kept: Mapping[str, Sequence[int]]) -> list[tuple[str, str]]:
    """The last block of each list, in the student and in the teacher, which knows it under its old place."""
    known = {name for name, _ in teacher.named_modules()}
    pairs = [(f"{name}.{len(places) - 1}", f"{name}.{places[-1]}") for name, places in kept.items()]
    return [pair for pair in pairs if pair[1] in known]
