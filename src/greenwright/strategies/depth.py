"""Make a model shallower: leave out the blocks that its answers need least.

Source: Men et al. 2024, "ShortGPT", arXiv:2403.03853; Kim et al. 2024, "Shortened LLaMA", arXiv:2402.02834 (blocks by what the model
answers without them).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence

import torch
from torch import nn

from greenwright.batches import Inputs, call, each
from greenwright.strategies.contract import NotApplicableError

FEWEST_BLOCKS = 2
Blocks = nn.ModuleList | nn.Sequential


def blocks_of(module: nn.Module) -> list[tuple[str, Blocks]]:
    """Lists of like blocks that are run one after another, as encoders and decoders hold them."""
    return [
        (name, layer)
        for name, layer in module.named_modules()
        if name
        and isinstance(layer, nn.ModuleList | nn.Sequential)
        and len(layer) > FEWEST_BLOCKS
        and len({type(one) for one in layer}) == 1
        and any(True for _ in layer[0].children())
    ]


def shallower(
    module: nn.Module, sample: Inputs, keep_share: float, whole: Mapping[str, int] | None = None
) -> tuple[nn.Module, list[tuple[str, list[int]]]]:
    """A copy with the blocks that its answers need most, and the places kept of every list of blocks.

    Args:
        module: left as it is.
        sample: one batch, as NumPy arrays or tensors.
        keep_share: of the blocks of each list.
        whole: how many there are in each list, where some are gone already.

    Raises:
        NotApplicableError: there are no blocks that can be left out.
    """
    slimmer = copy.deepcopy(module).eval().float()
    tensors = each(torch.as_tensor, sample)
    with torch.no_grad():
        before = call(slimmer, tensors)
    kept_of: list[tuple[str, list[int]]] = []
    for name, blocks in blocks_of(slimmer):
        if any(name.startswith(f"{outer}.") for outer, kept in kept_of if len(kept) < _count(module, outer)):
            continue  # whole blocks of blocks went already, and what is left has other names
        count = min(len(blocks), max(1, round((whole or {}).get(name, len(blocks)) * keep_share)))
        kept = _most_needed(slimmer, name, blocks, count, tensors, before)
        _put(slimmer, name, blocks, kept)
        _renumber(slimmer, len(blocks), len(kept))
        kept_of.append((name, kept))
    if all(len(kept) == _count(module, name) for name, kept in kept_of):
        raise NotApplicableError("there is no list of like blocks of which some could be left out")
    return slimmer, kept_of


def _count(module: nn.Module, name: str) -> int:
    blocks = module.get_submodule(name)
    assert isinstance(blocks, nn.ModuleList | nn.Sequential)
    return len(blocks)


def _most_needed(  # noqa: PLR0913, PLR0917  one step of ``shallower``
    module: nn.Module, name: str, blocks: Blocks, count: int, tensors: Inputs, before: torch.Tensor
) -> list[int]:
    """Places of ``count`` blocks: one after another goes the one without which the model's answers turn least."""
    kept = list(range(len(blocks)))
    while len(kept) > count:
        turned = {
            place: _turned(module, name, blocks, [one for one in kept if one != place], tensors, before) for place in kept
        }
        place = min(turned, key=lambda one: turned[one])
        if turned[place] == float("inf"):
            break
        kept.remove(place)
    return kept


def _turned(  # noqa: PLR0913, PLR0917  likewise
    module: nn.Module, name: str, blocks: Blocks, kept: Sequence[int], tensors: Inputs, before: torch.Tensor
) -> float:
    """1 minus the cosine of the answers with and without; infinite where the others cannot be run, or answer in another shape."""
    _put(module, name, blocks, kept)
    try:
        with torch.no_grad():
            after = call(module, tensors)
    except Exception:  # noqa: BLE001  the module's own forward, with a block missing
        return float("inf")
    finally:
        _put(module, name, blocks, range(len(blocks)))
    if after.shape != before.shape:
        return float("inf")
    turned = float(1 - nn.functional.cosine_similarity(before.float().flatten(1), after.float().flatten(1)).mean())
    return turned if math.isfinite(turned) else float("inf")


def _put(module: nn.Module, name: str, blocks: Blocks, places: Sequence[int]) -> None:
    """Let ``module`` run only those blocks."""
    holder, _, own = name.rpartition(".")
    chosen = [blocks[place] for place in places]
    setattr(
        module.get_submodule(holder),
        own,
        nn.ModuleList(chosen) if isinstance(blocks, nn.ModuleList) else nn.Sequential(*chosen),
    )


def _renumber(module: nn.Module, before_count: int, count: int) -> None:
    """Models of transformers count their blocks in their configuration, and number them for the cache."""
    config = getattr(module, "config", None)
    for inner in module.modules():
        own = getattr(inner, "config", config)
        for name in ("num_hidden_layers", "n_layer", "num_layers"):
            if own is not None and getattr(own, name, None) == before_count:
                setattr(own, name, count)
        if isinstance(inner, nn.ModuleList):
            for place, block in enumerate(inner):
                for part in block.modules():
                    if isinstance(getattr(part, "layer_idx", None), int):
                        part.layer_idx = place  # type: ignore[assignment]  # a number, as transformers has it
