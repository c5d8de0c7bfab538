"""What fine-tuning learns from, batch by batch: the train set, and inputs without targets among it.

Where examples differ in length, those of a batch are alike in it, because padding is computed like everything else: on the sentences of
STS-B that took 39 % off the cost of an epoch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from greenwright.batches import Inputs, each, named
from greenwright.study.data import Split

POOLED_BATCHES = 16
"""Examples for so many batches are drawn at random, and shared out among them by length."""
PROBED_EXAMPLES = 16


@dataclass(slots=True, kw_only=True)
class Curriculum:
    """Examples to learn from; either part may be missing."""

    train: Split | None
    unlabelled: Split | None
    """With stand-ins for targets, which are dropped."""
    _lengths: dict[str, Any] = field(default_factory=dict)

    @property
    def labelled_step_count(self) -> int:
        """Batches an epoch of the train set."""
        return len(_starts(self.train)) if self.train else 0

    @property
    def step_count(self) -> int:
        """Batches an epoch of everything."""
        return self.labelled_step_count + (len(_starts(self.unlabelled)) if self.unlabelled else 0)

    def labelled(self) -> Iterator[tuple[Inputs, Any]]:
        """One epoch of the train set, as tensors, in an order that torch's random numbers choose."""
        import torch

        if self.train is not None:
            for inputs, targets in self._epoch(self.train):
                yield inputs, torch.as_tensor(targets)

    def everything(self) -> Iterator[tuple[Inputs, Any]]:
        """One epoch of the train set and of the unlabelled inputs, whose targets are None, mixed."""
        import torch

        labelled = self.labelled()
        unlabelled = self._epoch(self.unlabelled) if self.unlabelled is not None else iter(())
        for place in torch.randperm(self.step_count).tolist() if self.unlabelled is not None else range(self.step_count):
            yield next(labelled) if place < self.labelled_step_count else (next(unlabelled)[0], None)

    def _epoch(self, split: Split) -> Iterator[tuple[Inputs, Any]]:
        import torch

        order = self._order(split)
        for start in _starts(split):
            inputs, targets = next(split.batches(split.batch_size, order[start : start + split.batch_size]))
            yield each(torch.as_tensor, inputs), targets

    def _order(self, split: Split) -> list[int]:
        """Random; where lengths differ, so that neighbours are alike in it, in batches whose order is random."""
        import torch

        order = torch.randperm(len(split)).tolist()
        if split.name not in self._lengths:
            self._lengths[split.name] = _lengths(split)
        lengths, size = self._lengths[split.name], split.batch_size
        if lengths is None:
            return order
        pooled = [order[start : start + POOLED_BATCHES * size] for start in range(0, len(order), POOLED_BATCHES * size)]
        sorted_order = [index for pool in pooled for index in sorted(pool, key=lambda index: int(lengths[index]))]
        starts = _starts(split)
        shuffled = [starts[place] for place in torch.randperm(len(starts)).tolist()]
        return [index for start in shuffled for index in sorted_order[start : start + size]]


def _starts(split: Split) -> range:
    # A last batch of fewer is left out, where there is another: normalisation over one example is none.
    return range(0, max(1, len(split) - split.batch_size + 1), split.batch_size)


def _lengths(split: Split) -> np.ndarray[Any, Any] | None:
    """Numbers in each example; None where a look at some finds that they do not differ."""
    probed = np.linspace(0, len(split) - 1, min(PROBED_EXAMPLES, len(split))).astype(int).tolist()
    if len(set(_sizes(split, probed))) < 2:  # noqa: PLR2004  all alike
        return None
    return np.array(_sizes(split, range(len(split))))


def _sizes(split: Split, indices: Sequence[int]) -> list[int]:
    return [
        max(np.asarray(array).size for array in named(inputs).values())
        for index in indices
        for inputs, _ in split.batches(1, [index])
    ]
