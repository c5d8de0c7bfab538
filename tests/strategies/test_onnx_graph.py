"""What the strategies on ONNX graphs share."""

from __future__ import annotations

import logging
import platform
import warnings
from pathlib import Path

import pytest

from greenwright.records.machines import Machine
from greenwright.strategies import layers, onnx_graph
from greenwright.strategies.contract import Plan
from greenwright.strategies.runtime import onnx_runtime
from greenwright.testing import zoo
from greenwright.testing.strategies import answers, given


@pytest.mark.parametrize(
    ("processor", "features", "expected"),
    [
        ("x86_64", ("avx2", "avx512f"), True),
        ("x86_64", ("avx2", "avx512f", "avx512_vnni"), False),
        ("AMD64", ("avx_vnni",), False),
        ("aarch64", ("asimddp",), False),
    ],
)
def test_weights_keep_to_7_bits_only_where_sums_would_saturate(
    monkeypatch: pytest.MonkeyPatch,
    processor: str,
    features: tuple[str, ...],
    expected: bool,
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: processor)
    machine = Machine(cpu="a processor", core_count=1, memory_bytes=8_000_000_000, features=features)

    assert expected == onnx_graph.needs_reduced_range(machine)


def test_a_file_is_taken_as_it_is(conv_file: Plan, tmp_path: Path) -> None:
    handed = given(onnx_runtime.META, tmp_path, zoo.digit_batches(), to_onnx=None)

    assert conv_file.model is onnx_graph.as_onnx(conv_file, handed)


def test_folding_changes_no_answer_and_not_the_file_itself(conv_file: Plan, tmp_path: Path) -> None:
    before = conv_file.model.path.read_bytes()
    folded = onnx_graph.folded(conv_file.model, given(onnx_runtime.META, tmp_path, zoo.digit_batches()))
    images = zoo.digit_batches()[0][0]

    assert before == conv_file.model.path.read_bytes()
    assert answers(Plan(model=folded, inference=conv_file.inference), images) == pytest.approx(
        answers(conv_file, images), abs=1e-4
    )
    assert 0 == layers.operators(folded)["BatchNormalization"]


def test_neither_a_module_nor_a_float_file_counts_as_quantized(conv_file: Plan) -> None:
    assert not onnx_graph.is_quantized(zoo.conv_net())
    assert not onnx_graph.is_quantized(conv_file.model)


def test_quiet_is_over_when_it_is_over(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    with onnx_graph.quiet():
        logging.getLogger("quantizer").warning("please pre-process")
        warnings.warn("please pre-process", stacklevel=1)
        print("please pre-process")  # noqa: T201  as the calibrator does
    logging.getLogger("quantizer").warning("heard")
    print("heard")  # noqa: T201  likewise

    assert ["heard"] == [record.message for record in caplog.records]
    assert "heard\n" == capsys.readouterr().out
    with pytest.warns(UserWarning, match="heard"):
        warnings.warn("heard", stacklevel=1)
