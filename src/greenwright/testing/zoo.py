"""Tiny models of each kind, and small real data for them: enough to try a strategy on in a second.

``conv_net`` and ``mlp`` read handwritten digits, ``transformer`` and ``gru`` read sentences; each answers logits and is the same at
every call. Knows nothing about strategies.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import nn

from greenwright.batches import Inputs
from greenwright.errors import CannotHereError

Batches = list[tuple[Inputs, Any]]
"""(inputs, targets), as NumPy arrays."""

SYMBOL_COUNT = 128
WIDTH = 32
SENTENCES = (
    "store weights in 8 bits",
    "remove the weakest channels",
    "run it elsewhere",
    "teach a slimmer student what the untouched model answers",
    "stop",
    "quantize activations as they come",
    "measure the baseline first",
    "keep the model you have",
    "a window lies between two readings",
    "joules are not watts",
    "the ratio has an interval",
    "a total is as good as its weakest part, and says so",
    "it declined",
    "every saving is proven",
    "the counter wraps",
    "nothing modelled is ever called actual",
)
ORDER_COUNT = 8
"""The first of them are orders; the others are statements."""


def conv_net() -> nn.Module:
    """``(batch, 1, 8, 8) -> (batch, 10)``: three convolutions, two of them normalised."""
    return _built(
        lambda: nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 32, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(32, 10),
        )
    )


def mlp() -> nn.Module:
    """``(batch, 64) -> (batch, 10)``: three linear layers."""
    return _built(lambda: nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)))


def transformer() -> nn.Module:
    """``input_ids, attention_mask (batch, length) -> (batch, 2)``: one layer of attention and one of two linear layers."""
    return _built(Transformer)


def gru() -> nn.Module:
    """``input_ids (batch, length) -> (batch, 2)``: one recurrent layer."""
    return _built(Recurrent)


class Transformer(nn.Module):
    """Reads symbols, attends once, and answers from their mean."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(SYMBOL_COUNT, WIDTH)
        self.attention = nn.MultiheadAttention(WIDTH, 4, batch_first=True)
        self.first_norm, self.second_norm = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.wide = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))
        self.head = nn.Linear(WIDTH, 2)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> dict[str, torch.Tensor]:
        """``(batch, length), (batch, length) -> {"logits": (batch, 2)}``."""
        hidden = self.embedding(input_ids)
        attended, _ = self.attention(hidden, hidden, hidden, key_padding_mask=attention_mask == 0, need_weights=False)
        hidden = self.first_norm(hidden + attended)
        hidden = self.second_norm(hidden + self.wide(hidden))
        seen = attention_mask.unsqueeze(-1).to(hidden.dtype)
        return {"logits": self.head((hidden * seen).sum(1) / seen.sum(1))}


class Recurrent(nn.Module):
    """Reads symbols one after another, and answers from the last state."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(SYMBOL_COUNT, WIDTH)
        self.recurrent = nn.GRU(WIDTH, WIDTH, batch_first=True)
        self.head = nn.Linear(WIDTH, 2)

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        """``(batch, length) -> (batch, 2)``."""
        states, _ = self.recurrent(self.embedding(input_ids))
        return self.head(states[:, -1])  # type: ignore[no-any-return]  # a module's call has no type


def digit_batches(count: int = 96, batch_size: int = 32, *, start: int = 0, flat: bool = False) -> Batches:
    """Handwritten digits and what they are; ``flat`` for models that take a row of pixels.

    Raises:
        CannotHereError: scikit-learn, which keeps them, is not installed.
    """
    pixels, targets = _digits()
    images = (pixels[start : start + count] / 16).astype(np.float32)
    images = images if flat else images.reshape(-1, 1, 8, 8)
    targets = targets[start : start + count].astype(np.int64)
    return [(images[at : at + batch_size], targets[at : at + batch_size]) for at in range(0, len(images), batch_size)]


def sentence_batches(*, masked: bool = True, batch_size: int = 4) -> Batches:
    """Sentences as symbols, each batch as long as its longest, and whether each is an order.

    ``masked`` for models that take ``input_ids`` and ``attention_mask``; without, for those that take the symbols alone.
    """
    orders, statements = SENTENCES[:ORDER_COUNT], SENTENCES[ORDER_COUNT:]
    mixed = [sentence for pair in zip(orders, statements, strict=True) for sentence in pair]
    return [_sentences(mixed[at : at + batch_size], masked=masked) for at in range(0, len(mixed), batch_size)]


@cache
def _digits() -> tuple[Any, Any]:
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise CannotHereError("the digits come with scikit-learn: pip install scikit-learn") from error
    digits = load_digits()
    return digits.data, digits.target


def _sentences(texts: list[str], *, masked: bool) -> tuple[Inputs, Any]:
    length = max(map(len, texts))
    symbols = np.array([list(text.ljust(length, "\0").encode("ascii")) for text in texts], dtype=np.int64)
    targets = np.array([int(text in SENTENCES[:ORDER_COUNT]) for text in texts])
    return ({"input_ids": symbols, "attention_mask": (symbols > 0).astype(np.int64)} if masked else symbols), targets


def _built(build: Callable[[], nn.Module]) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build().eval()
