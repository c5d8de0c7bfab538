"""Two ONNX models in one file: the first answers where it is sure, and only the rows it is not sure of are asked of the second.

::

    inputs → first model → margin ≥ threshold? → yes: its answer
                                                → no:  gather those rows of every input → second model → scatter the answers back

The second model stands in the branch of an ``If``, so that it costs nothing for a batch of which every row is sure.

Source: Viola and Jones 2001, "Rapid object detection using a boosted cascade of simple features",
https://doi.org/10.1109/CVPR.2001.990517; Bolukbasi et al. 2017, "Adaptive Neural Networks for Efficient Inference", arXiv:1702.07811.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from greenwright.records.models import OnnxModel
from greenwright.strategies.contract import NotApplicableError

FIRST, SECOND, GATE = "first/", "second/", "gate/"
THRESHOLD = GATE + "threshold"
"""The constant in the file that says how sure the first model must be."""
LEAST_OPSET = 13


def margins(outputs: Any) -> np.ndarray[Any, Any]:
    """How sure each row is: the largest logit minus the second largest, or how far a single one is from 0. ``(n, …) -> (n,)``.

    It rises with the odds of the class answered over the next, at any temperature: softmax is not needed to put rows in order.
    """
    array = np.asarray(outputs, dtype=np.float32)
    if array.ndim == 1 or array.shape[-1] == 1:
        return np.abs(array.reshape(len(array)))
    top = np.partition(array, -2, axis=-1)[:, -2:]
    return np.asarray(top[:, 1] - top[:, 0])


def combined(first: OnnxModel, second: OnnxModel, threshold: float, path: Path) -> OnnxModel:
    """Write both models to one file; ``first`` keeps the rows whose margin is ``threshold`` or more.

    Raises:
        NotApplicableError: the two do not fit together, or their batch axis is fixed.
    """
    import onnx

    small, large = _aligned(_part(first), _part(second))
    _refuse_unlike(small.graph, large.graph)
    asked = [_copy(value) for value in large.graph.input]
    answer = _copy(large.graph.output[0])
    single = _is_single(small.graph.output[0])
    small = onnx.compose.add_prefix(small, FIRST, rename_inputs=False)
    large = onnx.compose.add_prefix(large, SECOND)
    graph = onnx.helper.make_graph(
        [*small.graph.node, *_gate(small.graph.output[0].name, large.graph, asked, answer.name, single=single)],
        "cascade",
        asked,
        [answer],
        [*small.graph.initializer, *_constants(threshold)],
    )
    graph.sparse_initializer.extend(small.graph.sparse_initializer)
    model = onnx.helper.make_model(
        graph,
        opset_imports=_opsets(small, large),
        ir_version=max(small.ir_version, large.ir_version),
        producer_name="greenwright",
    )
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return OnnxModel(path=path)


def _gate(kept: str, large: Any, asked: list[Any], answer: str, *, single: bool) -> list[Any]:
    """From the first model's answers to the file's."""
    from onnx import helper

    node = helper.make_node
    margin, rows = GATE + "margin", GATE + "rows"
    if single:
        measured = [
            node("Reshape", [kept, GATE + "flat"], [GATE + "logit"], GATE + "flatten"),
            node("Abs", [GATE + "logit"], [margin], GATE + "distance"),
        ]
    else:
        measured = [
            node("TopK", [kept, GATE + "two"], [GATE + "top", GATE + "classes"], GATE + "top_two", axis=-1),
            node("MatMul", [GATE + "top", GATE + "difference"], [margin], GATE + "subtract"),
        ]
    # One comparison decides for the whole batch; which rows they are is asked only where there are any.
    chosen = [
        node("ReduceMin", [margin], [GATE + "least"], GATE + "reduce", keepdims=0),
        node("Less", [GATE + "least", THRESHOLD], [GATE + "any"], GATE + "ask"),
    ]
    keep = helper.make_graph(
        [node("Identity", [kept], [GATE + "kept"], GATE + "keep")], "keep", [], [_free_value(GATE + "kept", large)]
    )
    gathered = [
        node("Less", [margin, THRESHOLD], [GATE + "unsure"], GATE + "compare"),
        node("NonZero", [GATE + "unsure"], [GATE + "found"], GATE + "find"),
        node("Reshape", [GATE + "found", GATE + "flat"], [rows], GATE + "flatten_rows"),
        *(node("Gather", [value.name, rows], [SECOND + value.name], f"{GATE}gather_{value.name}", axis=0) for value in asked),
    ]
    scattered = [
        node("Reshape", [rows, GATE + "column"], [GATE + "places"], GATE + "as_column"),
        node("ScatterND", [kept, GATE + "places", large.output[0].name], [GATE + "mixed"], GATE + "scatter"),
    ]
    ask = helper.make_graph(
        [*gathered, *large.node, *scattered], "ask", [], [_free_value(GATE + "mixed", large)], [*large.initializer]
    )
    ask.sparse_initializer.extend(large.sparse_initializer)
    return [*measured, *chosen, node("If", [GATE + "any"], [answer], GATE + "choose", then_branch=ask, else_branch=keep)]


def _constants(threshold: float) -> list[Any]:
    from onnx import numpy_helper

    values: dict[str, np.ndarray[Any, Any]] = {
        THRESHOLD: np.array(threshold, dtype=np.float32),
        GATE + "two": np.array([2], dtype=np.int64),
        GATE + "difference": np.array([1, -1], dtype=np.float32),
        GATE + "flat": np.array([-1], dtype=np.int64),
        GATE + "column": np.array([-1, 1], dtype=np.int64),
    }
    return [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()]


def _part(model: OnnxModel) -> Any:
    """The model as it can be joined: its functions written out, constants no inputs, and no sizes noted for a batch that will differ."""
    import onnx
    import onnx.inliner

    part = onnx.load(model.path)
    if part.functions:
        part = onnx.inliner.inline_local_functions(part)
    constants = {tensor.name for tensor in part.graph.initializer}
    inputs = [_copy(value) for value in part.graph.input if value.name not in constants]
    del part.graph.input[:], part.graph.value_info[:], part.graph.output[1:]
    part.graph.input.extend(inputs)
    return part


def _aligned(small: Any, large: Any) -> tuple[Any, Any]:
    """Both in the newer of their operator sets."""
    import onnx.version_converter

    newest = max(LEAST_OPSET, _opset(small), _opset(large))
    try:
        return tuple(  # type: ignore[return-value]  # two of them
            one if _opset(one) == newest else onnx.version_converter.convert_version(one, newest) for one in (small, large)
        )
    except Exception as error:  # the converter's errors share no base class
        raise NotApplicableError(
            f"the two models are in different operator sets, and cannot be brought into one: {error}"
        ) from error


def _opset(model: Any) -> int:
    return int(next(one.version for one in model.opset_import if one.domain in {"", "ai.onnx"}))


def _opsets(small: Any, large: Any) -> list[Any]:
    from onnx import helper

    versions: dict[str, int] = {}
    for one in (*small.opset_import, *large.opset_import):
        versions[one.domain] = max(one.version, versions.get(one.domain, 0))
    return [helper.make_opsetid(domain, version) for domain, version in versions.items()]


def _refuse_unlike(small: Any, large: Any) -> None:
    types = {value.name: value.type.tensor_type.elem_type for value in large.input}
    for value in small.input:
        if types.get(value.name) != value.type.tensor_type.elem_type:
            raise NotApplicableError(f"the first model asks for {value.name}, and the second for {', '.join(types)}")
    for value in (*small.input, *large.input):
        shape = value.type.tensor_type.shape
        if shape.dim and shape.dim[0].HasField("dim_value"):
            raise NotApplicableError(f"the batch axis of {value.name} is fixed at {shape.dim[0].dim_value}")


def _is_single(output: Any) -> bool:
    """Whether the answer is one logit a row.

    Raises:
        NotApplicableError: its shape is no row of logits, or unknown.
    """
    shape = output.type.tensor_type.shape
    rank = len(shape.dim)
    if not output.type.tensor_type.HasField("shape") or rank not in {1, 2}:
        raise NotApplicableError("the first model does not answer one row of logits an example")
    return rank == 1 or shape.dim[1].dim_value == 1


def _free_value(name: str, large: Any) -> Any:
    from onnx import helper

    return helper.make_tensor_value_info(name, large.output[0].type.tensor_type.elem_type, None)


def _copy(value: Any) -> Any:
    made = type(value)()
    made.CopyFrom(value)
    return made
