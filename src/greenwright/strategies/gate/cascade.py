"""Let a small model answer where it is sure, and ask the larger one only for the rest.

Most inputs are easy, and a fixed model spends on them what it spends on the hardest. Here a cheaper model, one that the search has made
already, answers first; rows whose margin (the largest logit less the next) is below a threshold go on to the model it stands before.
Both lie in one ONNX file, each quantized as it was, and a batch of which every row is sure never enters the larger one. What that
saves depends on how many inputs are easy, so the share is recorded beside the saving.

The study chooses the first model and the threshold on the examples it searches with, never on those that prove.

Source: Viola and Jones 2001, "Rapid object detection using a boosted cascade of simple features", https://doi.org/10.1109/CVPR.2001.990517;
Bolukbasi et al. 2017, "Adaptive Neural Networks for Efficient Inference", arXiv:1702.07811.
"""

from __future__ import annotations

from dataclasses import replace

from greenwright.records.machines import Machine
from greenwright.records.models import Inference, OnnxModel
from greenwright.strategies import cascading, layers
from greenwright.strategies.contract import Given, Meta, Need, NotApplicableError, Plan, Real, Stage, Verdict

META = Meta(
    id="cascade",
    title="Answer easy inputs with a small model, ask a larger one the rest",
    stage=Stage.GATE,
    needs=frozenset({Need.LOGITS}),
    choices={"threshold": Real(low=0.0, high=30.0, default=1.0)},
    extra="onnx",
    source="https://doi.org/10.1109/CVPR.2001.990517",
)


def check(plan: Plan, machine: Machine) -> Verdict:  # noqa: ARG001  the contract's signature
    """Applies to any classifier that can stand in an ONNX file and has none before it."""
    if any(step.strategy == META.id for step in plan.history):
        return Verdict(applies=False, reason="a smaller model answers first already")
    if not plan.is_onnx and layers.is_half(plan.model):
        return Verdict(applies=False, reason="both models stand in one ONNX file, where CPU kernels compute in 32 bits")
    return Verdict(applies=True, reason="easy inputs may need less than the whole model", expects=(0.3, 1.1))


def apply(plan: Plan, given: Given) -> Plan:
    """Join the two files.

    Raises:
        NotApplicableError: there is no first model, it is run otherwise than this one, or the two do not fit together.
    """
    first = given.first
    if first is None:
        raise NotApplicableError("no smaller model was made that could answer first")
    told = _inference(first, plan)
    if told is None:
        raise NotApplicableError(
            f"the first model runs in {first.inference.runtime} and the second in {plan.inference.runtime}, or with other settings:"
            " one file runs in one"
        )
    threshold = float(given.choices["threshold"])
    small, large = _file(first, given, "first.onnx"), _file(plan, given, "second.onnx")
    model = cascading.combined(small, large, threshold, given.work_dir / "cascade.onnx")
    return plan.then(META, given, model=model, inference=told, notes=[f"the first model: {note}" for note in first.notes])


def _inference(first: Plan, second: Plan) -> Inference | None:
    """How one file of both is run: as those that are files already are run, if they agree; else in ONNX Runtime."""
    known = [plan.inference for plan in (first, second) if plan.is_onnx]
    if not known:
        return replace(second.inference, runtime="onnxruntime")
    return known[0] if all(one == known[0] for one in known) else None


def _file(plan: Plan, given: Given, name: str) -> OnnxModel:
    if isinstance(plan.model, OnnxModel):
        return plan.model
    if given.to_onnx is None:
        raise NotApplicableError("the model is a PyTorch module and there is no exporter")
    return given.to_onnx(plan.model, given.work_dir / name)
