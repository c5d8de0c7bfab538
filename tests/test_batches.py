"""One array, several in order, several by name: all are inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from greenwright import batches
from greenwright.errors import BadInputError

A, B = np.zeros((3, 2)), np.ones((3, 4))


def recorded(*arrays: Any, **named: Any) -> tuple[Any, Any]:
    return (arrays, named), "a second output"


def test_a_model_is_called_as_its_inputs_lie() -> None:
    assert ((A,), {}) == batches.call(recorded, A)
    assert ((A, B), {}) == batches.call(recorded, (A, B))
    assert ((A, B), {}) == batches.call(recorded, [A, B])
    assert ((), {"left": A, "right": B}) == batches.call(recorded, {"left": A, "right": B})


@pytest.mark.parametrize(
    "outputs",
    [A, (A, B), [A, B], {"logits": A, "loss": B}, {"loss": B, "logits": A}, {"hidden": A, "pooled": B}],
    ids=["array", "tuple", "list", "logits first", "logits last", "no logits"],
)
def test_one_output_is_judged(outputs: Any) -> None:
    assert A is batches.first(outputs)


@pytest.mark.parametrize(
    ("inputs", "names"),
    [(A, ["input"]), ((A, B), ["input_0", "input_1"]), ([A], ["input_0"]), ({"left": A, "right": B}, ["left", "right"])],
    ids=["array", "tuple", "list", "mapping"],
)
def test_every_array_has_a_name(inputs: Any, names: list[str]) -> None:
    assert names == list(batches.named(inputs))
    assert 3 == batches.example_count(inputs)


def test_a_function_reaches_each_array_and_the_form_stays() -> None:
    assert (3, 2) == batches.each(np.shape, A)
    assert ((3, 2), (3, 4)) == batches.each(np.shape, (A, B))
    assert {"left": (3, 2)} == batches.each(np.shape, {"left": A})


def test_a_graph_is_fed_by_its_own_names_or_in_order() -> None:
    assert {"left": A} == batches.fed({"left": A, "right": B}, ["left"])
    assert {"x": A, "y": B} == batches.fed((A, B), ["x", "y"])


def test_a_graph_that_asks_for_more_than_the_batch_has_is_refused() -> None:
    with pytest.raises(BadInputError, match=r"asks for inputs \['x', 'y'\], the data has \['input'\]"):
        batches.fed(A, ["x", "y"])
