"""Make a module slimmer: remove whole channels along its dependency graph, the weakest first, until the work left is small enough.

Source: Fang et al. 2023, "DepGraph: Towards Any Structural Pruning", arXiv:2301.12900 (Torch-Pruning).
"""

from __future__ import annotations

import contextlib
import copy
import io
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from greenwright.batches import Inputs, call, each
from greenwright.strategies.contract import NotApplicableError

if TYPE_CHECKING:
    from torch import nn

STEP_COUNT = 40
CHANNEL_MULTIPLE = 8
"""Integer and float kernels work on vectors: a channel count that fills none wastes what pruning saved."""
MOST_REMOVED_SHARE = 0.85
"""Of any one layer, so that none is cut through."""


def refusal(model: Any) -> str:
    """Why no slimmer copy of ``model`` can be made, or nothing where one can."""
    from greenwright.records.models import OnnxModel

    if isinstance(model, OnnxModel):
        return "the model is an ONNX file, which cannot be fine-tuned"
    from torch import nn

    if any(
        isinstance(layer, nn.MultiheadAttention) or "attention" in type(layer).__name__.lower() for layer in model.modules()
    ):
        return "it holds attention, whose heads, neurons and blocks go in other ways"
    if any(isinstance(layer, nn.RNNBase) for layer in model.modules()):
        return "it holds recurrent layers, whose gates cannot be removed one by one"
    if sum(isinstance(layer, nn.Linear | nn.modules.conv._ConvNd) for layer in model.modules()) < 2:  # noqa: PLR2004, SLF001  no public name
        return "it has no hidden layer to remove channels from"
    return ""


def slim(module: nn.Module, sample: Inputs, keep_share: float) -> tuple[nn.Module, float, list[str]]:
    """A slimmer copy, the share of multiply-adds it really keeps, and the names of layers left alone, since nothing can follow them.

    Args:
        module: left as it is.
        sample: one batch, as NumPy arrays or tensors.
        keep_share: of the multiply-adds, 0…1; met or undercut in small steps.

    Raises:
        NotApplicableError: the dependency graph cannot be built, or nothing can be removed.
    """
    import torch

    tensors = each(lambda array: torch.as_tensor(array)[:2], sample)
    slimmer = copy.deepcopy(module).eval().float()
    # It prints, too, where inputs have names.
    with warnings.catch_warnings(), torch.enable_grad(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            kept_share, left_alone = _remove(slimmer, tensors, keep_share)
        except NotApplicableError:
            raise
        except Exception as error:  # Torch-Pruning raises whatever the module's forward meets
            raise NotApplicableError(f"Torch-Pruning cannot follow this module: {type(error).__name__}: {error}") from error
    for parameter in slimmer.parameters():
        parameter.grad = None
    return slimmer, kept_share, left_alone


def notes(left_alone: Sequence[str]) -> list[str]:
    """What was left alone, for people."""
    return [f"left alone, because their channels cannot be followed: {', '.join(left_alone)}"] if left_alone else []


def _remove(module: nn.Module, sample: Inputs, keep_share: float) -> tuple[float, list[str]]:
    import torch
    import torch_pruning

    with torch.no_grad():
        shape = call(module, sample).shape
    lost = _lost(module, sample)
    before, _ = torch_pruning.utils.count_ops_and_params(module, _example(sample))
    pruner = torch_pruning.pruner.BasePruner(
        module,
        _example(sample),
        importance=torch_pruning.importance.GroupMagnitudeImportance(p=2),
        # The same share of every layer: ranked globally, the first layers would lose most, and quality with them.
        global_pruning=False,
        pruning_ratio=1.0,
        max_pruning_ratio=MOST_REMOVED_SHARE,
        iterative_steps=STEP_COUNT,
        ignored_layers=[*_outputs(module, sample), *lost.values()],
        round_to=CHANNEL_MULTIPLE,
    )
    kept_share = 1.0
    for _ in range(STEP_COUNT):
        pruner.step()
        after, _ = torch_pruning.utils.count_ops_and_params(module, _example(sample))
        kept_share = after / before
        if kept_share <= keep_share:
            break
    with torch.no_grad():
        if call(module, sample).shape != shape:
            raise NotApplicableError("removing channels would change the shape of the model's outputs")
    if kept_share >= 1.0:
        raise NotApplicableError("no channel could be removed")
    return kept_share, list(lost)


def _lost(module: nn.Module, sample: Inputs) -> dict[str, nn.Module]:
    """Layers whose channels Torch-Pruning cannot follow to what reads them, as through a flattened picture beside other numbers."""
    import torch_pruning
    from torch import nn

    graph = torch_pruning.DependencyGraph().build_dependency(module, _example(sample))
    importance = torch_pruning.importance.GroupMagnitudeImportance(p=2)
    prunes = {nn.Linear: torch_pruning.prune_linear_out_channels, nn.Conv2d: torch_pruning.prune_conv_out_channels}
    found = {}
    for name, layer in module.named_modules():
        prune = prunes.get(type(layer))
        if prune is None or layer not in graph.module2node:
            continue
        try:
            importance(graph.get_pruning_group(layer, prune, idxs=list(range(len(layer.weight)))))
        except Exception:  # noqa: BLE001  it raises whatever it meets
            found[name] = layer
    return found


def _outputs(module: nn.Module, sample: Inputs) -> Sequence[nn.Module]:
    """The weighted layer that ran last: its channels are the model's outputs."""
    import torch
    from torch import nn

    ran: list[nn.Module] = []
    weighted = [layer for layer in module.modules() if isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d)]
    hooks = [layer.register_forward_hook(lambda layer, *_: ran.append(layer)) for layer in weighted]
    try:
        with torch.no_grad():
            call(module, sample)
    finally:
        for hook in hooks:
            hook.remove()
    return ran[-1:]


def _example(sample: Inputs) -> Any:
    return tuple(sample) if isinstance(sample, list) else sample
