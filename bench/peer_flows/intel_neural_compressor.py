"""Neural Compressor: static INT8 as its manual for PyTorch on CPUs shows it, through its own export and the compiler.

Source: https://intel.github.io/neural-compressor (PyTorch, static quantization).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from task import Task, tensors

USES_TORCH = True


def _quantized(task: Task, _: Path) -> Any:
    import torch
    from neural_compressor.torch.export import export
    from neural_compressor.torch.quantization import StaticQuantConfig, convert, prepare
    from torch._inductor import config

    config.freezing = True
    batches = [tensors(batch) for batch in task.calibration]
    single = list(batches[0]) == ["input"]
    free = torch.export.Dim("batch", min=1)
    shapes: Any = (
        ({0: free},) if single else {name: {0: free, 1: torch.export.Dim("length", min=2, max=512)} for name in batches[0]}
    )
    inputs = (batches[0]["input"],) if single else tuple(batches[0].values())
    graph = export(task.module().eval(), example_inputs=inputs, dynamic_shapes=shapes if single else tuple(shapes.values()))
    observed = prepare(graph, StaticQuantConfig())
    with torch.no_grad():
        for batch in batches:
            observed(*batch.values())
    quick: Any = torch.compile(convert(observed))

    @torch.no_grad()
    def run(batch: Any) -> Any:
        answered = quick(*batch.values())
        return answered[0] if isinstance(answered, tuple | list) else answered

    return tensors, run


def _make(task: Task, folder: Path) -> None:
    prepare, run = _quantized(task, folder)
    for batches in task.timed.values():
        run(prepare(batches[0]))


FLOWS = {"Neural Compressor static INT8": (_make, _quantized)}
