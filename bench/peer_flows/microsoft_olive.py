"""Olive: its commands ``quantize`` and ``optimize`` with their own defaults.

Source: https://microsoft.github.io/Olive (command line).
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import onnx_runtime
from task import Task


def _cli(folder: Path, *told: object) -> None:
    command = [sys.executable, "-m", "olive", *map(str, told), "--disable_telemetry"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900, cwd=folder)
    (folder / "olive.log").write_text(done.stdout + done.stderr)
    if done.returncode or not list((folder / "made").rglob("*.onnx")):
        lines = [line for line in (done.stdout + done.stderr).splitlines() if "Error" in line] or ["no model came out of it"]
        raise RuntimeError(f"olive {told[0]}: {lines[-1].strip()}")


def _quantize(task: Task, folder: Path) -> None:
    """Of the exported file, with its own choice of algorithm for INT8 in ONNX Runtime."""
    _cli(
        folder,
        "quantize",
        "-m",
        task.onnx,
        "-o",
        "made",
        "--precision",
        "int8",
        "--algorithm",
        "rtn",
        "--implementation",
        "ort",
    )


def _optimize(task: Task, folder: Path) -> None:
    """Of the Hugging Face folder, or else of the exported file."""
    model = task.hugging_face or task.onnx
    _cli(folder, "optimize", "-m", model, "-o", "made", "--provider", "CPUExecutionProvider", "--precision", "int8")


def _load(_: Task, folder: Path) -> Any:
    return onnx_runtime.session(next(iter(sorted((folder / "made").rglob("*.onnx")))))


FLOWS = {"Olive quantize": (_quantize, _load), "Olive optimize": (_optimize, _load)}
