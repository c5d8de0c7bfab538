"""Set the weakest weights to zero, one by one or two of every four, and fine-tune around them.

Far more weights can be zero than channels can go, but only a kernel that skips zeros is cheaper for it. The kernels here are asked
first, and where they multiply by zero as dearly as by anything else, the strategy declines. Sparsity grows along a cubic schedule,
with an epoch of fine-tuning after each step, and the zeros are held.

Source: Zhu and Gupta 2017, "To prune, or not to prune", arXiv:1710.01878 (the schedule); Molchanov et al. 2019, arXiv:1906.10771 (Taylor
scores); Mishra et al. 2021, arXiv:2104.08378 (2:4).
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from greenwright.batches import Inputs
from greenwright.records.machines import Machine
from greenwright.strategies import sparsity, training
from greenwright.strategies.contract import Given, Meta, Need, NotApplicableError, OneOf, Plan, Real, Stage, Verdict, Whole

if TYPE_CHECKING:
    import torch
    from torch import nn

META = Meta(
    id="sparse-weights",
    title="Set the weakest weights to zero and fine-tune around them",
    stage=Stage.PRUNE,
    needs=frozenset({Need.MODULE, Need.TRAINING}),
    choices={
        "pattern": OneOf(options=("unstructured", "2:4")),
        "scope": OneOf(options=("layer", "global")),
        "score": OneOf(options=("magnitude", "taylor")),
        "zero_share": Real(low=0.5, high=0.95, default=0.9),
        "epoch_count": Whole(low=1, high=20, default=3),
        "learning_rate": Real(low=0.001, high=0.1, default=0.02, log=True),
    },
    extra="torch",
    source="https://arxiv.org/abs/1710.01878",
    trains=True,
)
PATTERNS = ("unstructured", "2:4")
FOUR = 4


def check(plan: Plan, machine: Machine) -> Verdict:  # noqa: ARG001  the contract's signature
    """Applies where a kernel of this machine is measured to skip zeros."""
    if plan.is_onnx:
        return Verdict(applies=False, reason="the model is an ONNX file, which cannot be fine-tuned")
    ratios = {pattern: sparsity.time_ratio(pattern) for pattern in PATTERNS}
    said = " and ".join(f"{ratio:.2f} with {pattern} zeros" for pattern, ratio in ratios.items())
    if min(ratios.values()) > sparsity.WORTH_RATIO:
        return Verdict(
            applies=False,
            reason=f"the kernels of this machine do not skip zeros: a multiplication took {said} of its time without; remove channels",
        )
    return Verdict(
        applies=True, reason=f"a multiplication took {said} of its time without", expects=(min(ratios.values()), 1.0)
    )


def apply(plan: Plan, given: Given) -> Plan:
    """Prune a copy step by step.

    Raises:
        NotApplicableError: the quality implies no loss.
    """
    loss = given.loss
    if loss is None:
        raise NotApplicableError("the workload names no loss to fine-tune with")
    module = copy.deepcopy(plan.model)
    weights = _weights(module)
    epoch_count, most = int(given.choices["epoch_count"]), float(given.choices["zero_share"])
    for epoch in range(1, epoch_count + 1):
        # A cubic: much at first, while there is time to recover, little at the end.
        share = most * (1 - (1 - epoch / epoch_count) ** 3)
        masks = _masks(_scores(module, weights, given), given, share)
        _fit(module, weights, masks, loss, given)
    zero_share = 1 - sum(int(mask.sum()) for mask in masks) / sum(mask.numel() for mask in masks)
    return plan.then(META, given, model=module, notes=(f"{zero_share:.0%} of the multiplied weights are zero",))


def _weights(module: nn.Module) -> list[torch.Tensor]:
    """Of every layer that multiplies."""
    from torch import nn

    kinds = nn.Linear | nn.modules.conv._ConvNd  # noqa: SLF001  the common base of every convolution has no public name
    return [layer.weight for layer in module.modules() if isinstance(layer, kinds)]


def _scores(module: nn.Module, weights: list[torch.Tensor], given: Given) -> list[torch.Tensor]:
    """How much each weight matters: its size, or what the loss would change without it, to the first order."""
    if given.choices["score"] == "magnitude":
        return [weight.detach().abs() for weight in weights]
    import torch

    assert given.training is not None
    assert given.loss is not None
    module.zero_grad(set_to_none=True)
    with torch.enable_grad():
        for inputs, targets in given.training():
            given.loss(training.forward(module, inputs, given), targets).backward()
            break
    scores = [(weight.detach() * weight.grad).abs() if weight.grad is not None else weight.detach().abs() for weight in weights]
    module.zero_grad(set_to_none=True)
    return scores


def _masks(scores: list[torch.Tensor], given: Given, share: float) -> list[torch.Tensor]:
    import torch

    if given.choices["pattern"] == "2:4":
        return [_two_of_four(score) for score in scores]
    if given.choices["scope"] == "layer":
        return [score > _quantile(score.flatten(), share) for score in scores]
    # Ranked over all layers, relative to each layer's own mean: layers differ in scale, not in worth.
    relative = [score / score.mean().clamp_min(1e-12) for score in scores]
    bound = _quantile(torch.cat([score.flatten() for score in relative]), share)
    return [score > bound for score in relative]


def _two_of_four(scores: torch.Tensor) -> torch.Tensor:
    """Along the inputs of each output; a row whose length is no multiple of four stays whole."""
    import torch

    rows = scores.flatten(1)
    if rows.shape[1] % FOUR:
        return torch.ones_like(scores, dtype=torch.bool)
    fours = rows.reshape(-1, FOUR)
    kept = torch.zeros_like(fours, dtype=torch.bool)
    return kept.scatter(1, fours.topk(2, dim=1).indices, value=True).reshape(scores.shape)


def _quantile(values: torch.Tensor, share: float) -> Any:
    return values.kthvalue(max(1, round(share * values.numel()))).values


def _fit(module: nn.Module, weights: list[torch.Tensor], masks: list[torch.Tensor], loss: Any, given: Given) -> None:
    """One epoch, with the masked weights set to zero again before every forward pass and at the end."""
    import torch

    def hold(*_: Any) -> None:
        with torch.no_grad():
            for weight, mask in zip(weights, masks, strict=True):
                weight.mul_(mask)

    def objective(outputs: Any, _: Inputs, targets: Any) -> Any:
        return loss(outputs, targets)

    held = module.register_forward_pre_hook(hold)
    try:
        training.fit(module, objective, given, epoch_count=1)
    finally:
        held.remove()
    hold()
