"""Leave out the blocks of a transformer that change least, and teach what is left the untouched model's answers.

Depth is what costs latency: a block left out saves all of its time, whatever the kernels. Blocks are ranked by how far they turn what
passes through them, and the shallower model is its own student: it learns the teacher's answers and the hidden states of the last
block of each list.

Source: Men et al. 2024, "ShortGPT", arXiv:2403.03853; Sajjad et al. 2023, "On the Effect of Dropping Layers", arXiv:2004.03844.
"""

from __future__ import annotations

from greenwright.records.machines import Machine
from greenwright.strategies import narrowing, teaching
from greenwright.strategies.contract import Given, Meta, Need, Plan, Real, Stage, Verdict, Whole

META = Meta(
    id="blocks",
    title="Leave out the blocks that change least and teach the rest",
    stage=Stage.PRUNE,
    needs=frozenset({Need.MODULE, Need.TRAINING, Need.CALIBRATION}),
    choices={
        "keep_share": Real(low=0.2, high=0.9, default=0.65),
        "epoch_count": Whole(low=1, high=20, default=2),
        "learning_rate": Real(low=0.001, high=0.1, default=0.02, log=True),
    },
    extra="torch",
    source="https://arxiv.org/abs/2403.03853",
    trains=True,
)


def check(plan: Plan, machine: Machine) -> Verdict:  # noqa: ARG001  the contract's signature
    """Applies to modules that run lists of like blocks."""
    if plan.is_onnx:
        return Verdict(applies=False, reason="the model is an ONNX file, which cannot be fine-tuned")
    found = narrowing.blocks_of(plan.model)
    if not found:
        return Verdict(applies=False, reason="it holds no list of like blocks of which some could be left out")
    said = " and ".join(f"{len(blocks)} in {name}" for name, blocks in found)
    return Verdict(applies=True, reason=f"it runs like blocks one after another: {said}", expects=(0.3, 0.95))


def apply(plan: Plan, given: Given) -> Plan:
    """Cut a copy, then fine-tune it.

    Raises:
        NotApplicableError: no block can be left out.
    """
    student, kept = narrowing.shallower(plan.model, given.calibration[0], float(given.choices["keep_share"]))
    teacher = given.teacher if given.teacher is not None else plan.model
    hints = [(f"{name}.{len(places) - 1}", f"{name}.{places[-1]}") for name, places in kept]
    known = {name for name, _ in teacher.named_modules()}
    teaching.recover(student, teacher, given, [pair for pair in hints if pair[1] in known])
    notes = [f"of {name} blocks {', '.join(str(place + 1) for place in places)} were kept" for name, places in kept]
    return plan.then(META, given, model=student, notes=notes)
