"""What a runtime is: a module with ``META`` and ``load(model, inference) -> Runner``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from greenwright.batches import Inputs
from greenwright.records.models import Inference


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """What is true of a runtime before it runs."""

    id: str
    title: str
    extra: str


class Runner(Protocol):
    """A loaded model. Only ``run`` is what serving would repeat, so only ``run`` is measured."""

    size_bytes: int

    def prepare(self, inputs: Inputs) -> Any:
        """Bring one batch into the runtime's own form."""

    def run(self, prepared: Any) -> Any:
        """Infer one batch."""

    def answer(self, outputs: Any) -> np.ndarray[Any, Any]:
        """What ``run`` returned, as an array with one row per example."""


class Runtime(Protocol):
    """A module that loads models."""

    META: Meta

    def load(self, model: Any, inference: Inference) -> Runner:
        """Make the model ready to run."""


def run_once(runner: Runner, inputs: Inputs) -> np.ndarray[Any, Any]:
    """The answers for one batch, unmeasured."""
    return runner.answer(runner.run(runner.prepare(inputs)))
