"""``nn.MultiheadAttention`` taken apart, so that single heads can be removed.

PyTorch keeps queries, keys and values in one matrix and derives the size of a head from the width of the model, so that it cannot hold
fewer heads than fill it. Here they are three linear layers, and the number and the size of heads stand by themselves.

Source: Vaswani et al. 2017, arXiv:1706.03762; what masks mean is that of PyTorch's own layer.
"""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.nn import functional


class OpenAttention(nn.Module):
    """Answers as the ``nn.MultiheadAttention`` it was made from, with its arguments and its pair of answers."""

    _qkv_same_embed_dim = False
    """What PyTorch's encoder layers look at before they take a path that reads the one matrix; likewise ``in_proj_bias``."""
    in_proj_bias = None

    def __init__(self, whole: nn.MultiheadAttention) -> None:
        super().__init__()
        self.embed_dim, self.num_heads, self.head_dim = whole.embed_dim, whole.num_heads, whole.head_dim
        self.batch_first, self.dropout = whole.batch_first, whole.dropout
        biases = (None,) * 3 if whole.in_proj_bias is None else whole.in_proj_bias.detach().chunk(3)
        queries, keys, values = (
            linear(weight, bias) for weight, bias in zip(whole.in_proj_weight.detach().chunk(3), biases, strict=True)
        )
        self.query_proj, self.key_proj, self.value_proj = queries, keys, values
        self.out_proj = linear(
            whole.out_proj.weight.detach(), None if whole.out_proj.bias is None else whole.out_proj.bias.detach()
        )
        self.train(whole.training)

    def forward(  # noqa: PLR0913, PLR0917  PyTorch's own arguments
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        key_padding_mask: torch.Tensor | None = None,
        need_weights: bool = True,  # noqa: FBT001, FBT002  likewise
        attn_mask: torch.Tensor | None = None,
        average_attn_weights: bool = True,  # noqa: FBT001, FBT002  likewise
        is_causal: bool = False,  # noqa: ARG002, FBT001, FBT002  a hint beside the mask, which says the same
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """``(batch, tokens, width)`` three times, or with the first two axes changed over, as the layer was told."""
        query, key, value = (part if self.batch_first else part.transpose(0, 1) for part in (query, key, value))
        queries, keys, values = (
            self._split(self.query_proj(query)),
            self._split(self.key_proj(key)),
            self._split(self.value_proj(value)),
        )
        mask = self._mask(attn_mask, key_padding_mask, queries.dtype)
        dropout = self.dropout if self.training else 0.0
        weights = None
        if need_weights:
            scores = queries @ keys.transpose(-1, -2) / self.head_dim**0.5
            weights = torch.softmax(scores if mask is None else scores + mask, -1)
            attended = functional.dropout(weights, dropout, self.training) @ values
            weights = weights.mean(1) if average_attn_weights else weights
        else:
            attended = functional.scaled_dot_product_attention(queries, keys, values, mask, dropout)
        answered = self.out_proj(attended.transpose(1, 2).flatten(2))
        return (answered if self.batch_first else answered.transpose(0, 1)), weights

    def _split(self, projected: torch.Tensor) -> torch.Tensor:
        """``(batch, tokens, heads · size) -> (batch, heads, tokens, size)``."""
        parts: torch.Tensor = projected.unflatten(-1, (self.num_heads, self.head_dim)).transpose(1, 2)
        return parts

    def _mask(
        self, attn_mask: torch.Tensor | None, key_padding_mask: torch.Tensor | None, dtype: torch.dtype
    ) -> torch.Tensor | None:
        """Both masks as numbers to be added to the scores ``(batch, heads, tokens, tokens)``."""
        found = None
        if attn_mask is not None:
            found = _numbers(attn_mask, dtype)
            found = found if found.dim() == 2 else found.unflatten(0, (-1, self.num_heads))  # noqa: PLR2004  (tokens, tokens)
        if key_padding_mask is not None:
            padding = _numbers(key_padding_mask, dtype)[:, None, None, :]
            found = padding if found is None else found + padding
        return found


def opened(module: nn.Module) -> nn.Module:
    """A copy in which every plain ``nn.MultiheadAttention`` is taken apart; those with extras of their own stay as they are."""
    if _plain(module):
        return OpenAttention(module)  # type: ignore[arg-type]  # it is one
    made = copy.deepcopy(module)
    for holder in list(made.modules()):
        for name, layer in list(holder.named_children()):
            if _plain(layer):
                setattr(holder, name, OpenAttention(layer))  # type: ignore[arg-type]  # likewise
    return made


def _plain(layer: nn.Module) -> bool:
    return (
        type(layer) is nn.MultiheadAttention
        and layer._qkv_same_embed_dim  # noqa: SLF001  it has no public name
        and layer.bias_k is None
        and not layer.add_zero_attn
    )


def linear(weight: torch.Tensor, bias: torch.Tensor | None) -> nn.Linear:
    """A layer of such weights ``(outputs, inputs)``; not initialised first, which would draw from the random numbers that all share."""
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, weight.shape[1], weight.shape[0], bias=bias is not None)
    with torch.no_grad():
        layer.weight.copy_(weight)
        if bias is not None:
            layer.bias.copy_(bias)
    return layer


def _numbers(mask: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """A mask of truths, true where nothing may be attended to, as what is added to a score."""
    if mask.dtype is torch.bool:
        return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill(mask, float("-inf"))
    return mask.to(dtype)
