"""Optimum: its exporters and quantizers for ONNX Runtime and OpenVINO, from a Hugging Face folder.

Source: https://huggingface.co/docs/optimum-onnx (quantization), https://huggingface.co/docs/optimum-intel (OpenVINO).
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import onnx_runtime
import open_vino
from task import Task

CLI = Path(sys.executable).with_name("optimum-cli")


def _cli(*told: object) -> None:
    done = subprocess.run([str(CLI), *map(str, told)], capture_output=True, text=True, check=False, timeout=1_200)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["it said nothing"]
        raise RuntimeError(f"optimum-cli {told[0]} {told[1]}: {lines[-1]}")


def _folder_of(task: Task) -> Path:
    if task.hugging_face is None:
        raise NotImplementedError("it takes models of transformers and the like, this is none")
    return task.hugging_face


def _kind(task: Task) -> str:
    return "text-classification" if task.name == "sst2" else "feature-extraction"


def _exported(level: str | None) -> Any:
    def make(task: Task, folder: Path) -> None:
        """``O3`` fuses attention and approximates GELU."""
        told = ("--optimize", level) if level else ()
        _cli("export", "onnx", "--model", _folder_of(task), "--task", _kind(task), *told, folder / "exported")

    return make


def _quantized(level: str | None) -> Any:
    def make(task: Task, folder: Path) -> None:
        """Export, then dynamic INT8 for AVX512-VNNI: both commands of its manual."""
        _exported(level)(task, folder)
        _cli("onnxruntime", "quantize", "--onnx_model", folder / "exported", "--avx512_vnni", "-o", folder / "quantized")

    return make


def _openvino(weights: str) -> Any:
    def make(task: Task, folder: Path) -> None:
        _cli(
            "export",
            "openvino",
            "--model",
            _folder_of(task),
            "--task",
            _kind(task),
            "--weight-format",
            weights,
            folder / "made",
        )

    return make


def _pooled(task: Task, ready: Any) -> Any:
    """What its feature extractors leave to the caller: the mean of the token vectors, of length 1."""
    if task.name != "minilm":
        return ready
    import numpy as np

    prepare, run = ready

    def prepared(batch: Any) -> Any:
        return prepare(batch), batch["attention_mask"][..., None].astype(np.float32)

    def pooled(given: Any) -> Any:
        inputs, mask = given
        summed = (run(inputs) * mask).sum(axis=1)
        return summed / np.linalg.norm(summed, axis=1, keepdims=True)

    return prepared, pooled


def _found(folder: Path, suffix: str) -> Path:
    return next(path for path in sorted(folder.rglob(f"*{suffix}")) if "tokenizer" not in path.name)


def _session(made: str) -> Any:
    return lambda task, folder: _pooled(task, onnx_runtime.session(_found(folder / made, ".onnx")))


ONNX_FLOWS = {
    "Optimum ONNX O3": (_exported("O3"), _session("exported")),
    "Optimum ONNX O3 and dynamic INT8": (_quantized("O3"), _session("quantized")),
    "Optimum ONNX dynamic INT8": (_quantized(None), _session("quantized")),
}
OPENVINO_FLOWS = {
    f"Optimum OpenVINO {weights}": (
        _openvino(weights),
        lambda task, folder: _pooled(task, open_vino.compiled(_found(folder / "made", ".xml"))),
    )
    for weights in ("fp32", "int8")
}
FLOWS = ONNX_FLOWS | OPENVINO_FLOWS
