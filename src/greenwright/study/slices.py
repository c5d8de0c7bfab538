"""Parts of a data set that are judged by themselves: compression is known to hurt the few before it hurts the mean.

Source: Hooker et al. 2020, "Characterising Bias in Compressed Models", arXiv:2010.03058.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from greenwright.batches import Inputs, named
from greenwright.errors import BadInputError
from greenwright.records.study import QualityProof, SliceProof
from greenwright.study.data import Split
from greenwright.study.proof import quality_drop
from greenwright.study.quality import Quality

Slicing = str | Callable[[Inputs, Any], str]
"""``class``, ``length``, or a function of one example's inputs and target that returns the name of its slice."""
NAMED = ("class", "length")
MOST_SLICES = 40
"""The largest are told apart; what is left goes into one slice, ``other``."""
BUCKET_COUNT = 4
OTHER = "other"


def labels(split: Split, slicing: Slicing, group_size: int = 1) -> list[str]:
    """The slice of every group of consecutive examples: that of its first.

    Raises:
        BadInputError: no slicing has that name, or the function fails.
    """
    firsts = range(0, len(split), group_size)
    if slicing == "class":
        found = [f"class {_scalar(_example(split, index)[1])}" for index in firsts]
    elif slicing == "length":
        found = _buckets([_length(_example(split, index)[0]) for index in firsts])
    elif callable(slicing):
        found = [_named_by(slicing, _example(split, index)) for index in firsts]
    else:
        raise BadInputError(f"no slices are called {slicing!r}; there are {', '.join(NAMED)}, or hand over a function")
    kept = {name for name, _ in Counter(found).most_common(MOST_SLICES)}
    return [name if name in kept else OTHER for name in found]


def slice_proofs(  # noqa: PLR0913  the test's own parameters, all by name
    quality: Quality,
    baseline: Any,
    candidate: Any,
    targets: Any,
    names: Sequence[str],
    *,
    group_size: int = 1,
    confidence: float = 0.95,
    seed: int = 0,
) -> tuple[SliceProof, ...]:
    """The drop in every slice, with its bound; the slice that may have lost most first.

    Each is tested at the full level: a candidate passes only if every slice does, so that more slices make it harder to pass by
    chance, not easier (an intersection-union test).
    """
    found = []
    for name in dict.fromkeys(names):
        rows = np.flatnonzero(np.repeat([other == name for other in names], group_size))
        before, after, aims = (_take(values, rows) for values in (baseline, candidate, targets))
        found.append(_slice_proof(quality, name, (before, after, aims), len(rows), group_size, confidence, seed))
    return tuple(sorted(found, key=lambda one: -one.drop.high if one.drop else -np.inf))


def _slice_proof(  # noqa: PLR0913, PLR0917  what the test takes
    quality: Quality, name: str, values: tuple[Any, Any, Any], count: int, group_size: int, confidence: float, seed: int
) -> SliceProof:
    before, after, aims = values
    try:
        drop = quality_drop(quality, before, after, aims, group_size=group_size, confidence=confidence, seed=seed)
        scores = quality.of(before, aims), quality.of(after, aims)
    except BadInputError:  # the metric is not defined there: one class alone, or no variance
        return SliceProof(name=name, example_count=count, baseline=None, candidate=None, drop=None)
    return SliceProof(name=name, example_count=count, baseline=scores[0], candidate=scores[1], drop=drop)


def within(proofs: Sequence[SliceProof], max_slice_drop: float | None) -> bool:
    """Whether every slice on which the metric is defined lost no more than it may."""
    return max_slice_drop is None or all(one.drop is None or one.drop.high <= max_slice_drop for one in proofs)


def refuse_unprovable(names: Sequence[str], max_slice_drop: float, confidence: float) -> None:
    """Say before anything is spent that a slice is too small for a share of right answers to be held to the limit on it.

    With no failure seen among n examples, the share that fails may still be ``1 - (1 - confidence)^(1/n)``.

    Raises:
        BadInputError: there is such a slice.
    """
    name, count = min(Counter(names).items(), key=lambda item: item[1])
    least = 1 - (1 - confidence) ** (1 / count)
    if least > max_slice_drop:
        needed = "" if not 0 < max_slice_drop < 1 else f"; {max_slice_drop:g} takes {_needed(max_slice_drop, confidence):,}"
        raise BadInputError(
            f"max_slice_drop {max_slice_drop:g} cannot be proven on {name}: with {count:,} test examples, not one of which fails, a loss of"
            f" {least:.3g} is still possible{needed}. Add test examples, name coarser slices, or raise the limit"
        )


def _needed(max_slice_drop: float, confidence: float) -> int:
    return math.ceil(math.log(1 - confidence) / math.log(1 - max_slice_drop))


def worst(proof: QualityProof) -> SliceProof | None:
    """The slice that may have lost most."""
    return next((one for one in proof.slices if one.drop is not None), None)


def _example(split: Split, index: int) -> tuple[Inputs, Any]:
    """One example as a batch of one, however it was handed over."""
    inputs, targets = next(split.batches(1, [index]))
    return inputs, np.asarray(targets)[0]


def _named_by(slicing: Callable[[Inputs, Any], str], example: tuple[Inputs, Any]) -> str:
    try:
        return str(slicing(*example))
    except Exception as error:
        raise BadInputError(f"the workload's slices failed on an example: {type(error).__name__}: {error}") from error


def _scalar(target: Any) -> Any:
    array = np.asarray(target)
    if array.size != 1:
        raise BadInputError(f"slices by class need one label an example, the targets have shape {array.shape}")
    return array.item()


def _length(inputs: Inputs) -> int:
    """Of a sequence: what a mask lets through, else the second axis."""
    arrays = {name: np.asarray(array) for name, array in named(inputs).items()}
    mask = next((array for name, array in arrays.items() if "mask" in name), None)
    if mask is not None:
        return int(mask.sum())
    first = next(iter(arrays.values()))
    if first.ndim < 2:  # noqa: PLR2004  (examples, length, …)
        raise BadInputError(f"slices by length need sequences, the first input has shape {first.shape}")
    return int(first.shape[1])


def _buckets(lengths: Sequence[int]) -> list[str]:
    """Quarters of the examples by length, named by their bounds."""
    edges = sorted({int(edge) for edge in np.quantile(lengths, np.linspace(0, 1, BUCKET_COUNT + 1)[1:-1])})
    places = np.searchsorted(edges, lengths, side="left")
    names = [_bucket_name(place, edges, max(lengths)) for place in range(len(edges) + 1)]
    return [names[place] for place in places]


def _bucket_name(place: int, edges: Sequence[int], longest: int) -> str:
    if place == 0:
        return f"length up to {edges[0]}"
    low = edges[place - 1] + 1
    return f"length {low} to {edges[place]}" if place < len(edges) else f"length {low} to {max(low, longest)}"


def _take(values: Any, rows: Any) -> Any:
    return values[rows] if isinstance(values, np.ndarray) else [values[int(row)] for row in rows]
