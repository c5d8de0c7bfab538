"""What one batch of inputs is, and how a model is called with it. Knows nothing about strategies, measuring or files.

Inputs are one array, a tuple of arrays (positional) or a mapping of arrays (by name); an array is a NumPy array or a tensor
whose first axis counts examples. Outputs are one array; of a tuple the first, of a mapping ``logits`` or the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from greenwright.errors import BadInputError

Inputs = Any


def call(model: Callable[..., Any], inputs: Inputs) -> Any:
    """The model's first output for one batch."""
    if isinstance(inputs, Mapping):
        return first(model(**inputs))
    if isinstance(inputs, tuple | list):
        return first(model(*inputs))
    return first(model(inputs))


def first(outputs: Any) -> Any:
    """The array that is judged: ``logits`` of a mapping or else its first value, the first of a tuple, or the array itself."""
    if isinstance(outputs, Mapping):
        return outputs["logits"] if "logits" in outputs else next(iter(outputs.values()))
    if isinstance(outputs, tuple | list):
        return outputs[0]
    return outputs


def named(inputs: Inputs) -> dict[str, Any]:
    """The arrays by name: a mapping's own names; else ``input`` or ``input_0``, ``input_1`` and so on."""
    if isinstance(inputs, Mapping):
        return dict(inputs)
    if isinstance(inputs, tuple | list):
        return {f"input_{index}": array for index, array in enumerate(inputs)}
    return {"input": inputs}


def each(function: Callable[[Any], Any], inputs: Inputs) -> Inputs:
    """The same inputs with ``function`` applied to every array."""
    if isinstance(inputs, Mapping):
        return {name: function(array) for name, array in inputs.items()}
    if isinstance(inputs, tuple | list):
        return tuple(function(array) for array in inputs)
    return function(inputs)


def fed(inputs: Inputs, names: Sequence[str]) -> dict[str, Any]:
    """The arrays that a graph asks for, by its own names; where the batch knows none of them, its arrays are taken in order.

    Raises:
        BadInputError: the graph asks for an input that the batch does not have.
    """
    arrays = named(inputs)
    if set(names) <= set(arrays):
        return {name: arrays[name] for name in names}
    if len(arrays) != len(names):
        raise BadInputError(f"the ONNX model asks for inputs {list(names)}, the data has {sorted(arrays)}")
    return dict(zip(names, arrays.values(), strict=True))


def as_fed(
    inputs: Inputs, names: Sequence[str], shapes: Mapping[str, Sequence[int | str | None]], types: Mapping[str, Any]
) -> dict[str, Any]:
    """What a graph takes, as it takes it: by its own names and in its own types, with an empty cache where it keeps one.

    Raises:
        BadInputError: the graph asks for an input that the batch does not have.
    """
    import numpy as np

    arrays = fed(completed(each(np.asarray, inputs), shapes), names)
    return {name: np.ascontiguousarray(array, dtype=types[name]) for name, array in arrays.items()}


CACHE = "past_key_values"
"""What a decoder has seen, as keys and values of every layer: a graph's inputs of that name, and what its ``present`` outputs become."""
KEPT = "kept_positions"
"""Which positions a decoder's graph answers for: all of them where it is judged, the last where it speaks."""


def completed(inputs: Inputs, shapes: Mapping[str, Sequence[int | str | None]]) -> Inputs:
    """A batch with what a decoder's graph asks for besides its words: nothing seen before, and every position answered for.

    Args:
        inputs: NumPy arrays; the first is the words ``(batch, length)``.
        shapes: of the graph's inputs, by name; an axis that is free is no number. A graph without a cache leaves the batch as it is.
    """
    if not any(name.startswith(CACHE) for name in shapes):
        return inputs
    import numpy as np

    arrays = named(inputs)
    if not set(arrays) & set(shapes):
        own = [name for name in shapes if not name.startswith(CACHE) and name != KEPT]
        arrays = dict(zip(own, arrays.values(), strict=False))
    batch, length = np.shape(next(iter(arrays.values())))[:2]
    made = {
        "attention_mask": np.ones((batch, length), dtype=np.int64),
        "position_ids": np.broadcast_to(np.arange(length), (batch, length)),
        KEPT: np.arange(length),
    }
    empty = {
        name: np.zeros((batch, *(size if isinstance(size, int) else 0 for size in shape[1:])), dtype=np.float32)
        for name, shape in shapes.items()
        if name.startswith(CACHE)
    }
    return made | empty | arrays


def example_count(inputs: Inputs) -> int:
    """How many examples a batch holds."""
    return len(next(iter(named(inputs).values())))
