"""ONNX Runtime: the exported file as it is, and what its own quantizers make of it in one call.

Source: https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from task import Task

FILE = "model.onnx"


def session(path: Path) -> Any:
    """How to prepare a batch, and to run it, in one session of one thread."""
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    opened = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names, output = [one.name for one in opened.get_inputs()], opened.get_outputs()[0].name

    def prepare(batch: dict[str, Any]) -> dict[str, Any]:
        if len(names) == 1 == len(batch):
            return {names[0]: np.ascontiguousarray(next(iter(batch.values())))}
        zeros = np.zeros_like(batch.get("input_ids", 0))  # token types, where an exporter asks for them
        return {name: np.ascontiguousarray(batch.get(name, zeros)) for name in names}

    return prepare, lambda prepared: opened.run([output], prepared)[0]


def _nothing(task: Task, folder: Path) -> None:
    """The file as it was exported."""


def _dynamic(task: Task, folder: Path) -> None:
    from onnxruntime.quantization import quantize_dynamic

    quantize_dynamic(task.onnx, folder / FILE)


def _static(task: Task, folder: Path) -> None:
    from onnxruntime.quantization import CalibrationDataReader, quantize_static

    class Reader(CalibrationDataReader):  # type: ignore[misc]  # untyped
        def __init__(self) -> None:
            self.left = iter(task.calibration)

        def get_next(self) -> Any:
            return next(self.left, None)

    quantize_static(task.onnx, folder / FILE, Reader())


FLOWS = {
    "ONNX Runtime": (_nothing, lambda task, _: session(task.onnx)),
    "ONNX Runtime quantize_dynamic": (_dynamic, lambda _, folder: session(folder / FILE)),
    "ONNX Runtime quantize_static": (_static, lambda _, folder: session(folder / FILE)),
}
