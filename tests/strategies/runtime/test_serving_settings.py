"""How a model is served changes what it costs, and not what it answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from greenwright.deploy.runtimes import onnx_runtime
from greenwright.machine import this_machine
from greenwright.records.models import Inference, OnnxModel
from greenwright.strategies.contract import Choices, Plan
from greenwright.strategies.runtime import serving_settings
from greenwright.testing import zoo
from greenwright.testing.strategies import Applied, StrategyContract, answers, given

TWO = Inference(thread_count=2)


class TestContract(StrategyContract):
    strategy = serving_settings

    def plan(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net(), inference=TWO)

    def declined(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net())

    def test_it_answers_what_it_answered(self, applied: Applied) -> None:
        inputs = applied.given.calibration[0]
        np.testing.assert_allclose(answers(applied.result, inputs), answers(applied.plan, inputs), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        ({"threads": "one", "spins": False, "arena": True}, (1, False, True)),
        ({"threads": "given", "spins": True, "arena": False}, (2, True, False)),
    ],
)
def test_the_session_is_told_what_was_chosen(
    conv_file: Plan, tmp_path: Path, choices: Choices, told: tuple[int, bool, bool]
) -> None:
    plan = Plan(model=conv_file.model, inference=Inference(runtime="onnxruntime", thread_count=2))
    result = serving_settings.apply(plan, given(serving_settings.META, tmp_path, [], choices=choices))
    options = onnx_runtime.load(result.model, result.inference).session.get_session_options()

    assert told == (result.inference.thread_count, result.inference.spins, result.inference.arena)
    assert told[0] == options.intra_op_num_threads
    assert told[2] == options.enable_cpu_mem_arena
    assert str(int(told[1])) == options.get_session_config_entry("session.intra_op.allow_spinning")


@pytest.mark.parametrize(
    ("inference", "why"),
    [
        (Inference(runtime="onnxruntime"), "with one thread none waits"),
        (Inference(runtime="openvino", thread_count=2), "sleep while idle as they are"),
    ],
)
def test_where_there_is_nothing_to_set_it_declines(tmp_path: Path, inference: Inference, why: str) -> None:
    plan = Plan(model=OnnxModel(path=tmp_path / "model.onnx"), inference=inference)

    assert why in serving_settings.check(plan, this_machine()).reason
