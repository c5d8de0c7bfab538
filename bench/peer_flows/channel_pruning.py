"""Torch-Pruning: half the channels go, ranked by the magnitude of their group, then the usual fine-tuning, as its README shows it.

What is left is run as the README leaves it, in PyTorch, and, because that is what most would do next, in ONNX Runtime too.

Source: https://github.com/VainF/Torch-Pruning (quick start).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from onnx_runtime import session
from task import Task, call, example, tensors

USES_TORCH = True
RATIO = 0.5
MODULE, FILE = "pruned.pt", "pruned.onnx"


def _pruned(task: Task, folder: Path) -> None:
    import torch
    import torch_pruning
    from torch import nn

    module = task.module()
    if task.name == "minilm":
        module.transformer.pooler = None  # answers nothing that is read, so no dependency leads to it
    before = example(task.calibration[0])
    weighted = [layer for layer in module.modules() if isinstance(layer, nn.Linear | nn.Conv2d)]
    heads = {
        child.query: layer.attention.self.num_attention_heads
        for layer in module.modules()
        if hasattr(layer, "attention")
        for child in [layer.attention.self]
    }
    pruner = torch_pruning.pruner.BasePruner(
        module,
        before,
        importance=torch_pruning.importance.GroupMagnitudeImportance(p=2),
        pruning_ratio=RATIO,
        ignored_layers=[] if task.name == "minilm" else weighted[-1:],
        round_to=8,
        num_heads=heads,
        prune_num_heads=bool(heads),
        head_pruning_ratio=RATIO if heads else 0.0,
    )
    pruner.step()
    with torch.no_grad():
        call(module.eval(), tensors(task.calibration[0]))
    task.workload.fine_tune(module)
    torch.save(module.eval(), folder / MODULE)


def _eager(task: Task, folder: Path) -> Any:
    import torch

    assert task.workload  # whose classes the file names
    module = torch.load(folder / MODULE, weights_only=False)

    @torch.inference_mode()
    def run(batch: Any) -> Any:
        return call(module, batch)

    return tensors, run


def _exported(task: Task, folder: Path) -> dict[str, Any]:
    """On top of the first flow, whose cost the bench adds."""
    import torch

    assert task.workload
    module = torch.load(folder.parent / "torch-pruning" / MODULE, weights_only=False)
    given = tensors(task.calibration[0])
    single = list(given) == ["input"]
    names: dict[str, Any] = {name: {0: "batch"} | ({} if single else {1: "length"}) for name in given}
    torch.onnx.export(
        module, tuple(given.values()), str(folder / FILE), input_names=list(given), output_names=["output"],
        dynamic_axes=names | {"output": {0: "batch"}}, dynamo=False,
    )  # fmt: skip
    return {"on_top_of": "Torch-Pruning"}


FLOWS = {
    "Torch-Pruning": (_pruned, _eager),
    "Torch-Pruning, ONNX Runtime": (_exported, lambda _, folder: session(folder / FILE)),
}
