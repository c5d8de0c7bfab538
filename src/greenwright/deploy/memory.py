"""Peak memory of a fresh process that only loads a model and runs it.

``python -m greenwright.deploy.memory FOLDER`` is that process: the folder holds the model and one batch of inputs.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from greenwright.batches import Inputs
from greenwright.deploy.buckets import bucketed
from greenwright.deploy.decoding import spoken
from greenwright.records.models import Inference, OnnxModel

RUN_COUNT = 8
PATIENCE_S = 120.0
WORKLOAD_MODULE = "greenwright_workload"
"""Under this name a workload file is imported, so that a module defined in it can be unpickled here."""


def peak_memory_bytes(  # noqa: PLR0913  what the other process is told
    model: Any, inference: Inference, runtime: str, inputs: Inputs, workload_file: Path | None, *, new_tokens: int = 0
) -> int | None:
    """What the process needed at most, or None where it could not be started on this model.

    Args:
        model: an ``nn.Module`` that can be pickled, or an ``OnnxModel``.
        inference: how it is run.
        runtime: the runtime's module path.
        inputs: one batch, as NumPy arrays.
        workload_file: where the module's class is defined, if in a workload file.
        new_tokens: where it generates, how many tokens of each text; the inputs are then prompts.
    """
    with tempfile.TemporaryDirectory(prefix="greenwright-") as name:
        folder = Path(name)
        try:
            _pack(folder, model, inference, runtime, inputs, workload_file, new_tokens)
        except Exception:  # noqa: BLE001  a module that cannot be pickled is not measured, whatever its reason
            return None
        command = [sys.executable, "-m", "greenwright.deploy.memory", str(folder)]
        environment = os.environ | {"OMP_NUM_THREADS": str(inference.thread_count)}
        try:
            done = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=True, env=environment)
            return int(json.loads(done.stdout.splitlines()[-1])["peak_memory_bytes"])
        except (subprocess.SubprocessError, ValueError, LookupError):
            return None


def _pack(  # noqa: PLR0913, PLR0917  what the other process is told
    folder: Path, model: Any, inference: Inference, runtime: str, inputs: Inputs, workload_file: Path | None, new_tokens: int
) -> None:
    told = {
        "onnx": str(model.path.resolve()) if isinstance(model, OnnxModel) else "",
        "workload": str(workload_file.resolve()) if workload_file else "",
        "runtime": runtime,
        "inference": inference,
        "inputs": inputs,
        "new_tokens": new_tokens,
    }
    if not told["onnx"]:
        import torch

        torch.save(model, folder / "module.pt")
    (folder / "told.pickle").write_bytes(pickle.dumps(told))


def _measure(folder: Path) -> int:
    told = pickle.loads((folder / "told.pickle").read_bytes())
    runner = import_module(told["runtime"]).load(_unpack(folder, told), told["inference"])
    if told["new_tokens"]:
        spoken(runner.decoder(), told["inputs"], told["new_tokens"])
        return _high_water_bytes()
    runner = bucketed(runner, told["inference"])
    prepared = runner.prepare(told["inputs"])
    for _ in range(RUN_COUNT):
        runner.run(prepared)
    return _high_water_bytes()


def _unpack(folder: Path, told: dict[str, Any]) -> Any:
    if told["onnx"]:
        return OnnxModel(path=Path(told["onnx"]))
    import torch

    if told["workload"]:
        from greenwright.deploy.source_file import import_file

        import_file(Path(told["workload"]), WORKLOAD_MODULE)
    return torch.load(folder / "module.pt", weights_only=False)


def _high_water_bytes() -> int:
    # Not ru_maxrss: a child inherits its parent's, and the parent has trained models.
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise LookupError("VmHWM")


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"peak_memory_bytes": _measure(Path(sys.argv[1]))}) + "\n")
