"""Fine-tune a module: the one training loop that strategies share.

It computes in bf16 where the processor can, channels last where there are convolutions, and anneals to zero, because what it
spends is charged to the search.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from greenwright.batches import Inputs, call, each
from greenwright.strategies.contract import Given, NotApplicableError

if TYPE_CHECKING:
    import torch

IMAGE_AXES = 4
BF16 = {"avx512_bf16", "amx_bf16", "bf16"}
WEIGHT_DECAY_SHARE = 5e-4
MOMENTUM_SHARE = 0.9
WARM_UP_SHARE = 0.15

Objective = Callable[[Any, Inputs, Any], Any]
"""(outputs, inputs, targets) -> scalar tensor."""


def fit(module: torch.nn.Module, objective: Objective, given: Given, *, epoch_count: int, learning_rate: float) -> None:
    """Train ``module`` in place for ``epoch_count`` epochs of ``given.training``, one warm-up and one long annealing.

    Raises:
        NotApplicableError: there is no train set, or the loss stopped being a number.
    """
    import torch

    if given.training is None:
        raise NotApplicableError("there is no train set to fine-tune on")
    steps_per_epoch = given.training_step_count
    if not steps_per_epoch or not epoch_count:
        return
    with torch.random.fork_rng(), torch.enable_grad():
        torch.manual_seed(given.seed)
        torch.set_num_threads(given.thread_count)
        module.train()
        if has_images(module):
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # absent from torch's stubs
        optimizer = torch.optim.SGD(
            module.parameters(), lr=learning_rate, momentum=MOMENTUM_SHARE, weight_decay=WEIGHT_DECAY_SHARE, nesterov=True
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, learning_rate, total_steps=epoch_count * steps_per_epoch + 1, pct_start=WARM_UP_SHARE
        )
        for _ in range(epoch_count):
            for inputs, targets in given.training():
                optimizer.zero_grad(set_to_none=True)
                loss = objective(forward(module, inputs, given), inputs, targets)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(module.parameters(), 5.0)
                optimizer.step()
                if schedule.last_epoch < schedule.total_steps - 1:
                    schedule.step()
            reached = float(loss.detach())
            if not math.isfinite(reached):
                raise NotApplicableError(f"fine-tuning diverged: the loss became {reached}; a lower learning rate may hold")
    module.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]  # absent from torch's stubs


def forward(module: torch.nn.Module, inputs: Inputs, given: Given) -> torch.Tensor:
    """The module's outputs in 32 bits, computed in bf16 where the processor has it."""
    import torch

    with torch.autocast("cpu", torch.bfloat16, enabled=bool(BF16 & set(given.machine.features))):
        outputs: torch.Tensor = call(module, each(_channels_last, inputs))
    return outputs.float()


def has_images(module: torch.nn.Module) -> bool:
    """Whether it holds two-dimensional convolutions."""
    from torch import nn

    return any(isinstance(layer, nn.Conv2d) for layer in module.modules())


def _channels_last(array: Any) -> Any:
    import torch

    return array.contiguous(memory_format=torch.channels_last) if array.dim() == IMAGE_AXES else array
