"""Write a PyTorch module to an ONNX file whose batch, and every other axis that varies between the samples, stays free."""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from greenwright.batches import Inputs, call, each, named
from greenwright.deploy.contract import run_once
from greenwright.deploy.runtimes import onnx_runtime
from greenwright.errors import BadInputError
from greenwright.records.models import Inference, OnnxModel

TOLERANCE = 1e-3
ATTENTION_OPSET = 23
"""From here on ONNX has an operator for all of attention, which ONNX Runtime runs in one piece, and few other tools read."""


class _Judged(torch.nn.Module):
    """A module narrowed to the one output that is judged."""

    def __init__(self, module: torch.nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, inputs: Any) -> Any:
        """Call the module as the workload would."""
        return call(self.module, inputs)


def to_onnx(module: torch.nn.Module, samples: Sequence[Inputs], path: Path, opset: int | None = None) -> OnnxModel:
    """Export ``module`` and check the file against it on every sample.

    Args:
        module: stays as it is; a copy in evaluation mode is exported.
        samples: batches of at least two examples each that differ wherever inputs may differ (batch size, length).
        path: the file to write.
        opset: of the file; PyTorch's own choice if None.

    Raises:
        BadInputError: PyTorch cannot export it, or the file answers differently.
    """
    module = copy.deepcopy(module).eval().float()
    tensors = [each(torch.as_tensor, sample) for sample in samples]
    widest = max(tensors, key=lambda sample: sum(array.numel() for array in named(sample).values()))
    with warnings.catch_warnings(), torch.inference_mode(), quiet():
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(
                _Judged(module),
                (),
                str(path),
                kwargs={"inputs": widest},
                input_names=list(named(widest)),
                output_names=["output"],
                dynamic_shapes={"inputs": _free_axes(tensors, widest)},
                dynamo=True,
                opset_version=opset,
                external_data=False,
                verbose=False,
            )
        except Exception as error:  # the exporter's errors share no useful base class
            raise BadInputError(f"PyTorch cannot export {type(module).__name__} to ONNX: {headline(error)}") from error
    model = OnnxModel(path=path)
    _check(module, tensors, model)
    return model


def _free_axes(samples: Sequence[Inputs], widest: Inputs) -> Any:
    """Names for the batch axis and for each axis whose size varies between the samples; equal sizes share a name."""
    shapes_by_array = zip(*([tuple(array.shape) for array in named(sample).values()] for sample in samples), strict=True)
    names: dict[tuple[int, ...], str] = {}

    def free(shapes: Sequence[tuple[int, ...]]) -> dict[int, str]:
        sizes_by_axis = list(zip(*shapes, strict=True))
        varying = [axis for axis, sizes in enumerate(sizes_by_axis) if axis == 0 or len(set(sizes)) > 1]
        return {
            axis: "batch" if axis == 0 else names.setdefault(sizes_by_axis[axis], f"length_{len(names)}") for axis in varying
        }

    axes = iter([free(shapes) for shapes in shapes_by_array])
    return each(lambda _: next(axes), widest)


def _check(module: torch.nn.Module, samples: Sequence[Inputs], model: OnnxModel) -> None:
    session = onnx_runtime.load(model, Inference(runtime="onnxruntime"))
    for sample in samples:
        with torch.inference_mode():
            expected = call(module, sample).float().numpy()
        answered = run_once(session, each(lambda array: array.numpy(), sample))
        gap = float(np.abs(answered - expected).max() / (np.abs(expected).max() + 1e-12))
        if not gap <= TOLERANCE:
            raise BadInputError(
                f"the exported {type(module).__name__} answers differently from PyTorch: {gap:.1%} off at worst"
            )


class quiet:  # noqa: N801  reads as a verb in a with statement
    """Keep the exporter's log lines out of the user's terminal."""

    def __enter__(self) -> None:
        self.before = logging.root.manager.disable
        logging.disable(logging.WARNING)

    def __exit__(self, *_: object) -> None:
        logging.disable(self.before)


def headline(error: Exception) -> str:
    """The first line of what was at the bottom of it."""
    while error.__cause__ is not None and isinstance(error.__cause__, Exception):
        error = error.__cause__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
