"""Examples, however they were handed over, as batches of any size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from greenwright.batches import Inputs
from greenwright.errors import BadInputError

Collate = Callable[[list[Any]], tuple[Inputs, Any]]
TARGET_NAMES = ("labels", "label", "targets", "target")


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """One set of examples: train, validation or test."""

    name: str
    examples: Any
    """Anything with ``len`` and integer indices whose items are (inputs, target)."""
    collate: Collate
    batch_size: int
    """The size the user's own loader has, or 64."""

    def __len__(self) -> int:
        return len(self.examples)

    def batches(self, size: int, order: Sequence[int] | None = None) -> Iterator[tuple[Inputs, Any]]:
        """(inputs, targets) of ``size`` examples each, the last maybe fewer, as the collate function makes them."""
        indices = range(len(self)) if order is None else order
        for start in range(0, len(indices), size):
            yield self._batch(indices[start : start + size])

    def _batch(self, indices: Sequence[int]) -> tuple[Inputs, Any]:
        try:
            inputs, targets = self.collate([self.examples[int(index)] for index in indices])
        except BadInputError:
            raise
        except Exception as error:  # whatever the user's data set or collate function raises
            raise BadInputError(
                f"the {self.name} set fails at its examples {indices[0]} to {indices[-1]}: {type(error).__name__}: {error}"
            ) from error
        return inputs, targets

    def first(self, count: int) -> Split:
        """The first ``count`` examples as a split of their own."""
        kept = [self.examples[index] for index in range(min(count, len(self)))]
        return Split(name=self.name, examples=kept, collate=self.collate, batch_size=self.batch_size)


def split_of(name: str, given: Any, collate: Collate | None = None) -> Split:
    """Take a PyTorch ``DataLoader``, a data set, a list of (inputs, target), or a pair of arrays (inputs, targets).

    A mapping of arrays by name, labels among them, is a pair, too.

    Raises:
        BadInputError: it is none of these, or empty.
    """
    if isinstance(given, Mapping):
        given = _pair(given)
    if _is_loader(given):
        made = given.collate_fn
        split = Split(
            name=name,
            examples=_loaded(given),
            collate=collate or (lambda items: _pair(made(items))),
            batch_size=given.batch_size or 64,
        )
    elif isinstance(given, tuple) and len(given) == 2:  # noqa: PLR2004  (inputs, targets)
        split = Split(name=name, examples=_Columns(*given), collate=collate or stack_examples, batch_size=64)
    elif hasattr(given, "__len__") and hasattr(given, "__getitem__"):
        split = Split(name=name, examples=given, collate=collate or stack_examples, batch_size=64)
    elif hasattr(given, "__iter__"):
        split = Split(name=name, examples=list(given), collate=collate or stack_examples, batch_size=64)
    else:
        raise BadInputError(f"the {name} set is a {type(given).__name__}: hand over a data set, a loader or (inputs, targets)")
    if not len(split):
        raise BadInputError(f"the {name} set is empty")
    return split


def unlabelled_of(given: Any, like: Split) -> Split:
    """Inputs without targets, as the examples of ``like`` have them, with the first target there as a stand-in for each.

    Taken are data sets and loaders, lists of inputs, and arrays or a mapping of arrays whose first axis counts examples. Where the items
    are pairs, as labelled examples are, their targets are dropped.

    Raises:
        BadInputError: it is none of these, or empty.
    """
    examples = _loaded(given) if _is_loader(given) else _Rows(given) if isinstance(given, Mapping | tuple) else given
    if not hasattr(examples, "__len__") or not hasattr(examples, "__getitem__"):
        if not hasattr(examples, "__iter__"):
            raise BadInputError(f"the unlabelled set is a {type(given).__name__}: hand over a data set, a loader or inputs")
        examples = list(examples)
    if len(examples) == 0:
        raise BadInputError("the unlabelled set is empty")
    size = (given.batch_size if _is_loader(given) else None) or like.batch_size
    return Split(name="unlabelled", examples=_Unlabelled(examples, like.examples[0]), collate=like.collate, batch_size=size)


class _Unlabelled:
    """Inputs in the shape of an example: with its target, or what stands in for one."""

    def __init__(self, inputs: Any, example: Any) -> None:
        self.inputs, self.example = inputs, example

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, index: int) -> Any:
        item = self.inputs[index]
        if isinstance(self.example, Mapping):
            return {**{name: value for name, value in self.example.items() if name in TARGET_NAMES}, **item}
        inputs, target = self.example
        if isinstance(item, tuple | list) and len(item) == 2 and not isinstance(inputs, tuple | list):  # noqa: PLR2004  (inputs, target)
            return tuple(item)
        return item, target


class _Rows:
    """Arrays, read example by example."""

    def __init__(self, arrays: Any) -> None:
        self.arrays = arrays
        lengths = {len(array) for array in (arrays.values() if isinstance(arrays, Mapping) else arrays)}
        if len(lengths) != 1:
            raise BadInputError(f"the unlabelled inputs differ in length: {sorted(lengths)}")
        self.count = lengths.pop()

    def __len__(self) -> int:
        return int(self.count)

    def __getitem__(self, index: int) -> Inputs:
        if isinstance(self.arrays, Mapping):
            return {name: array[index] for name, array in self.arrays.items()}
        return tuple(array[index] for array in self.arrays)


class _Columns:
    """Arrays of inputs and targets, read example by example."""

    def __init__(self, inputs: Any, targets: Any) -> None:
        self.inputs, self.targets = inputs, targets
        lengths = {len(array) for array in (inputs.values() if isinstance(inputs, Mapping) else [inputs])} | {len(targets)}
        if len(lengths) > 1:
            raise BadInputError(f"inputs and targets differ in length: {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[Inputs, Any]:
        if isinstance(self.inputs, Mapping):
            return {name: array[index] for name, array in self.inputs.items()}, self.targets[index]
        return self.inputs[index], self.targets[index]


def stack_examples(items: list[Any]) -> tuple[Inputs, Any]:
    """Stack (inputs, target) pairs; arrays of unequal length are padded with zeros to the longest.

    Raises:
        BadInputError: the items are no pairs, nor mappings with one of labels, label, targets, target.
    """
    pairs = [_pair(item) for item in items]
    return _stack([inputs for inputs, _ in pairs]), _stack([target for _, target in pairs])


def _pair(item: Any) -> tuple[Inputs, Any]:
    if isinstance(item, Mapping):
        name = next((name for name in TARGET_NAMES if name in item), None)
        if name is not None:
            return {key: value for key, value in item.items() if key != name}, item[name]
    elif isinstance(item, tuple | list) and len(item) == 2:  # noqa: PLR2004  (inputs, target)
        return item[0], item[1]
    raise BadInputError(f"an example must be (inputs, target) or a mapping with labels, it is a {type(item).__name__}")


def _stack(items: Sequence[Any]) -> Any:
    head = items[0]
    if isinstance(head, Mapping):
        return {name: _stack([item[name] for item in items]) for name in head}
    if isinstance(head, tuple):
        return tuple(_stack(column) for column in zip(*items, strict=True))
    arrays = [np.asarray(item) for item in items]
    if len({array.shape for array in arrays}) == 1:
        return np.stack(arrays)
    widest = np.max([array.shape for array in arrays], axis=0)
    stacked = np.zeros((len(arrays), *widest), dtype=arrays[0].dtype)
    for row, array in zip(stacked, arrays, strict=True):
        row[tuple(slice(0, size) for size in array.shape)] = array
    return stacked


def _loaded(loader: Any) -> Any:
    """The examples a loader would load: a part of its data set, where its sampler knows only that."""
    if not hasattr(loader.dataset, "__getitem__") or not hasattr(loader.dataset, "__len__"):
        return list(loader.dataset)
    indices = getattr(getattr(loader, "sampler", None), "indices", None)
    return loader.dataset if indices is None else _Chosen(loader.dataset, [int(index) for index in indices])


class _Chosen:
    """Some examples of a data set."""

    def __init__(self, examples: Any, indices: Sequence[int]) -> None:
        self.examples, self.indices = examples, indices

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Any:
        return self.examples[self.indices[index]]


def _is_loader(given: Any) -> bool:
    return hasattr(given, "dataset") and hasattr(given, "collate_fn")
