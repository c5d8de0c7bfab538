"""What torchao's kernels take on this machine, against the same multiplication in float: asked, because fewer bits are not less work.

On a CPU its eager kernels unpack a whole matrix for every multiplication, or range every input anew in Python: on two AMD EPYC cores a
layer of 512 by 512 took 2 times as long with weights in 8 bits and 11 times with activations in 8 bits, too. On a GPU they are fused.

Source: https://docs.pytorch.org/ao/stable/workflows/inference.html; slower than float on CPUs: https://github.com/pytorch/ao/issues/3157
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from functools import cache
from statistics import geometric_mean, median
from typing import TYPE_CHECKING, Any

from greenwright.strategies import onnx_graph

if TYPE_CHECKING:
    import torch
    from torch import nn

FORMS = ("int8-dynamic", "int8-weights", "int4-weights")
ROWS = (1, 32)
ROUND_COUNT, CALLS_A_ROUND = 5, 6
GROUP_SIZE = 32
LEAST_WIDTH = 32
"""Layers that take fewer inputs stay as they are: a scale would cost as much as what it saves."""
WORTH_RATIO = 0.9
"""Time in fewer bits over time in float: a saving under a tenth is not told from noise."""


@cache
def time_ratio(form: str, device: str, inputs: int, outputs: int) -> float:
    """Time of a layer in fewer bits over that of the same in float: the geometric mean of one row and of many.

    Of a decoder of 106 M parameters, whichever was better promised a saving at many rows, and a token took 3.2 times as much.

    Infinite where torchao has no such kernel for the device.
    """
    import torch
    from torch import nn

    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        torch.manual_seed(0)
        plain = nn.Sequential(nn.Linear(inputs, outputs)).eval().to(device)
        try:
            packed = quantized(plain, form)
            return geometric_mean(_ratio(plain, packed, torch.randn(rows, inputs, device=device)) for rows in ROWS)
        except Exception:  # noqa: BLE001  torchao says in many ways that it has no kernel
            return float("inf")


def quantized(module: nn.Module, form: str) -> nn.Module:
    """A copy whose linear layers hold their weights in fewer bits."""
    from torch import nn

    with onnx_graph.quiet():  # it complains of kernels that are built for other machines
        from torchao.quantization import quantize_

    made = copy.deepcopy(module)
    quantize_(made, _config(form), filter_fn=lambda layer, _: isinstance(layer, nn.Linear) and layer.in_features >= LEAST_WIDTH)
    for layer in made.modules():
        layer.__dict__.pop("extra_repr", None)  # torchao puts a function there that cannot be pickled
    return made


def packed_layers(module: nn.Module) -> list[nn.Linear]:
    """The linear layers whose weights are in fewer bits."""
    from torch import nn

    return [layer for layer in module.modules() if isinstance(layer, nn.Linear) and hasattr(layer.weight, "__tensor_flatten__")]


def _config(form: str) -> Any:
    from torchao import quantization as ao

    quietly = {"set_inductor_config": False}  # which would hold for the whole process
    if form == "int8-dynamic":
        return ao.Int8DynamicActivationInt8WeightConfig(**quietly)
    if form == "int8-weights":
        return ao.Int8WeightOnlyConfig(**quietly)
    return ao.Int4WeightOnlyConfig(group_size=GROUP_SIZE, **quietly)


def _ratio(plain: nn.Module, packed: nn.Module, rows: torch.Tensor) -> float:
    clock = _clock(rows.device.type)
    found = []
    for number in range(ROUND_COUNT + 1):
        taken = [0.0, 0.0]
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            before = clock()
            for _ in range(CALLS_A_ROUND):
                (plain, packed)[side](rows)
            taken[side] = clock() - before
        found.append(taken[1] / max(taken[0], 1e-9))
    return median(found[1:])


def _clock(device: str) -> Callable[[], float]:
    import torch

    if device != "cuda":
        return time.process_time

    def after_all() -> float:
        torch.cuda.synchronize()
        return time.perf_counter()

    return after_all
