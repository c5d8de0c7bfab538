"""What a student overhears of its teacher besides the answers: hidden states, and which tokens attend to which.

Attention is compared as relations: how alike the vectors of every two tokens are, as a softmax over the tokens. That needs no
probabilities, which fast kernels never write down, and holds for students with fewer heads. Where an attention layer makes queries, keys
and values in linear layers of their own, each of the three is compared; otherwise what the block answers is.

Source: Romero et al. 2015, "FitNets", arXiv:1412.6550 (hidden states); Wang et al. 2021, "MiniLMv2", arXiv:2012.15828 (relations).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from greenwright.batches import Inputs, first
from greenwright.strategies.contract import Given, OneOf

if TYPE_CHECKING:
    import torch
    from torch import nn

STATE_SHARE, RELATION_SHARE = 0.5, 0.1
TOKEN_AXES = 3
"""Of a tensor ``(batch, tokens, width)``, the only one with relations."""
RELATION_WIDTH = 32
"""Numbers of a vector that one relation looks at: all students share it, however many heads they have left."""

CHOICE = OneOf(options=("fitting", "always", "never"))
"""Fitting: where answers are classes, which say little of what is behind them. Whoever answers with vectors has told all already, and
overhearing costs the teacher's whole pass each time."""


def wanted(given: Given) -> bool:
    """Whether the student is to overhear its teacher."""
    choice = given.choices["hints"]
    return choice == "always" or (choice == "fitting" and given.classifies)


@contextmanager
def overheard(module: nn.Module, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """While open, what the modules of ``names``, and the projections in the attention of the last of them, answered last."""
    heard: dict[str, Any] = {}

    def hear(name: str) -> Callable[..., None]:
        def keep(_: nn.Module, __: object, outputs: object) -> None:
            heard[name] = first(outputs)

        return keep

    told = {f"state {place}": name for place, name in enumerate(names)}
    told |= {f"relation {place}": name for place, name in enumerate(_projections(module, names[-1]) if names else ())}
    hooks = [module.get_submodule(name).register_forward_hook(hear(key)) for key, name in told.items()]
    try:
        yield heard
    finally:
        for hook in hooks:
            hook.remove()


def loss(heard: Mapping[str, torch.Tensor], said: Mapping[str, torch.Tensor], mask: torch.Tensor | None) -> torch.Tensor:
    """How far the student is from what it overheard.

    Args:
        heard: of the student.
        said: of the teacher, under the same keys.
        mask: ``(batch, tokens)``, zero where there is padding; None where every token counts.
    """
    import torch

    states = [state_gap(heard[key], said[key], mask) for key in said if key.startswith("state") and key in heard]
    relations = [
        relation_gap(heard[key], said[key], mask)
        for key in said
        if key.startswith("relation") and key in heard and said[key].dim() == TOKEN_AXES
    ]
    gaps = [STATE_SHARE * torch.stack(states).mean()] if states else []
    gaps += [RELATION_SHARE * torch.stack(relations).mean()] if relations else []
    return torch.stack(gaps).sum()


def state_gap(own: torch.Tensor, other: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Mean squared distance as a share of what the teacher's vary by; 0 where the widths differ and nothing can be compared."""
    own, other = own.float(), other.float()
    if own.shape != other.shape:
        return own.new_zeros(())
    if mask is not None and own.shape[:2] == mask.shape:
        own, other = own[mask.bool()], other[mask.bool()]
    return (own - other).square().mean() / other.var().clamp_min(1e-6)


def relation_gap(own: torch.Tensor, other: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Kullback-Leibler divergence of the relations of tokens; both ``(batch, tokens, width)``, widths may differ."""
    import torch

    known = None if mask is None or own.shape[:2] != mask.shape else mask.bool()
    student, teacher = _relations(own.float(), known), _relations(other.float(), known)
    if student.shape[1] != teacher.shape[1]:  # fewer heads: the mean over all of them
        student, teacher = student.exp().mean(1).clamp_min(1e-9).log(), teacher.exp().mean(1).clamp_min(1e-9).log()
    gaps = torch.nn.functional.kl_div(student, teacher, reduction="none", log_target=True)
    gaps = gaps.nan_to_num(0.0, 0.0, 0.0).sum(-1)
    if known is None:
        return gaps.mean()
    rows = known if gaps.dim() == known.dim() else known[:, None].expand_as(gaps)
    return gaps[rows].mean()


def mask_of(inputs: Inputs) -> torch.Tensor | None:
    """Which tokens are no padding, where the inputs say so."""
    if not isinstance(inputs, Mapping):
        return None
    return next((array for name, array in inputs.items() if "mask" in name and array.dim() == 2), None)  # noqa: PLR2004  (batch, tokens)


def _relations(vectors: torch.Tensor, known: torch.Tensor | None) -> torch.Tensor:
    """``(batch, tokens, width) -> (batch, parts, tokens, tokens)``: log softmax of scaled products; padding is related to by none."""
    width = RELATION_WIDTH if vectors.shape[-1] % RELATION_WIDTH == 0 else vectors.shape[-1]
    parts = vectors.unflatten(-1, (-1, width)).transpose(1, 2)
    products = parts @ parts.transpose(-1, -2) / width**0.5
    if known is not None:
        products = products.masked_fill(~known[:, None, None, :], -1e4)
    related: torch.Tensor = products.log_softmax(-1)
    return related


def _projections(module: nn.Module, block: str) -> list[str]:
    """Names of the three linear layers in the attention of ``block``, or of its attention layer, or nothing."""
    from torch import nn

    inner = [(f"{block}.{name}" if name else block, layer) for name, layer in module.get_submodule(block).named_modules()]
    for name, layer in inner:
        if "attention" not in type(layer).__name__.lower():
            continue
        linear = [f"{name}.{own}" for own, part in layer.named_children() if type(part) is nn.Linear]
        if len(linear) >= 3:  # noqa: PLR2004  queries, keys and values
            return linear[:3]
    return [name for name, layer in inner if isinstance(layer, nn.MultiheadAttention)][:1]
