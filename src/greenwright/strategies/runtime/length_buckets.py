"""Run the examples of one call in groups of like length, so that little padding is computed.

A call is padded to its longest example, and what stands behind the others is multiplied, normalised and thrown away: of 32 reviews 49 %
of all positions. Shorter runs of like length answer the same with less. Nothing is trained and nothing rounded; a run more costs about
as much as a few positions, which is weighed anew for every call.

Source: Fang et al. 2021, "TurboTransformers", arXiv:2010.05680.
"""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

import numpy as np

from greenwright.batches import call, each, named
from greenwright.records.machines import Machine
from greenwright.strategies import onnx_graph
from greenwright.strategies.contract import Given, Meta, Need, NotApplicableError, OneOf, Plan, Stage, Verdict

META = Meta(
    id="length-buckets",
    title="Run examples of like length together",
    stage=Stage.RUNTIME,
    needs=frozenset({Need.CALIBRATION, Need.SEVERAL}),
    choices={"run_tokens": OneOf(options=(16, 64))},
    source="https://arxiv.org/abs/2010.05680",
)
MASK = "attention_mask"
LEAST_PADDING_SHARE = 0.1
"""Of all positions: with less there is nothing to gain."""


def check(plan: Plan, machine: Machine) -> Verdict:  # noqa: ARG001  the contract's signature
    """Applies to models that are told by a mask which positions are padding."""
    if MASK not in _inputs(plan):
        return Verdict(applies=False, reason=f"it takes no {MASK}, so it has no padding that could be left out")
    return Verdict(applies=True, reason="a mask tells it which positions are padding", expects=(0.5, 1.0))


def apply(plan: Plan, given: Given) -> Plan:
    """Leave the model as it is, and say that calls come in parts.

    Raises:
        NotApplicableError: calls hold next to no padding, it lies before the words, or every position has an answer of its own.
    """
    masks = [np.asarray(named(batch)[MASK]) for batch in given.calibration]
    if any((np.diff((mask != 0).astype(int), axis=1) > 0).any() for mask in masks):
        raise NotApplicableError("padding lies before the words, or between them")
    padding_share = 1 - sum((mask != 0).sum() for mask in masks) / sum(mask.size for mask in masks)
    if padding_share < LEAST_PADDING_SHARE:
        raise NotApplicableError(f"only {padding_share:.0%} of all positions are padding")
    _refuse_sequences(given, masks[0].shape)
    inference = replace(plan.inference, run_tokens=int(given.choices["run_tokens"]))
    return plan.then(
        META, given, model=plan.model, inference=inference, notes=(f"{padding_share:.0%} of all positions were padding",)
    )


def _inputs(plan: Plan) -> set[str]:
    """Names of what the model takes."""
    if plan.is_onnx:
        return set(onnx_graph.inputs(plan.model))
    return set(inspect.signature(plan.model.forward).parameters)


def _refuse_sequences(given: Given, shape: tuple[int, ...]) -> None:
    """Answers of runs of several widths could not be put together, where they are as wide."""
    import torch

    if given.teacher is None:
        return
    with torch.no_grad():
        answered: Any = call(given.teacher, each(torch.as_tensor, given.calibration[0]))
    if answered.dim() > 2 and answered.shape[1] == shape[1]:  # noqa: PLR2004  (examples, positions, …)
        raise NotApplicableError("it answers for every position, so runs of several widths cannot be put together")
