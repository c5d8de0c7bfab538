"""Students learn what their teacher answers."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from greenwright.machine import this_machine
from greenwright.records.study import Step
from greenwright.strategies.contract import Given, Plan, defaults
from greenwright.strategies.distil import soft_targets
from greenwright.strategies.teaching import answer_loss
from greenwright.testing import zoo
from greenwright.testing.strategies import Applied, StrategyContract, answers, given

QUICK = defaults(soft_targets.META) | {"epoch_count": 1}
PRUNED = Step(strategy="structured-channels", title="Remove the weakest channels", stage="prune")


class TestContract(StrategyContract):
    strategy = soft_targets

    def plan(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net())

    def declined(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.gru())

    def given(self, work_dir: Path, plan: Plan) -> Given:
        return given(soft_targets.META, work_dir, zoo.digit_batches(), choices=QUICK, teacher=plan.model)

    def test_the_student_is_slimmer_than_its_teacher(self, applied: Applied) -> None:
        teacher, student = (sum(map(torch.numel, plan.model.parameters())) for plan in (applied.plan, applied.result))

        assert student < 0.8 * teacher


def taught(trained: nn.Module, work_dir: Path, **changes: object) -> Given:
    usual: dict[str, object] = {"choices": QUICK | {"epoch_count": 4, "learning_rate": 0.1}, "teacher": trained}
    return given(soft_targets.META, work_dir, zoo.digit_batches(1024), **(usual | changes))


def agreement(plan: Plan, teacher: nn.Module) -> float:
    ((images, _),) = zoo.digit_batches(400, 400, start=1200)
    return float((answers(plan, images).argmax(1) == answers(Plan(model=teacher), images).argmax(1)).mean())


def test_the_soft_loss_is_the_divergence_of_tempered_answers() -> None:
    temperature, student, teacher = 2.0, [1.0, 0.0], [3.0, -1.0]

    def tempered(logits: list[float]) -> list[float]:
        powers = [math.exp(logit / temperature) for logit in logits]
        return [power / sum(powers) for power in powers]

    expected = sum(q * math.log(q / p) for q, p in zip(tempered(teacher), tempered(student), strict=True)) * temperature**2
    found = answer_loss(torch.tensor([student]), torch.tensor([teacher]), temperature, classifies=True)

    assert found.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("shape", [(6, 3), (2, 3, 3)])
def test_the_soft_loss_is_a_mean_over_examples_and_positions(shape: tuple[int, ...]) -> None:
    outputs, answered = torch.tensor([[1.0, 0.0, 2.0]]), torch.tensor([[3.0, -1.0, 0.0]])
    of_one = answer_loss(outputs, answered, 2.0, classifies=True)
    of_many = answer_loss(outputs.expand(6, 3).reshape(shape), answered.expand(6, 3).reshape(shape), 2.0, classifies=True)

    assert of_many.item() == pytest.approx(of_one.item(), rel=1e-5)


def test_a_student_that_answers_as_its_teacher_has_nothing_to_learn() -> None:
    logits = torch.tensor([[0.5, -2.0, 1.0], [0.0, 4.0, 0.0]])

    assert answer_loss(logits, logits, 4.0, classifies=True).item() == pytest.approx(0.0, abs=1e-6)
    assert 0.0 == answer_loss(logits, logits, 4.0, classifies=False).item()


@pytest.mark.parametrize("shape", [(2,), (2, 1)])
def test_one_logit_stands_for_two_classes(shape: tuple[int, ...]) -> None:
    outputs, answered = torch.tensor([1.0, -2.0]).reshape(shape), torch.tensor([3.0, 0.5]).reshape(shape)
    of_two = answer_loss(torch.tensor([[0.0, 1.0], [0.0, -2.0]]), torch.tensor([[0.0, 3.0], [0.0, 0.5]]), 2.0, classifies=True)

    assert answer_loss(outputs, answered, 2.0, classifies=True).item() == pytest.approx(of_two.item())
    assert of_two.item() > 0


def test_regression_is_taught_by_the_squared_distance() -> None:
    outputs, answered = torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, 4.0]])

    assert answer_loss(outputs, answered, 4.0, classifies=False).item() == pytest.approx((1 + 4) / 2)


def test_a_student_learns_without_labels_or_loss(trained: nn.Module, tmp_path: Path) -> None:
    handed = taught(trained, tmp_path, loss=None)
    untaught = soft_targets.apply(Plan(model=trained), replace(handed, choices=handed.choices | {"epoch_count": 0}))
    result = soft_targets.apply(Plan(model=trained), handed)

    assert agreement(untaught, trained) < agreement(result, trained)
    assert agreement(result, trained) > 0.85


def test_a_student_that_the_user_brought_is_taught(trained: nn.Module, tmp_path: Path) -> None:
    brought: Any = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    before = brought[1].weight.detach().clone()
    result = soft_targets.apply(Plan(model=trained), taught(trained, tmp_path, choices=QUICK, student=brought))

    assert ("the student was brought by the workload",) == result.notes
    assert [type(layer) for layer in brought] == [type(layer) for layer in result.model]
    assert not torch.equal(before, result.model[1].weight)
    assert torch.equal(before, brought[1].weight)


def test_a_pruned_model_is_its_own_student(trained: nn.Module, tmp_path: Path) -> None:
    plan = Plan(model=zoo.conv_net(), history=(PRUNED,))
    result = soft_targets.apply(plan, taught(trained, tmp_path, choices=QUICK))

    assert soft_targets.check(Plan(model=zoo.gru(), history=(PRUNED,)), this_machine()).applies
    assert ("the pruned model was the student",) == result.notes
    assert [value.shape for value in plan.model.parameters()] == [value.shape for value in result.model.parameters()]


def test_the_teacher_is_asked_as_it_would_serve(tmp_path: Path) -> None:
    # In training mode its normalisations would follow the student's batches.
    teacher: Any = zoo.conv_net().train()
    means = teacher[1].running_mean.clone()
    soft_targets.apply(Plan(model=zoo.conv_net(), history=(PRUNED,)), taught(teacher, tmp_path, choices=QUICK))

    assert teacher.training
    np.testing.assert_array_equal(means, teacher[1].running_mean)
