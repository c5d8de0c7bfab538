"""ONNX Runtime on the CPU.

Source: https://onnxruntime.ai/docs/performance/tune-performance/threading.html
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime as ort

from greenwright.batches import Inputs, as_fed
from greenwright.deploy.contract import Meta
from greenwright.deploy.decoding import GraphDecoder
from greenwright.errors import BadInputError
from greenwright.records.models import Inference, OnnxModel

META = Meta(id="onnxruntime", title="ONNX Runtime", extra="onnx")

LOG_ERRORS_ONLY = 3


class Session:
    """An inference session on one ONNX file."""

    def __init__(self, model: OnnxModel, inference: Inference) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = inference.thread_count
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = inference.arena
        options.add_session_config_entry("session.intra_op.allow_spinning", str(int(inference.spins)))
        options.log_severity_level = LOG_ERRORS_ONLY
        try:
            self.session = ort.InferenceSession(str(model.path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's errors share no base class
            raise BadInputError(f"ONNX Runtime cannot load {model.path.name}: {str(error).strip().splitlines()[-1]}") from error
        self.inputs = [given.name for given in self.session.get_inputs()]
        self.shapes = {given.name: given.shape for given in self.session.get_inputs()}
        self.outputs = [made.name for made in self.session.get_outputs()]
        self.output = self.outputs[0]
        self.types = {given.name: _NUMPY_TYPES.get(given.type) for given in self.session.get_inputs()}
        self.size_bytes = model.path.stat().st_size

    def prepare(self, inputs: Inputs) -> dict[str, np.ndarray[Any, Any]]:
        """Arrays by the graph's own names; unnamed inputs are taken in order.

        Raises:
            BadInputError: the graph asks for an input that the batch does not have.
        """
        return as_fed(inputs, self.inputs, self.shapes, self.types)

    def run(self, prepared: dict[str, np.ndarray[Any, Any]]) -> Any:
        """The graph's first output."""
        return self.session.run([self.output], prepared)[0]

    def decoder(self) -> GraphDecoder:
        """The graph as a decoder that keeps a cache, which stays in the runtime's own memory from step to step.

        Raises:
            BadInputError: it has none.
        """
        return GraphDecoder(self.shapes, self.types, self.outputs, self._infer, numpy_of=_as_numpy)

    def _infer(self, feed: dict[str, Any]) -> dict[str, Any]:
        values = {name: _as_value(value) for name, value in feed.items()}
        return dict(zip(self.outputs, self.session.run_with_ort_values(self.outputs, values), strict=True))

    def answer(self, outputs: Any) -> np.ndarray[Any, Any]:
        """The array itself."""
        return np.asarray(outputs)


def _as_value(value: Any) -> Any:
    return value if isinstance(value, ort.OrtValue) else ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(value))


def _as_numpy(value: Any) -> Any:
    return value.numpy()


_NUMPY_TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(int8)": np.int8,
    "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
}


def load(model: OnnxModel, inference: Inference) -> Session:
    """A session with the threads, their way of waiting, and the memory that the plan asks for.

    Raises:
        BadInputError: the file is no ONNX model that ONNX Runtime can run.
    """
    return Session(model, inference)
