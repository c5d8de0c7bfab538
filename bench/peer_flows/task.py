"""What every flow is given: one workload's model and data, as plain files that any environment can read.

The bench writes a task once, with ``Task.keep``; the processes of the flows read it with ``read``, each in an environment of its own,
so nothing here needs more than NumPy, and torch where the module itself is asked for.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

BENCH = Path(__file__).parents[1]
Batch = dict[str, Any]
"""Arrays by the names that the ONNX file gives them."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One workload, for flows."""

    name: str
    onnx: Path
    hugging_face: Path | None
    """The model as transformers keeps it, where it is one of theirs."""
    attends: bool
    """The model is a transformer."""
    calibration: list[Batch]
    """Of the train set, where there is one; without labels."""
    test: list[Batch]
    timed: dict[int, list[Batch]] = field(default_factory=dict)
    """By batch size."""

    def keep(self, path: Path) -> None:
        """Write it."""
        path.write_bytes(pickle.dumps(vars(self)))

    def module(self) -> Any:
        """The trained ``nn.Module``, from the workload's own file."""
        return self.workload.model()

    @property
    def workload(self) -> Any:
        """The workload's file, as a module."""
        sys.path.insert(0, str(BENCH / "workloads"))
        return import_module(self.name)


def read(path: Path) -> Task:
    """The task kept there."""
    return Task(**pickle.loads(path.read_bytes()))


def call(module: Any, batch: Batch) -> Any:
    """What the module answers to tensors by name; ``input`` alone is not named."""
    answered = module(batch["input"]) if list(batch) == ["input"] else module(**batch)
    return answered["logits"] if hasattr(answered, "logits") else answered


def tensors(batch: Batch) -> Batch:
    """The same arrays as tensors."""
    import torch

    return {name: torch.as_tensor(array) for name, array in batch.items()}


def example(batch: Batch) -> Any:
    """A batch as tools ask for it that know no names: one tensor, or a mapping."""
    made = tensors(batch)
    return made["input"] if list(made) == ["input"] else made


def running(module: Any) -> tuple[Any, Any]:
    """What prepares a batch for a module and what runs it, without gradients."""
    import torch

    @torch.no_grad()
    def run(batch: Batch) -> Any:
        return call(module, batch)

    return tensors, run


def first_call(load: Callable[[Task, Path], Any]) -> Callable[[Task, Path], None]:
    """How a model is made of which its first calls are what making costs: those that compile."""

    def make(task: Task, folder: Path) -> None:
        prepare, run = load(task, folder)
        for batches in task.timed.values():
            run(prepare(batches[0]))

    return make


def total(batches: Iterable[Batch]) -> int:
    """Examples in all of them."""
    return sum(len(next(iter(batch.values()))) for batch in batches)
