"""Run the examples of one call in groups of like length, so that little padding is computed.

A call of several sentences is padded to its longest: of 32 reviews nearly half the positions were padding. Examples are laid in the
order of their length and cut into runs, each as long as its own longest, where that costs least: every position costs one, every
further run as much as ``run_tokens`` positions. Answers come back in the order asked.

Source: Fang et al. 2021, "TurboTransformers", arXiv:2010.05680 (the partition by dynamic programming).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from greenwright.batches import Inputs, each
from greenwright.deploy.contract import Runner
from greenwright.records.models import Inference

MASK = "attention_mask"
"""The input that says which positions are padding: 1 for what is read, 0 behind it."""


class Bucketed:
    """A runner that hands a call on in parts."""

    def __init__(self, runner: Runner, run_tokens: int) -> None:
        self.runner = runner
        self.run_tokens = run_tokens
        self.size_bytes = runner.size_bytes

    def prepare(self, inputs: Inputs) -> dict[str, np.ndarray[Any, Any]]:
        """Arrays by name, as they are: what lengths they have is found in ``run``, as in serving."""
        arrays: dict[str, np.ndarray[Any, Any]] = each(np.asarray, inputs)
        return arrays

    def run(self, prepared: dict[str, np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
        """Every example's answer, ``(examples, …)``."""
        lengths = lengths_of(prepared[MASK])
        parts = partition(np.sort(lengths), prepared[MASK].shape[1], self.run_tokens)
        if len(parts) == 1 and parts[0][1] == prepared[MASK].shape[1]:
            return self._answer(prepared)
        order = np.argsort(lengths, kind="stable")
        answers, start = [], 0
        for count, width in parts:
            answers.append(self._answer(cut(prepared, order[start : start + count], width)))
            start += count
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return np.asarray(np.concatenate(answers)[back])

    def answer(self, outputs: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The array itself."""
        return outputs

    def _answer(self, inputs: dict[str, np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
        # A copy: OpenVINO answers in memory that its next run overwrites.
        return np.array(self.runner.answer(self.runner.run(self.runner.prepare(inputs))))


def bucketed(runner: Runner, inference: Inference) -> Runner:
    """The runner, in parts where the plan says so."""
    return Bucketed(runner, inference.run_tokens) if inference.run_tokens else runner


def lengths_of(mask: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Positions up to the last that is read, all where none is: ``(examples, positions) -> (examples,)``."""
    return np.asarray(mask.shape[1] - np.argmax(mask[:, ::-1] != 0, axis=1))


def cut(inputs: dict[str, np.ndarray[Any, Any]], rows: np.ndarray[Any, Any], width: int) -> dict[str, np.ndarray[Any, Any]]:
    """Some examples, and of every array as wide as the mask the first ``width`` positions."""
    shape = inputs[MASK].shape
    return {
        name: np.ascontiguousarray(array[rows, :width] if array.shape[:2] == shape else array[rows])
        for name, array in inputs.items()
    }


def partition(lengths: Sequence[int] | np.ndarray[Any, Any], width: int, run_tokens: int) -> list[tuple[int, int]]:
    """(examples, positions) of every run, for lengths in rising order: the cheapest partition there is.

    Args:
        lengths: positions of each example, rising.
        width: positions that each has now.
        run_tokens: what a further run costs, in positions.
    """
    sizes = np.minimum(np.asarray(lengths), width)
    least = np.zeros(len(sizes) + 1)
    began = np.zeros(len(sizes) + 1, dtype=int)
    for end in range(1, len(sizes) + 1):
        costs = least[:end] + sizes[end - 1] * np.arange(end, 0, -1) + run_tokens
        began[end] = int(costs.argmin())
        least[end] = costs[began[end]]
    parts, end = [], len(sizes)
    while end:
        parts.append((int(end - began[end]), int(sizes[end - 1])))
        end = int(began[end])
    return parts[::-1]
