"""Make a transformer narrower: fewer neurons between its feed-forward layers and fewer attention heads.

What may be removed is found by trying, not by names. Rows of one linear layer and columns of another belong together where permuting
both alike leaves every answer as it was; where that fails, as with layers this module cannot follow, they are left alone.

Source: Michel et al. 2019, "Are Sixteen Heads Really Better than One?", arXiv:1905.10650 (heads); Sun et al. 2024, "Wanda",
arXiv:2306.11695 (weights times activations as the score).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from greenwright.batches import Inputs, call, each
from greenwright.strategies import attention
from greenwright.strategies.contract import NotApplicableError

NEURON_MULTIPLE = 16
"""Kernels work on vectors: a count that fills none wastes what removing saved."""
TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class Coupled:
    """Linear layers whose outputs only one linear layer reads, in units of ``unit`` numbers: neurons of 1, or whole heads."""

    makers: tuple[str, ...]
    reader: str
    unit: int
    holder: str = ""
    """The attention layer that the heads are of, if they are."""

    @property
    def names(self) -> tuple[str, ...]:
        """All layers concerned."""
        return (*self.makers, self.reader)


def coupled(module: nn.Module, sample: Inputs) -> list[Coupled]:
    """Every coupling that permuting confirms, on ``sample``: neurons and heads."""
    tensors = each(torch.as_tensor, sample)
    linear = {name: layer for name, layer in module.named_modules() if type(layer) is nn.Linear}
    order = _order(module, linear, tensors)
    probe = copy.deepcopy(module).eval().float()
    with torch.no_grad():
        before = call(probe, tensors)
    found: list[Coupled] = []
    for one in (*_heads(module, linear), *_neurons(order, linear)):
        taken = {name for other in found for name in other.names}
        if not taken & set(one.names) and _holds(probe, one, tensors, before):
            found.append(one)
    return found


def narrowed(module: nn.Module, sample: Inputs, keep_share: float) -> tuple[nn.Module, str]:
    """A copy with the share of neurons and heads that matter most on ``sample``, and what was removed, for people.

    Raises:
        NotApplicableError: nothing can be removed.
    """
    slimmer = attention.opened(module).eval().float()
    found = coupled(slimmer, sample)
    if not found:
        raise NotApplicableError("no neurons or heads were found that can be removed without changing anything else")
    scores = _scores(slimmer, found, each(torch.as_tensor, sample))
    removed = {"neurons": 0, "heads": 0}
    for one, score in zip(found, scores, strict=True):
        count = _kept_count(len(score), keep_share, one.unit)
        kept = score.topk(count).indices.sort().values
        removed["heads" if one.holder else "neurons"] += len(score) - count
        _keep(slimmer, one, kept)
    if not any(removed.values()):
        raise NotApplicableError("the layers are too narrow for anything to be removed")
    with torch.no_grad():
        call(slimmer, each(torch.as_tensor, sample))
    return slimmer, " and ".join(f"{count:,} {what} removed" for what, count in removed.items() if count)


def _order(module: nn.Module, linear: dict[str, nn.Linear], tensors: Inputs) -> list[str]:
    """Linear layers in the order in which they run."""
    names = {id(layer): name for name, layer in linear.items()}
    ran: list[str] = []
    hooks = [layer.register_forward_hook(lambda layer, *_: ran.append(names[id(layer)])) for layer in linear.values()]
    try:
        with torch.no_grad():
            call(module.eval(), tensors)
    finally:
        for hook in hooks:
            hook.remove()
    return list(dict.fromkeys(ran))


def _neurons(order: Sequence[str], linear: dict[str, nn.Linear]) -> Iterator[Coupled]:
    """A wide layer, or two beside each other as gated units have them, and the layer after that reads as many numbers."""
    for place, name in enumerate(order):
        width = linear[name].out_features
        for count in (2, 1):
            makers, reader = order[place : place + count], order[place + count : place + count + 1]
            if reader and all(linear[one].out_features == width for one in makers) and linear[reader[0]].in_features == width:
                yield Coupled(tuple(makers), reader[0], 1)


def _heads(module: nn.Module, linear: dict[str, nn.Linear]) -> Iterator[Coupled]:
    """Three linear layers of one attention module, and one that reads as many numbers as they make."""
    for name, layer in module.named_modules():
        size = getattr(layer, "attention_head_size", None) or getattr(layer, "head_dim", None)
        if not isinstance(size, int):
            continue
        own = [one for one in linear if one.startswith(f"{name}.")]
        three = [one for one in own if linear[one].out_features == linear[own[0]].out_features][:3]
        width = linear[three[0]].out_features if len(three) == 3 else 0  # noqa: PLR2004  queries, keys and values
        near = f"{name.rpartition('.')[0]}.".removeprefix(".")
        # Its own output layer, or, where that stands beside it, the next one that reads as many numbers.
        after = [
            one for one in (*own, *linear) if one.startswith(near) and one not in three and linear[one].in_features == width
        ]
        if width and after and width % size == 0:
            yield Coupled(tuple(three), after[0], size, holder=name)


def _holds(probe: nn.Module, one: Coupled, tensors: Inputs, before: torch.Tensor) -> bool:
    """Whether permuting the units of makers and reader alike changes no answer, and permuting the reader's alone does."""
    makers, reader = [_layer(probe, name) for name in one.makers], _layer(probe, one.reader)
    kept = [copy.deepcopy(layer.state_dict()) for layer in (*makers, reader)]
    count = reader.in_features // one.unit
    order = _spread(torch.arange(count).roll(1), one.unit)
    try:
        with torch.no_grad():
            reader.weight.copy_(reader.weight[:, order])
            alone = call(probe, tensors)
            for maker in makers:
                maker.weight.copy_(maker.weight[order])
                if maker.bias is not None:
                    maker.bias.copy_(maker.bias[order])
            after = call(probe, tensors)
    except Exception:  # noqa: BLE001  the module's own forward, on weights it did not expect
        return False
    finally:
        with torch.no_grad():
            for layer, state in zip((*makers, reader), kept, strict=True):
                layer.load_state_dict(state)
    size = before.abs().max().clamp_min(1e-12)
    return bool((after - before).abs().max() <= TOLERANCE * size < (alone - before).abs().max())


def _scores(module: nn.Module, found: Sequence[Coupled], tensors: Inputs) -> list[torch.Tensor]:
    """How much each unit adds to what its reader answers: the size of its activation times that of the weights that read it."""
    sizes: dict[str, torch.Tensor] = {}

    def look(name: str) -> Any:
        def keep(_: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
            sizes[name] = given[0].reshape(-1, given[0].shape[-1]).square().sum(0).sqrt()

        return keep

    hooks = [module.get_submodule(one.reader).register_forward_pre_hook(look(one.reader)) for one in found]
    try:
        with torch.no_grad():
            call(module, tensors)
    finally:
        for hook in hooks:
            hook.remove()
    return [
        (sizes[one.reader] * _layer(module, one.reader).weight.detach().norm(dim=0)).square().reshape(-1, one.unit).sum(1)
        for one in found
    ]


def _kept_count(count: int, keep_share: float, unit: int) -> int:
    if unit > 1:
        return max(1, round(count * keep_share))
    return min(count, max(NEURON_MULTIPLE, round(count * keep_share / NEURON_MULTIPLE) * NEURON_MULTIPLE))


def _keep(module: nn.Module, one: Coupled, kept: torch.Tensor) -> None:
    rows = _spread(kept, one.unit)
    for name in one.makers:
        _replace(
            module, name, lambda layer: attention.linear(layer.weight[rows], None if layer.bias is None else layer.bias[rows])
        )
    _replace(module, one.reader, lambda layer: attention.linear(layer.weight[:, rows], layer.bias))
    if one.holder:
        holder = module.get_submodule(one.holder)
        for name, value in (("num_attention_heads", len(kept)), ("num_heads", len(kept)), ("all_head_size", len(rows))):
            if isinstance(getattr(holder, name, None), int):
                setattr(holder, name, value)


def _replace(module: nn.Module, name: str, make: Any) -> None:
    holder, _, own = name.rpartition(".")
    setattr(module.get_submodule(holder), own, make(_layer(module, name)))


def _layer(module: nn.Module, name: str) -> nn.Linear:
    found = module.get_submodule(name)
    assert isinstance(found, nn.Linear)
    return found


def _spread(units: torch.Tensor, size: int) -> torch.Tensor:
    """The numbers of whole units: of head 2, with a size of 3, those from 6 to 8."""
    return (units[:, None] * size + torch.arange(size)).reshape(-1)
