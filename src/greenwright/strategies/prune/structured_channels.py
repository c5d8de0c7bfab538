"""Remove the weakest channels and fine-tune what is left.

Whole channels go, so every kernel gets smaller matrices and no sparse format is needed: the saving is there on any machine.

Source: Fang et al. 2023, arXiv:2301.12900; Li et al. 2017, arXiv:1608.08710.
"""

from __future__ import annotations

from typing import Any

from greenwright.batches import Inputs
from greenwright.records.machines import Machine
from greenwright.strategies import layers, rounds, slimming, training
from greenwright.strategies.contract import Given, Meta, Need, NotApplicableError, Plan, Real, Stage, Verdict, Whole

META = Meta(
    id="structured-channels",
    title="Remove the weakest channels and fine-tune",
    stage=Stage.PRUNE,
    needs=frozenset({Need.MODULE, Need.TRAINING, Need.CALIBRATION}),
    choices={
        "keep_share": Real(low=0.2, high=0.8, default=0.45),
        "epoch_count": Whole(low=1, high=20, default=2),
        "learning_rate": Real(low=0.005, high=0.1, default=0.03, log=True),
        "round_count": rounds.ROUNDS,
    },
    extra="torch",
    source="https://arxiv.org/abs/2301.12900",
    trains=True,
)


def check(plan: Plan, machine: Machine) -> Verdict:  # noqa: ARG001  the contract's signature
    """Applies to modules of convolutions and plain linear layers."""
    refusal = slimming.refusal(plan.model)
    if refusal:
        return Verdict(applies=False, reason=refusal)
    held_share = layers.share(layers.weight_counts(plan.model), layers.CONVOLUTION)
    return Verdict(applies=True, reason=f"{held_share:.0%} of the weights stand in convolutions", expects=(0.2, 0.9))


def apply(plan: Plan, given: Given) -> Plan:
    """Slim a copy, then fine-tune it on the workload's own loss.

    Raises:
        NotApplicableError: the quality implies no loss, or nothing can be removed.
    """
    loss = given.loss
    if loss is None:
        raise NotApplicableError("the workload names no loss to fine-tune with; soft targets need none")

    def objective(outputs: Any, _: Inputs, targets: Any) -> Any:
        return loss(outputs, targets)

    left_alone: list[str] = []
    slimmer, kept_share = plan.model, 1.0
    for wanted_share, told in rounds.of(given):
        slimmer, share, left_alone = slimming.slim(slimmer, given.calibration[0], wanted_share / kept_share)
        kept_share *= share
        training.fit(
            slimmer,
            objective,
            told,
        )
    notes = [f"{kept_share:.0%} of the multiply-adds left", *slimming.notes(left_alone)]
    return plan.then(META, given, model=slimmer, notes=notes)
