"""Row by row, a cascade answers what the one or the other model answers: at any threshold, batch size and length."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import nn

from greenwright.deploy.export import to_onnx
from greenwright.records.models import OnnxModel
from greenwright.strategies import cascading, shallow_models
from greenwright.strategies.contract import NotApplicableError
from greenwright.testing import zoo

Run = Any


def session(model: OnnxModel) -> Run:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    return ort.InferenceSession(str(model.path), options, providers=["CPUExecutionProvider"])


def export(module: nn.Module, samples: list[Any], path: Path) -> OnnxModel:
    return to_onnx(module.eval(), samples, path)


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> tuple[OnnxModel, OnnxModel]:
    """Two that read sentences of any length: a shallow one, and a transformer."""
    folder = tmp_path_factory.mktemp("readers")
    sentences = [inputs for inputs, _ in zoo.sentence_batches()]
    torch.manual_seed(0)
    small = shallow_models.Words(torch.randn(zoo.SYMBOL_COUNT, zoo.WIDTH), "input_ids", "attention_mask", 2).folded()
    return export(small, sentences, folder / "small.onnx"), export(zoo.transformer(), sentences, folder / "large.onnx")


@settings(max_examples=30, deadline=None)
@drawn(
    ids=st.tuples(st.integers(1, 9), st.integers(1, 30)).flatmap(
        lambda shape: arrays.arrays(np.int64, shape, elements=st.integers(1, zoo.SYMBOL_COUNT - 1))
    ),
    asked_share=st.sampled_from([0.0, 0.2, 0.5, 0.8, 1.0]),
    masked=st.integers(0, 3),
)
def test_each_row_is_the_first_models_or_the_seconds(
    readers: tuple[OnnxModel, OnnxModel], tmp_path_factory: pytest.TempPathFactory, ids: Any, asked_share: float, masked: int
) -> None:
    mask = np.ones_like(ids)
    mask[::2, max(1, ids.shape[1] - masked) :] = 0
    feed = {"input_ids": ids, "attention_mask": mask}
    small, large = (session(model).run(None, feed)[0] for model in readers)
    margins = cascading.margins(small)
    threshold = float(np.nextafter(np.quantile(margins, asked_share), np.float32(np.inf)) if asked_share else -1.0)
    path = tmp_path_factory.mktemp("drawn") / "cascade.onnx"
    answered = session(cascading.combined(*readers, threshold, path)).run(None, feed)[0]
    expected = np.where((margins < np.float32(threshold))[:, None], large, small)

    # A sub-batch is summed in another order than the whole one.
    np.testing.assert_allclose(answered, expected, rtol=1e-4, atol=1e-5)


def test_a_batch_that_is_sure_never_enters_the_second_model(readers: tuple[OnnxModel, OnnxModel], tmp_path: Path) -> None:
    """A second model that would fail on these inputs is not run."""
    model = onnx.load(cascading.combined(*readers, -1.0, tmp_path / "cascade.onnx").path)
    branch = next(
        one.g for node in model.graph.node if node.op_type == "If" for one in node.attribute if one.name == "then_branch"
    )
    table = max(branch.initializer, key=lambda one: one.dims[0] if len(one.dims) == 2 else 0)
    table.CopyFrom(onnx.numpy_helper.from_array(np.zeros((1, table.dims[1]), np.float32), table.name))
    onnx.save(model, tmp_path / "broken.onnx")
    broken = session(OnnxModel(path=tmp_path / "broken.onnx"))
    feed = {"input_ids": np.full((3, 4), 7), "attention_mask": np.ones((3, 4), np.int64)}

    np.testing.assert_array_equal(session(readers[0]).run(None, feed)[0], broken.run(None, feed)[0])
    with pytest.raises(Exception, match="indices"):
        session(readers[1]) and session(_asking(tmp_path)).run(None, feed)


def _asking(folder: Path) -> OnnxModel:
    model = onnx.load(folder / "broken.onnx")
    threshold = next(one for one in model.graph.initializer if one.name == cascading.THRESHOLD)
    threshold.CopyFrom(onnx.numpy_helper.from_array(np.array(1e9, dtype=np.float32), cascading.THRESHOLD))
    onnx.save(model, folder / "asking.onnx")
    return OnnxModel(path=folder / "asking.onnx")


@drawn(
    arrays.arrays(np.float32, st.tuples(st.integers(1, 20), st.integers(2, 12)), elements=st.floats(-50, 50, width=32)),
    st.floats(0.1, 10),
)
def test_margins_are_the_distance_to_the_next_class_and_keep_their_order_at_any_temperature(
    logits: Any, temperature: float
) -> None:
    margins = cascading.margins(logits)
    powers = np.exp((logits.astype(np.float64) - logits.max(1, keepdims=True)) / temperature)
    odds = np.sort(powers, axis=1)

    assert (margins >= 0).all()
    np.testing.assert_allclose(np.log(odds[:, -1] / odds[:, -2]) * temperature, margins, atol=1e-3)


@pytest.mark.parametrize("shape", [(6,), (6, 1)])
def test_of_a_single_logit_the_margin_is_its_size(shape: tuple[int, ...]) -> None:
    logits = np.array([-3, -1, 0, 0.5, 2, 4], dtype=np.float32)

    np.testing.assert_array_equal([3, 1, 0, 0.5, 2, 4], cascading.margins(logits.reshape(shape)))


@pytest.mark.parametrize("flat", [True, False])
def test_models_of_one_logit_are_joined_as_well(tmp_path: Path, flat: bool) -> None:
    torch.manual_seed(0)
    tail = [nn.Flatten(0)] if flat else []
    inputs = np.random.default_rng(0).normal(size=(9, 5)).astype(np.float32)
    small, large = (
        export(nn.Sequential(nn.Linear(5, 1), *tail), [inputs[:2], inputs[:5]], tmp_path / f"{name}.onnx")
        for name in ("small", "large")
    )
    feed = {"input": inputs}
    first, second = (session(model).run(None, feed)[0] for model in (small, large))
    middle = float(np.median(cascading.margins(first)))
    answered = session(cascading.combined(small, large, middle, tmp_path / "cascade.onnx")).run(None, feed)[0]
    asked = cascading.margins(first) < np.float32(middle)

    assert first.shape == answered.shape
    np.testing.assert_allclose(np.where(asked.reshape(-1, *[1] * (first.ndim - 1)), second, first), answered, rtol=1e-5)


def test_models_of_other_operator_sets_are_brought_into_one(readers: tuple[OnnxModel, OnnxModel], tmp_path: Path) -> None:
    logits = onnx.helper.make_tensor_value_info("output", onnx.TensorProto.FLOAT, ["batch", 3])
    given = onnx.helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, ["batch", 3])
    for name, version in (("old", 11), ("new", 18)):
        graph = onnx.helper.make_graph([onnx.helper.make_node("Neg", ["input"], ["output"])], name, [given], [logits])
        onnx.save(
            onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", version)], ir_version=8), tmp_path / name
        )
    made = cascading.combined(
        OnnxModel(path=tmp_path / "old"), OnnxModel(path=tmp_path / "new"), 0.5, tmp_path / "cascade.onnx"
    )
    inputs = np.eye(3, dtype=np.float32)

    np.testing.assert_array_equal(-inputs, session(made).run(None, {"input": inputs})[0])
    with pytest.raises(NotApplicableError, match="asks for"):
        cascading.combined(readers[0], OnnxModel(path=tmp_path / "new"), 0.5, tmp_path / "none.onnx")


def test_a_fixed_batch_is_refused(tmp_path: Path) -> None:
    value = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 3]) for name in ("input", "output")]
    graph = onnx.helper.make_graph([onnx.helper.make_node("Neg", ["input"], ["output"])], "fixed", value[:1], value[1:])
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=8), tmp_path / "fixed")
    fixed = OnnxModel(path=tmp_path / "fixed")

    with pytest.raises(NotApplicableError, match="fixed at 1"):
        cascading.combined(fixed, fixed, 0.5, tmp_path / "none.onnx")
