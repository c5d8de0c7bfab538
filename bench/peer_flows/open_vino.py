"""OpenVINO as it comes (BF16 where the processor has it), and NNCF's one call of post-training quantization on top.

Source: https://docs.openvino.ai/2026/openvino-workflow/model-optimization-guide/quantizing-models-post-training.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from task import Task

FILE = "model.xml"


def compiled(path: Path) -> Any:
    """How to prepare a batch, and to run it, in one stream of one thread."""
    import numpy as np
    import openvino

    told = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False}
    request = openvino.Core().compile_model(str(path), "CPU", told).create_infer_request()
    names = [port.get_any_name() for port in request.model_inputs]

    def prepare(batch: dict[str, Any]) -> dict[str, Any]:
        if len(names) == 1 == len(batch):
            return {names[0]: np.ascontiguousarray(next(iter(batch.values())))}
        zeros = np.zeros_like(batch.get("input_ids", 0))
        return {name: np.ascontiguousarray(batch.get(name, zeros)) for name in names}

    return prepare, lambda prepared: request.infer(prepared, share_inputs=True, share_outputs=True)[0]


def _nothing(task: Task, folder: Path) -> None:
    """The file as it was exported."""


def _quantized(task: Task, folder: Path) -> None:
    import nncf
    import openvino

    model = openvino.convert_model(task.onnx)
    openvino.save_model(nncf.quantize(model, nncf.Dataset(task.calibration)), folder / FILE)


def _quantized_for_transformers(task: Task, folder: Path) -> None:
    import nncf
    import openvino

    if not task.attends:
        raise NotImplementedError("the model is no transformer")
    model = openvino.convert_model(task.onnx)
    quantized = nncf.quantize(model, nncf.Dataset(task.calibration), model_type=nncf.ModelType.TRANSFORMER)
    openvino.save_model(quantized, folder / FILE)


FLOWS = {
    "OpenVINO": (_nothing, lambda task, _: compiled(task.onnx)),
    "NNCF quantize": (_quantized, lambda _, folder: compiled(folder / FILE)),
    "NNCF quantize for transformers": (_quantized_for_transformers, lambda _, folder: compiled(folder / FILE)),
}
