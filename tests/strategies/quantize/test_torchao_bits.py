"""Fewer bits in PyTorch are worth something only where torchao has a kernel that is faster than float."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from greenwright.deploy.runtimes import torch_eager
from greenwright.machine import this_machine
from greenwright.records.models import Inference
from greenwright.strategies import torchao_kernels
from greenwright.strategies.contract import Given, NotApplicableError, Plan
from greenwright.strategies.quantize import torchao_bits
from greenwright.testing import zoo
from greenwright.testing.strategies import Applied, StrategyContract, answers, given

pytest.importorskip("torchao")
FAST = {"int8-dynamic": 1.5, "int8-weights": 0.5, "int4-weights": float("inf")}


@pytest.fixture
def fast_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that has them."""
    monkeypatch.setattr(torchao_kernels, "time_ratio", lambda form, *_: FAST[form])


class Fast:
    """The contract applies once for all its tests, before a test's own fixture could patch anything."""

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def patched(cls) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(torchao_kernels, "time_ratio", lambda form, *_: FAST[form])
            yield


class TestContract(Fast, StrategyContract):
    strategy = torchao_bits

    def plan(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.mlp())

    def declined(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net())

    def given(self, work_dir: Path, plan: Plan) -> Given:
        return given(torchao_bits.META, work_dir, zoo.digit_batches(flat=True))

    def test_the_fastest_form_is_taken_and_takes_a_quarter_of_the_bytes(self, applied: Applied) -> None:
        before, after = (torch_eager.load(plan.model, Inference()).size_bytes for plan in (applied.plan, applied.result))

        assert applied.result.notes == ("3 linear layers as int8-weights",)
        assert after < 0.35 * before

    def test_the_answers_stay_close(self, applied: Applied) -> None:
        inputs = applied.given.calibration[0]
        before, after = answers(applied.plan, inputs), answers(applied.result, inputs)

        assert np.abs(after - before).max() < 0.03 * np.abs(before).max()


@pytest.mark.usefixtures("fast_kernels")
def test_a_form_that_is_slower_than_float_does_not_apply(tmp_path: Path) -> None:
    handed = given(torchao_bits.META, tmp_path, zoo.digit_batches(flat=True), choices={"form": "int8-dynamic"})

    with pytest.raises(NotApplicableError, match="int8-dynamic takes 1.50 of the time"):
        torchao_bits.apply(Plan(model=zoo.mlp()), handed)


@pytest.mark.usefixtures("fast_kernels")
def test_what_is_quantized_or_halved_declines(tmp_path: Path) -> None:
    handed = given(torchao_bits.META, tmp_path, zoo.digit_batches(flat=True))
    once = torchao_bits.apply(Plan(model=zoo.mlp()), handed)

    assert "quantized already" in torchao_bits.check(once, this_machine()).reason
    assert "16 bits already" in torchao_bits.check(Plan(model=zoo.mlp().bfloat16()), this_machine()).reason


def test_this_machine_s_kernels_are_asked_and_the_answer_is_the_verdict() -> None:
    module = nn.Sequential(nn.Linear(256, 256))
    ratios = [torchao_kernels.time_ratio(form, "cpu", 256, 256) for form in torchao_kernels.FORMS]

    verdict = torchao_bits.check(Plan(model=module), this_machine())

    assert all(ratio > 0 for ratio in ratios)
    assert verdict.applies == (min(ratios) <= torchao_kernels.WORTH_RATIO)
    assert "of a layer from 256 to 256, int8-dynamic" in verdict.reason


def test_a_device_without_a_kernel_is_told_so() -> None:
    if torch.cuda.is_available():
        pytest.skip("torchao has INT4 kernels for this device")

    assert torchao_kernels.time_ratio("int4-weights", "cpu", 64, 64) == float("inf")
