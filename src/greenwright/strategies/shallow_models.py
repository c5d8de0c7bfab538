"""Small networks that read what a larger one reads: words, pictures, or rows of numbers.

They are meant to answer what is easy. A network for words looks words up in the larger one's own table, made narrow, so that words it
was not taught have a meaning, too.

Source: Kim 2014, "Convolutional Neural Networks for Sentence Classification", arXiv:1408.5882.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from greenwright.batches import Inputs, call, named
from greenwright.strategies.contract import NotApplicableError

WORD_WIDTH, PATTERN_COUNT, HIDDEN_WIDTH = 32, 48, 48
PICTURE_WIDTHS = (16, 32, 48)
LEAST_SIDE = 16
"""Pictures smaller than this are read as rows of numbers."""
DROPOUT_SHARE = 0.2
IMAGE_AXES = 4


class Words(nn.Module):
    """Looks for patterns of three words, and answers from the strongest of each and from the mean of all words.

    ``ids, mask (batch, length) -> (batch, classes)``; ``vectors (words, width)`` are fixed, and what makes them narrow is learnt.
    """

    def __init__(self, vectors: torch.Tensor, ids: str, mask: str, class_count: int) -> None:
        super().__init__()
        self.ids, self.mask = ids, mask
        self.table = nn.Embedding.from_pretrained((vectors - vectors.mean(0)) / vectors.std())
        self.narrow: nn.Module = nn.Linear(vectors.shape[1], WORD_WIDTH, bias=False)
        self.patterns = nn.Conv1d(WORD_WIDTH, PATTERN_COUNT, 3, padding=1)
        self.dropout = nn.Dropout(DROPOUT_SHARE)
        self.answer = nn.Linear(PATTERN_COUNT + WORD_WIDTH, class_count)

    def forward(self, *arrays: torch.Tensor, **by_name: torch.Tensor) -> torch.Tensor:
        """Inputs as the larger network takes them."""
        given = by_name or named(arrays if len(arrays) > 1 else arrays[0])
        words = self.narrow(self.table(given[self.ids]))
        seen = (given[self.mask] if self.mask else torch.ones_like(given[self.ids])).to(words.dtype).unsqueeze(-1)
        found = torch.relu(self.patterns((words * seen).transpose(1, 2))).transpose(1, 2) * seen
        mean = (words * seen).sum(1) / seen.sum(1).clamp_min(1)
        answered: torch.Tensor = self.answer(self.dropout(torch.cat([found.amax(1), mean], 1)))
        return answered

    def folded(self) -> Words:
        """The same answers from a table that is narrow already."""
        with torch.no_grad():
            self.table = nn.Embedding.from_pretrained(self.narrow(self.table.weight).float())
        self.narrow = nn.Identity()
        return self


class Pictures(nn.Sequential):
    """Three convolutions, each of which halves the picture: ``(batch, channels, height, width) -> (batch, classes)``."""

    def __init__(self, channel_count: int, class_count: int) -> None:
        layers: list[nn.Module] = []
        for width in PICTURE_WIDTHS:
            layers += [nn.Conv2d(channel_count, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            channel_count = width
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channel_count, class_count))


class Numbers(nn.Sequential):
    """One hidden layer: ``(batch, …) -> (batch, classes)``."""

    def __init__(self, number_count: int, class_count: int) -> None:
        super().__init__(
            nn.Flatten(),
            nn.Linear(number_count, HIDDEN_WIDTH),
            nn.ReLU(),
            nn.Dropout(DROPOUT_SHARE),
            nn.Linear(HIDDEN_WIDTH, class_count),
        )


def shallow(module: nn.Module, samples: list[Inputs]) -> nn.Module:
    """A shallow network for the inputs that ``module`` takes.

    Args:
        module: the larger network; left as it is.
        samples: some batches, as tensors.

    Raises:
        NotApplicableError: there are inputs that no shallow network is known for.
    """
    with torch.no_grad():
        class_count = _class_count(call(module, samples[0]))
    arrays = named(samples[0])
    words = _words(module, samples[0])
    if words is not None:
        return Words(words[1], words[0], _mask(arrays, words[0]), class_count)
    shapes = {tuple(array.shape[1:]) for sample in samples for array in named(sample).values()}
    first = next(iter(arrays.values()))
    if len(arrays) > 1 or len(shapes) > 1 or not first.is_floating_point():
        raise NotApplicableError(
            "its inputs are neither words that it looks up in a table nor one array of numbers, always of one size"
        )
    if first.dim() == IMAGE_AXES and min(first.shape[2:]) >= LEAST_SIDE:
        return Pictures(first.shape[1], class_count)
    return Numbers(first[0].numel(), class_count)


def _class_count(outputs: Any) -> int:
    if outputs.dim() > 2:  # noqa: PLR2004  (examples, classes)
        raise NotApplicableError("it does not answer one row of logits an example")
    return 1 if outputs.dim() == 1 else int(outputs.shape[1])


def _words(module: nn.Module, sample: Inputs) -> tuple[str, torch.Tensor] | None:
    """The input that is looked up as it is, and the table ``(words, width)``; None where there is none."""
    found: list[tuple[str, torch.Tensor]] = []
    arrays = named(sample)

    def look(table: nn.Module, called: tuple[Any, ...]) -> None:
        for name, array in arrays.items():
            if isinstance(table, nn.Embedding) and called and called[0].shape == array.shape and torch.equal(called[0], array):
                found.append((name, table.weight.detach().float()))
                return

    hooks = [table.register_forward_pre_hook(look) for table in module.modules() if isinstance(table, nn.Embedding)]
    try:
        with torch.no_grad():
            call(module, sample)
    finally:
        for hook in hooks:
            hook.remove()
    return max(found, key=lambda one: len(one[1]), default=None)


def _mask(arrays: dict[str, torch.Tensor], ids: str) -> str:
    return next((name for name, array in arrays.items() if "mask" in name and array.shape == arrays[ids].shape), "")
