"""Let a module feel the rounding of 8 bits while it is trained, and take that off again.

Weights are rounded through a parametrization, activations on their way into each layer, both with straight-through gradients; what is
trained stays in 32 bits.

Source: Jacob et al. 2018, arXiv:1712.05877 (section 3); Bengio et al. 2013, arXiv:1308.3432 (straight-through).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.utils import parametrize

LEVEL_COUNT = 255
MOST_WEIGHT = 127
STEADY_SHARE = 0.95
"""Of a running range that one more batch leaves in place."""
KINDS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


class RoundedWeight(nn.Module):
    """A weight ``(outputs, …)`` through 8 bits, with a scale for every output channel."""

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        """The same shape, on 255 levels a channel."""
        scale = weight.detach().abs().flatten(1).amax(1).clamp_min(1e-8) / MOST_WEIGHT
        zero = torch.zeros_like(scale, dtype=torch.int32)
        return torch.fake_quantize_per_channel_affine(weight, scale, zero, 0, -MOST_WEIGHT, MOST_WEIGHT)


class RoundedInput:
    """A hook before a layer that rounds its first input to 256 levels of a range that follows the data."""

    def __init__(self) -> None:
        self.low = self.high = 0.0

    def __call__(self, layer: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        """The inputs, the first rounded."""
        first = given[0]
        if layer.training:
            low, high = (float(bound) for bound in torch.aminmax(first.detach()))
            known = self.high > self.low
            self.low = STEADY_SHARE * self.low + (1 - STEADY_SHARE) * low if known else min(low, 0.0)
            self.high = STEADY_SHARE * self.high + (1 - STEADY_SHARE) * high if known else max(high, 0.0)
        scale = max((self.high - self.low) / LEVEL_COUNT, 1e-8)
        zero = int(min(max(round(-self.low / scale), 0), LEVEL_COUNT))
        rounded = torch.fake_quantize_per_tensor_affine(first.float(), scale, zero, 0, LEVEL_COUNT)
        return (rounded.to(first.dtype), *given[1:])


@contextmanager
def felt(module: nn.Module) -> Iterator[int]:
    """While open, every linear layer and convolution of ``module`` works through 8 bits; yields how many there are."""
    found = [layer for layer in module.modules() if isinstance(layer, KINDS)]
    hooks = []
    for layer in found:
        parametrize.register_parametrization(layer, "weight", RoundedWeight())
        hooks.append(layer.register_forward_pre_hook(RoundedInput()))
    try:
        yield len(found)
    finally:
        for hook in hooks:
            hook.remove()
        for layer in found:
            parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
