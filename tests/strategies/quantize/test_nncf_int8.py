"""NNCF's INT8 keeps what a convolution network and a transformer answer, and runs in OpenVINO."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from greenwright.machine import this_machine
from greenwright.records.models import Inference, OnnxModel
from greenwright.strategies import layers, packages
from greenwright.strategies.contract import Given, NotApplicableError, Plan
from greenwright.strategies.quantize import nncf_int8
from greenwright.testing import zoo
from greenwright.testing.strategies import Applied, StrategyContract, answers, given

pytest.importorskip("nncf")


class TestContract(StrategyContract):
    strategy = nncf_int8

    def plan(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net())

    def declined(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.gru())

    def test_activations_and_weights_are_quantized(self, applied: Applied) -> None:
        found = layers.operators(applied.result.model)

        assert found["QuantizeLinear"] > 0
        assert "openvino" == applied.result.inference.runtime


def test_digits_are_read_as_before(conv_file: Plan, tmp_path: Path) -> None:
    result = nncf_int8.apply(conv_file, given(nncf_int8.META, tmp_path, zoo.digit_batches()))
    ((images, _),) = zoo.digit_batches(200, 200, start=1500)
    before, after = answers(conv_file, images), answers(result, images)

    assert np.mean(before.argmax(1) == after.argmax(1)) > 0.95


def test_sentences_of_any_length_are_answered_alike(transformer_file: Plan, tmp_path: Path) -> None:
    batches = zoo.sentence_batches()
    result = nncf_int8.apply(transformer_file, given(nncf_int8.META, tmp_path, batches))

    for inputs, _ in [*batches, *zoo.sentence_batches(batch_size=1)]:
        np.testing.assert_allclose(answers(result, inputs), answers(transformer_file, inputs), atol=0.05)


def test_a_quantized_file_is_not_quantized_again(conv_file: Plan, tmp_path: Path) -> None:
    result = nncf_int8.apply(conv_file, given(nncf_int8.META, tmp_path, zoo.digit_batches()))

    assert "the model is quantized already" == nncf_int8.check(result, this_machine()).reason


def test_what_nncf_breaks_on_is_a_reason(conv_file: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nncf

    def refuse(*_: object, **__: object) -> None:
        raise nncf.UnsupportedModelError("no such operator\nand a long tale")

    monkeypatch.setattr(nncf, "quantize", refuse)
    handed: Given = given(nncf_int8.META, tmp_path, zoo.digit_batches())

    with pytest.raises(NotApplicableError, match="NNCF cannot quantize this graph: UnsupportedModelError: no such operator$"):
        nncf_int8.apply(conv_file, handed)


def test_a_missing_package_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None if name == "nncf" else name)
    plan = Plan(model=OnnxModel(path=tmp_path / "model.onnx"), inference=Inference(runtime="onnxruntime"))

    assert "it needs nncf, which is not installed: pip install 'greenwright[openvino]'" == (
        nncf_int8.check(plan, this_machine()).reason
    )
