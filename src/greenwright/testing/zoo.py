"""Tiny models of each kind, and small real data for them: enough to try a strategy on in a second.

``conv_net`` and ``mlp`` read handwritten digits, ``transformer`` and ``gru`` read sentences, ``decoder`` goes on with them; each answers
logits and is the same at every call. Knows nothing about strategies.
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


def decoder() -> nn.Module:
    """``input_ids (batch, length) -> (batch, length, symbols)`` and a cache: one layer that attends to what came before."""
    return _built(Decoder)


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


class Decoder(nn.Module):
    """Reads symbols, attends to all before them, and scores which comes next; called as Hugging Face's decoders are."""

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.embedding, self.place = nn.Embedding(SYMBOL_COUNT, width), nn.Embedding(512, width)
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.wide = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.norm, self.last = nn.LayerNorm(width), nn.LayerNorm(width)
        self.head = nn.Linear(width, SYMBOL_COUNT)

    def forward(
        self,
        input_ids: torch.Tensor,
        past_key_values: Any = None,
        *,
        use_cache: bool = False,
        logits_to_keep: Any = 0,
    ) -> dict[str, Any]:
        """``(batch, length)`` after what is in the cache; ``logits_to_keep`` as there: a number from the end, or positions."""
        seen = 0 if past_key_values is None else past_key_values[0][0].shape[2]
        places = torch.arange(seen, seen + input_ids.shape[1])
        hidden = self.embedding(input_ids) + self.place(places)
        normed = self.norm(hidden)
        query, key, value = (self._heads(layer(normed)) for layer in (self.query, self.key, self.value))
        if past_key_values is not None:
            key, value = (torch.cat([past, new], 2) for past, new in zip(past_key_values[0], (key, value), strict=True))
        before = torch.arange(key.shape[2])[None, :] <= places[:, None]
        scores = (query @ key.transpose(2, 3) / query.shape[-1] ** 0.5).masked_fill(~before, -1e9)
        attended = (scores.softmax(-1) @ value).transpose(1, 2).flatten(2)
        hidden = hidden + self.out(attended)
        hidden = self.last(hidden + self.wide(hidden))
        kept = logits_to_keep if isinstance(logits_to_keep, torch.Tensor) else slice(-logits_to_keep or None, None)
        return {"logits": self.head(hidden[:, kept]), **({"past_key_values": ((key, value),)} if use_cache else {})}

    def _heads(self, rows: torch.Tensor) -> torch.Tensor:
        return torch.unflatten(rows, 2, (4, -1)).transpose(1, 2)


def word_rows(count: int = 24, length: int = 24) -> Any:
    """The sentences, one after another, as rows of symbols ``(count, length)``, each beginning elsewhere."""
    symbols = np.frombuffer(" ".join(SENTENCES).encode("ascii"), dtype=np.uint8).astype(np.int64)
    return np.stack([np.resize(np.roll(symbols, -17 * row), length) for row in range(count)])


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
