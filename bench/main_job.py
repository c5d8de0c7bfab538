"""Run ``greenwright.optimize`` on a bench workload and set the chosen model beside the untouched one, at batch 1 and 32."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from greenwright import Limits, Study, Workload, optimize, registry
from greenwright.deploy.export import to_onnx
from greenwright.deploy.runtimes import onnx_runtime, torch_eager
from greenwright.records.models import OnnxModel
from greenwright.study.data import split_of
from side_by_side import batches_of, interleaved, keep, ratios, table

OUT = Path(__file__).parent / ".cache" / "studies"


def run(workload: Workload, limits: Limits, *, workload_file: Path, floors: dict[int, float]) -> Study:
    """Optimize, compare, print and keep. ``floors``: how many times less is to be reached, by batch size."""
    folder = OUT / workload.name
    shutil.rmtree(folder, ignore_errors=True)
    before = time.process_time()
    study = optimize(workload, limits=limits, out=folder, workload_file=workload_file, say=print)
    search_cpu_s = time.process_time() - before
    print(study.record.verdict)
    readings = {batch: side_by_side(workload, study, batch) for batch in floors}
    for batch, taken in readings.items():
        print(f"\nbatch {batch}, one thread\n{table(taken, 'PyTorch eager FP32')}")
    reached = {batch: ratios(taken, "PyTorch eager FP32", "greenwright")[0] for batch, taken in readings.items()}
    for batch, floor in floors.items():
        print(
            f"batch {batch}: {reached[batch]:.1f} times less, {'reached' if reached[batch] >= floor else 'MISSED'} (floor {floor})"
        )
    print(f"the search took {search_cpu_s:.0f} CPU-s")
    content = _content(study, readings, search_cpu_s, limits)
    print(f"readings in {keep(f'optimize_{workload.name}', content).relative_to(Path(__file__).parent.parent)}")
    return study


def side_by_side(workload: Workload, study: Study, batch: int) -> dict[str, list[float]]:
    """The chosen model, the untouched one in ONNX Runtime, and the untouched one in PyTorch, in turn."""
    split = split_of("validation", workload.validation, workload.collate)
    batches = batches_of(split, batch, max(4, 64 // batch))
    exported = study.folder / "untouched.onnx"
    if not exported.exists():
        to_onnx(workload.model, [batches_of(split, 2, 1)[0], batches_of(split, 5, 1)[0]], exported)
    told: dict[str, dict[str, Any]] = {
        "PyTorch eager FP32": {"runtime": torch_eager.__name__, "workload": workload.name},
        "ONNX Runtime FP32, untouched": {"runtime": onnx_runtime.__name__, "model": OnnxModel(path=exported)},
    }
    if study.model_path is not None:
        assert study.certificate is not None
        inference = study.certificate.inference
        runtime = registry.members("runtimes")[inference.runtime]
        told["greenwright"] = {"runtime": runtime, "model": OnnxModel(path=study.model_path), "inference": inference}
    taken: dict[str, list[float]] = interleaved(told, batches)
    return taken


def _content(study: Study, readings: dict[int, dict[str, list[float]]], search_cpu_s: float, limits: Limits) -> dict[str, Any]:
    slim = replace(study.record, load_snippet="")
    return {
        "unit": "CPU-seconds per 1,000 examples, one thread, interleaved rounds",
        "limits": msgspec.to_builtins(limits),
        "search_cpu_s": search_cpu_s,
        "readings": {str(batch): taken for batch, taken in readings.items()},
        "study": msgspec.to_builtins(slim),
    }
