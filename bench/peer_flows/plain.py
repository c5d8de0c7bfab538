"""PyTorch eager FP32, which all are compared with; and greenwright, whose study is what makes its model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from task import Task, call, tensors

USES_TORCH = True


def _nothing(task: Task, folder: Path) -> None:
    """The model as it is."""


def _eager(task: Task, _: Path) -> Any:
    import torch

    module = task.module().eval()

    @torch.inference_mode()
    def run(batch: Any) -> Any:
        return call(module, batch)

    return tensors, run


TIME_S = 7_200.0
TIMES_S = {"sst2": 1_800.0, "minilm": 1_800.0}
"""What a study may take: for encoders less than ten fine-tuning epochs, its own bound, which would take hours here."""

NARROWED = {("sst2", 32): ("dynamic-int8", "nncf-int8", "length-buckets")}
"""Strategies asked for, where all would take too long here."""


def _optimize(batch: int) -> Any:
    """``greenwright optimize`` with a limit of one point and its other defaults; an interrupted study is resumed."""

    def make(task: Task, folder: Path) -> dict[str, Any]:
        from greenwright import Limits, optimize

        out, wanted = folder / "study", NARROWED.get((task.name, batch), ())
        study = optimize(
            task.workload.workload(),
            limits=Limits(max_drop=0.01, batch=batch, time_s=TIMES_S.get(task.name, TIME_S), strategies=wanted),
            out=out,
            resume=(out / "search" / "terms.json").exists(),
            workload_file=Path(task.workload.__file__),
            ledger_url=f"sqlite:///{folder / 'ledger.db'}",
            say=lambda text: print(text, flush=True),
        )
        record = study.record
        recipe = [step.strategy for step in study.best.recipe] if study.best else []
        # What the study booked in all its windows, those before an interruption included.
        told = {"verdict": record.verdict, "stopped_because": record.stopped_because}
        return {
            "cpu_s": record.search_cpu_s,
            "recipe": recipe,
            "time_s": TIMES_S.get(task.name, TIME_S),
            "strategies": wanted,
        } | told

    return make


def _chosen(task: Task, folder: Path) -> Any:
    import msgspec

    from greenwright import registry
    from greenwright.deploy.buckets import bucketed
    from greenwright.records.models import Inference, OnnxModel

    certificate = folder / "study" / "certificate.json"
    if not certificate.exists():
        return _eager(task, folder)
    told = json.loads(certificate.read_text())
    inference = msgspec.convert(told["inference"], Inference)
    path = folder / "study" / told["artifact"]
    model: Any = OnnxModel(path=path)
    if path.suffix != ".onnx":
        import torch

        model = torch.export.load(path).module()
    runner = bucketed(registry.load("runtimes", inference.runtime).load(model, inference), inference)
    return (lambda batch: runner.prepare(batch["input"] if list(batch) == ["input"] else batch)), runner.run


FLOWS = {
    "PyTorch eager FP32": (_nothing, _eager),
    "greenwright": (_optimize(1), _chosen),
    "greenwright, for batch 32": (_optimize(32), _chosen),
}
