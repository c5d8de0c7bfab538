"""PyTorch as users write it: the module called eagerly, in inference mode."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch

from greenwright.batches import Inputs, call, each
from greenwright.deploy.contract import Meta
from greenwright.deploy.decoding import ModuleDecoder
from greenwright.records.models import Inference

META = Meta(id="torch", title="PyTorch, eager", extra="torch")


class Eager:
    """A module on the CPU."""

    def __init__(self, module: torch.nn.Module, thread_count: int) -> None:
        self.module = copy.deepcopy(module).eval()
        self.thread_count = thread_count
        self.size_bytes = sum(map(_bytes, module.state_dict().values()))

    def prepare(self, inputs: Inputs) -> Inputs:
        """Tensors that share memory with the arrays."""
        torch.set_num_threads(self.thread_count)
        return each(torch.as_tensor, inputs)

    def run(self, prepared: Inputs) -> Any:
        """The module's first output."""
        with torch.inference_mode():
            return call(self.module, prepared)

    def decoder(self) -> ModuleDecoder:
        """The module as a decoder that keeps a cache.

        Raises:
            BadInputError: it takes none.
        """
        return ModuleDecoder(self.module, self.prepare)

    def answer(self, outputs: Any) -> np.ndarray[Any, Any]:
        """As 32-bit floats where the module answers in half precision."""
        array = outputs.detach()
        return np.asarray((array.float() if array.is_floating_point() else array).numpy())


def _bytes(value: Any) -> int:
    """Of a tensor, or of the tensors that one stands for, as those in fewer bits do."""
    if hasattr(value, "__tensor_flatten__"):
        names, _ = value.__tensor_flatten__()
        return sum(_bytes(getattr(value, name)) for name in names)
    return int(value.numel() * value.element_size())


def load(model: torch.nn.Module, inference: Inference) -> Eager:
    """A runner around a copy of the module."""
    return Eager(model, inference.thread_count)
