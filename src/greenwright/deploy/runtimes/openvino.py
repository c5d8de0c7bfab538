"""OpenVINO on the CPU.

It reads ONNX files as they are, in quantize-dequantize form too, fuses them further than ONNX Runtime does, and keeps 16-bit
arithmetic for what is not in integers. By default it rounds to BF16 without saying so: here the plan says.

Source: https://docs.openvino.ai/2026/openvino-workflow/running-inference/inference-devices-and-modes/cpu-device.html
"""

from __future__ import annotations

from typing import Any

import numpy as np

from greenwright.batches import Inputs, as_fed
from greenwright.deploy.contract import Meta
from greenwright.deploy.decoding import GraphDecoder
from greenwright.errors import BadInputError
from greenwright.offline import send_nothing
from greenwright.records.models import Inference, OnnxModel

META = Meta(id="openvino", title="OpenVINO", extra="openvino")


class Compiled:
    """A model compiled for this processor from one ONNX file."""

    def __init__(self, model: OnnxModel, inference: Inference) -> None:
        send_nothing()
        import openvino

        try:
            self.request = openvino.Core().compile_model(str(model.path), "CPU", config(inference)).create_infer_request()
        except RuntimeError as error:
            raise BadInputError(f"OpenVINO cannot load {model.path.name}: {_headline(error)}") from error
        ports = self.request.model_inputs
        self.inputs = [port.get_any_name() for port in ports]
        self.types = {port.get_any_name(): port.get_element_type().to_dtype() for port in ports}
        self.shapes = {port.get_any_name(): _shape(port) for port in ports}
        self.outputs = [port.get_any_name() for port in self.request.model_outputs]
        self.size_bytes = model.path.stat().st_size

    def prepare(self, inputs: Inputs) -> dict[str, np.ndarray[Any, Any]]:
        """Arrays by the graph's own names; unnamed inputs are taken in order.

        Raises:
            BadInputError: the graph asks for an input that the batch does not have.
        """
        return as_fed(inputs, self.inputs, self.shapes, self.types)

    def run(self, prepared: dict[str, np.ndarray[Any, Any]]) -> Any:
        """The graph's first output, in memory that the next call overwrites."""
        return self.request.infer(prepared, share_inputs=True, share_outputs=True)[0]

    def decoder(self) -> GraphDecoder:
        """The graph as a decoder that keeps a cache.

        Raises:
            BadInputError: it has none.
        """
        return GraphDecoder(self.shapes, self.types, self.outputs, self._infer)

    def _infer(self, feed: dict[str, Any]) -> dict[str, Any]:
        found = self.request.infer(feed, share_inputs=True, share_outputs=False)
        return {name: found[number] for number, name in enumerate(self.outputs)}

    def answer(self, outputs: Any) -> np.ndarray[Any, Any]:
        """A copy that stays."""
        return np.array(outputs)


def _shape(port: Any) -> list[int | None]:
    return [size.get_length() if size.is_static else None for size in port.get_partial_shape()]


def config(inference: Inference) -> dict[str, Any]:
    """What OpenVINO is told: the plan's threads and precision, one stream, and threads that are not pinned to cores others use."""
    return {
        "INFERENCE_NUM_THREADS": inference.thread_count,
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
        "ENABLE_CPU_PINNING": False,
        "INFERENCE_PRECISION_HINT": inference.precision,
    }


def load(model: OnnxModel, inference: Inference) -> Compiled:
    """The file, compiled with the threads and the precision the plan asks for.

    Raises:
        BadInputError: the file is no ONNX model that OpenVINO can run.
    """
    return Compiled(model, inference)


def _headline(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in reversed(lines) if not line.startswith("[")), type(error).__name__)
