"""Fine-tune a module: the one training loop that strategies share.

It computes in bf16 where the processor can, channels last where there are convolutions, and anneals to zero, because what it
spends is charged to the search. Modules whose gradients differ in scale from layer to layer, as those that attend, recur or normalise
what they add, learn by AdamW, all others by SGD; a learning rate is given in SGD's terms.

Source: Loshchilov and Hutter 2019, arXiv:1711.05101 (AdamW); Zhang et al. 2020, arXiv:1912.03194 (why attention wants it).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
ADAPTIVE_SHARE = 0.01
"""Of a learning rate of SGD, for AdamW, whose steps have the size of the rate itself."""

Objective = Callable[[Any, Inputs, Any], Any]
"""(outputs, inputs, targets) -> scalar tensor."""


def fit(  # noqa: PLR0913  by name, the last two with defaults
    module: torch.nn.Module,
    objective: Objective,
    given: Given,
    *,
    epoch_count: int | None = None,
    learning_rate: float | None = None,
    dropout: bool = True,
    frozen: Sequence[torch.nn.Module] = (),
) -> None:
    """Train ``module`` in place for ``epoch_count`` epochs of ``given.training``, one warm-up and one long annealing.

    Args:
        module: what of it asks for gradients is trained; all of it, where nothing does, as in models frozen to be served.
        objective: what is to become less.
        given: the data, the seed and the threads.
        epoch_count: epochs; None for what the strategy chose.
        learning_rate: the highest, of SGD; likewise.
        dropout: whether what drops at random does: a student that is to answer as its teacher learns faster without.
        frozen: parts of ``module`` that stay as they are.

    Raises:
        NotApplicableError: there is no train set, or the loss stopped being a number.
    """
    import torch

    if given.training is None:
        raise NotApplicableError("there is no train set to fine-tune on")
    epoch_count = int(given.choices["epoch_count"]) if epoch_count is None else epoch_count
    learning_rate = float(given.choices["learning_rate"]) if learning_rate is None else learning_rate
    total = epoch_count * given.training_step_count
    if not total:
        return
    with torch.random.fork_rng(devices=[]), torch.enable_grad(), _trainable(module, frozen) as parameters:
        torch.manual_seed(given.seed)
        torch.set_num_threads(given.thread_count)
        _wake(module, dropout=dropout)
        if has_images(module):
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # absent from torch's stubs
        optimizer, highest = _optimizer(module, parameters, learning_rate)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, highest, total_steps=total + 1, pct_start=WARM_UP_SHARE)
        for _ in range(epoch_count):
            for inputs, targets in given.training():
                optimizer.zero_grad(set_to_none=True)
                loss = objective(forward(module, inputs, given), inputs, targets)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(parameters, 5.0)
                optimizer.step()
                if schedule.last_epoch < schedule.total_steps - 1:
                    schedule.step()
            reached = float(loss.detach())
            if not math.isfinite(reached):
                raise NotApplicableError(f"fine-tuning diverged: the loss became {reached}; a lower learning rate may hold")
    module.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]  # absent from torch's stubs


def adapts(module: torch.nn.Module) -> bool:
    """Whether its gradients differ so much in scale that plain SGD would crawl in one layer or leap in another."""
    from torch import nn

    return any(
        isinstance(layer, nn.LayerNorm | nn.RMSNorm | nn.MultiheadAttention | nn.RNNBase)
        or type(layer).__name__.lower().endswith(("rmsnorm", "layernorm", "attention"))
        for layer in module.modules()
    )


def _optimizer(
    module: torch.nn.Module, parameters: list[torch.nn.Parameter], learning_rate: float
) -> tuple[torch.optim.Optimizer, float]:
    """How it learns, and the highest rate in that one's terms."""
    import torch

    if adapts(module):
        highest = ADAPTIVE_SHARE * learning_rate
        return torch.optim.AdamW(parameters, lr=highest, weight_decay=WEIGHT_DECAY_SHARE, fused=True), highest
    sgd = torch.optim.SGD(parameters, lr=learning_rate, momentum=MOMENTUM_SHARE, weight_decay=WEIGHT_DECAY_SHARE, nesterov=True)
    return sgd, learning_rate


@contextmanager
def _trainable(module: torch.nn.Module, frozen: Sequence[torch.nn.Module]) -> Iterator[list[torch.nn.Parameter]]:
    """While open, parameters ask for a gradient as they did, but for those of ``frozen``; all, where none did. Yields them."""
    still = {id(parameter) for part in frozen for parameter in part.parameters()}
    before = [(parameter, parameter.requires_grad) for parameter in module.parameters() if parameter.is_floating_point()]
    none_asked = not any(asked for _, asked in before)
    try:
        for parameter, asked in before:
            parameter.requires_grad_((asked or none_asked) and id(parameter) not in still)
        yield [parameter for parameter, _ in before if parameter.requires_grad]
    finally:
        for parameter, asked in before:
            parameter.grad = None
            parameter.requires_grad_(asked)


def _wake(module: torch.nn.Module, *, dropout: bool) -> None:
    """Into training mode; without dropout only the layers that never drop: convolutions, products, normalisations."""
    from torch import nn

    module.train()
    if not dropout:
        steady = nn.modules.batchnorm._NormBase | nn.modules.conv._ConvNd | nn.Linear  # noqa: SLF001  common bases have no public name
        for layer in module.modules():
            layer.training = isinstance(layer, steady)


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
