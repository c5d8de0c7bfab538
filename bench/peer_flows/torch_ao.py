"""torchao and the compiler of PyTorch.

Source: https://docs.pytorch.org/ao/stable/ (quantize_, and the X86 Inductor quantizer after PyTorch's export).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from task import Task, call, first_call, running, tensors

USES_TORCH = True


def _compiled(change: Callable[[Any], None]) -> Any:
    def load(task: Task, _: Path) -> Any:
        import torch
        from torch._inductor import config

        config.freezing = True
        module = task.module().eval()
        change(module)
        quick = torch.compile(module, dynamic=True if task.attends else None)

        return running(quick)

    return load


def _nothing(_: Any) -> None:
    """As it is."""


def _dynamic(module: Any) -> None:
    from torchao.quantization import Int8DynamicActivationInt8WeightConfig, quantize_

    quantize_(module, Int8DynamicActivationInt8WeightConfig())


def _weights(module: Any) -> None:
    from torchao.quantization import Int8WeightOnlyConfig, quantize_

    quantize_(module, Int8WeightOnlyConfig())


def _exported(task: Task, _: Path) -> Any:
    import torch
    from torch._inductor import config
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
    from torchao.quantization.pt2e.quantizer import x86_inductor_quantizer as x86

    config.freezing = True
    module = task.module().eval()
    batches = [tensors(batch) for batch in task.calibration]
    free = torch.export.Dim("batch", min=1)
    single = list(batches[0]) == ["input"]
    lengths = {} if single else {1: torch.export.Dim("length", min=2, max=512)}
    shapes = [{0: free}] if single else {name: {0: free} | lengths for name in batches[0]}
    args, named = ((batches[0]["input"],), {}) if single else ((), batches[0])
    graph = torch.export.export(module, args, named, dynamic_shapes=shapes).module()
    quantizer = x86.X86InductorQuantizer()
    quantizer.set_global(x86.get_default_x86_inductor_quantization_config())
    prepared = prepare_pt2e(graph, quantizer)
    with torch.no_grad():
        for batch in batches:
            call(prepared, batch)
    return running(torch.compile(convert_pt2e(prepared)))


FLOWS = {
    name: (first_call(load), load)
    for name, load in {
        "torch.compile": _compiled(_nothing),
        "torchao INT8 dynamic, compiled": _compiled(_dynamic),
        "torchao INT8 weights, compiled": _compiled(_weights),
        "torchao static INT8 (PT2E)": _exported,
    }.items()
}
