"""Small models of the kinds that break tools: residuals, concatenations, shared weights, several inputs and outputs, states, custom layers.

Each has a maker and batches of real data that fit it; ``zoo`` holds the plain ones. Every model answers logits for its targets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from greenwright.testing import zoo

WIDTH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """A kind of model, and what to run it on."""

    make: Callable[[], nn.Module]
    batches: Callable[[], zoo.Batches]


class Residual(nn.Module):
    """Three blocks that add what they make of the picture, one of them depthwise, and GroupNorm."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, WIDTH, 3, padding=1, bias=False)
        self.blocks = nn.Sequential(*(_ResidualBlock() for _ in range(3)))
        self.head = nn.Linear(WIDTH, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.blocks(self.stem(images)).mean((2, 3)))  # type: ignore[no-any-return]  # a module's call has no type


class _ResidualBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.deep = nn.Conv2d(WIDTH, WIDTH, 3, padding=1, groups=WIDTH)
        self.norm = nn.GroupNorm(4, WIDTH)
        self.wide = nn.Conv2d(WIDTH, 2 * WIDTH, 1)
        self.back = nn.Conv2d(2 * WIDTH, WIDTH, 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images + self.back(functional.silu(self.wide(self.norm(self.deep(images)))))  # type: ignore[no-any-return]  # likewise


class Concatenated(nn.Module):
    """Every layer reads what all before it made, as dense networks do, with BatchNorm and dropout, handed over in training mode."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(nn.BatchNorm2d(n), nn.ReLU(), nn.Conv2d(n, 16, 3, padding=1)) for n in (16, 32, 48)
        )
        self.stem, self.drop, self.head = nn.Conv2d(1, 16, 3, padding=1), nn.Dropout(0.2), nn.Linear(64, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        found = [self.stem(images)]
        for layer in self.layers:
            found.append(layer(torch.cat(found, 1)))
        return self.head(self.drop(torch.cat(found, 1).amax((2, 3))))  # type: ignore[no-any-return]  # likewise


class TwoInputs(nn.Module):
    """A picture and three numbers about it, by position; answers a tuple of logits and a hidden state."""

    def __init__(self) -> None:
        super().__init__()
        self.picture = nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 16, 3), nn.ReLU(), nn.Flatten())
        self.numbers = nn.Sequential(nn.Linear(3, 16), nn.ReLU())
        self.head = nn.Linear(16 * 16 + 16, 10)

    def forward(self, images: torch.Tensor, numbers: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        hidden = torch.cat([self.picture(images), self.numbers(numbers)], 1)
        return self.head(hidden), hidden


class Tabular(nn.Module):
    """Columns of numbers and one of categories, with embeddings, BatchNorm and dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.category = nn.Embedding(10, 8)
        self.layers = nn.Sequential(
            nn.Linear(63 + 8, 64),
            nn.BatchNorm1d(64),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Linear(64, 64),
            nn.ReLU(),
            nn.Linear(64, 10),
        )

    def forward(self, numbers: torch.Tensor, category: torch.Tensor) -> torch.Tensor:
        return self.layers(torch.cat([numbers, self.category(category)], 1))  # type: ignore[no-any-return]  # likewise


class Lstm(nn.Module):
    """Two layers in both directions, and the mean over the tokens that are no padding."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(zoo.SYMBOL_COUNT, WIDTH, padding_idx=0)
        self.recurrent = nn.LSTM(WIDTH, WIDTH, num_layers=2, bidirectional=True, batch_first=True, dropout=0.1)
        self.head = nn.Linear(2 * WIDTH, 2)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> dict[str, torch.Tensor]:
        states, _ = self.recurrent(self.embedding(input_ids))
        seen = attention_mask.unsqueeze(-1).to(states.dtype)
        return {"hidden": states, "logits": self.head((states * seen).sum(1) / seen.sum(1))}


class Encoder(nn.Module):
    """PyTorch's own encoder, four layers deep, with a mask, and a table of positions."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(WIDTH, 4, 64, dropout=0.1, batch_first=True, norm_first=True)
        self.embedding, self.places = nn.Embedding(zoo.SYMBOL_COUNT, WIDTH), nn.Embedding(128, WIDTH)
        self.encoder = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)
        self.head = nn.Linear(WIDTH, 2)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        hidden = self.embedding(input_ids) + self.places(torch.arange(input_ids.shape[1], device=input_ids.device))
        hidden = self.encoder(hidden, src_key_padding_mask=attention_mask == 0)
        seen = attention_mask.unsqueeze(-1).to(hidden.dtype)
        return self.head((hidden * seen).sum(1) / seen.sum(1))  # type: ignore[no-any-return]  # likewise


class Scale(nn.Module):
    """A custom layer with a weight of its own that no tool knows."""

    def __init__(self) -> None:
        super().__init__()
        self.mixing = nn.Parameter(torch.randn(WIDTH, WIDTH) / WIDTH**0.5)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return torch.einsum("bi,ij->bj", rows, self.mixing) * torch.sigmoid(rows)


class Custom(nn.Module):
    """Linear layers around custom ones, one of which is used twice, and a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.scale, self.last = nn.Linear(64, WIDTH), Scale(), nn.Linear(WIDTH, 10)
        self.register_buffer("shift", torch.full((WIDTH,), 0.1))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.last(self.scale(self.scale(self.first(rows)) + self.shift))  # type: ignore[no-any-return]  # likewise


def _images() -> zoo.Batches:
    return zoo.digit_batches()


def _images_and_numbers() -> zoo.Batches:
    return [
        ((images, np.stack([images.mean((1, 2, 3)), images.max((1, 2, 3)), images.std((1, 2, 3))], 1)), targets)
        for images, targets in zoo.digit_batches()
    ]


def _columns() -> zoo.Batches:
    return [
        ({"numbers": rows[:, 1:], "category": (rows[:, 20] * 9).astype(np.int64)}, targets)
        for rows, targets in zoo.digit_batches(flat=True)
    ]


def _built(kind: Callable[[], nn.Module], *, training: bool = False) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return kind().train(training)

    return make


def _transformers(name: str, config: str, **told: Any) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        import transformers

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            made: nn.Module = getattr(transformers, name)(getattr(transformers, config)(**told)).eval()
        return made

    return make


def _words() -> zoo.Batches:
    """Sentences to be continued: the targets are the words themselves, one on."""
    return [
        (inputs, np.where(np.roll(inputs["attention_mask"], -1, 1) > 0, np.roll(inputs["input_ids"], -1, 1), -100))
        for inputs, _ in zoo.sentence_batches()
    ]


SMALL = {"vocab_size": zoo.SYMBOL_COUNT, "hidden_size": WIDTH, "num_attention_heads": 4, "intermediate_size": 64}
ODDITIES = {
    "residual": Oddity(make=_built(Residual), batches=_images),
    "concatenated": Oddity(make=_built(Concatenated, training=True), batches=_images),
    "two inputs": Oddity(make=_built(TwoInputs), batches=_images_and_numbers),
    "tabular": Oddity(make=_built(Tabular), batches=_columns),
    "lstm": Oddity(make=_built(Lstm), batches=zoo.sentence_batches),
    "encoder": Oddity(make=_built(Encoder), batches=zoo.sentence_batches),
    "custom": Oddity(make=_built(Custom), batches=lambda: zoo.digit_batches(flat=True)),
    "bert": Oddity(
        make=_transformers("BertForSequenceClassification", "BertConfig", num_hidden_layers=3, num_labels=2, **SMALL),
        batches=zoo.sentence_batches,
    ),
    "gpt2": Oddity(
        make=_transformers("GPT2LMHeadModel", "GPT2Config", vocab_size=zoo.SYMBOL_COUNT, n_embd=WIDTH, n_layer=3, n_head=4),
        batches=_words,
    ),
    "llama": Oddity(
        make=_transformers(
            "LlamaForCausalLM", "LlamaConfig", num_hidden_layers=3, num_key_value_heads=2, tie_word_embeddings=True, **SMALL
        ),
        batches=_words,
    ),
}
"""By kind: those of transformers need it installed."""
