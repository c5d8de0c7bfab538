"""A teacher is asked once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from greenwright.strategies import teaching
from greenwright.strategies.contract import Given
from greenwright.strategies.prune import heads_and_neurons
from greenwright.testing import zoo
from greenwright.testing.strategies import given


class Counted(nn.Module):
    """Counts the examples it was asked about."""

    def __init__(self, *, wide: bool = False) -> None:
        super().__init__()
        self.seen: list[int] = []
        self.inner, self.wide = zoo.transformer(), wide

    def __deepcopy__(self, _: Any) -> Counted:
        return self

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        self.seen.append(len(input_ids))
        if self.wide:
            return input_ids.float()
        answered: torch.Tensor = self.inner(input_ids, attention_mask)["logits"]
        return answered


def handed(folder: Path, teacher: nn.Module) -> Given:
    return given(heads_and_neurons.META, folder, zoo.sentence_batches(), teacher=teacher)


def batches() -> list[dict[str, torch.Tensor]]:
    return [{name: torch.as_tensor(array) for name, array in inputs.items()} for inputs, _ in zoo.sentence_batches()]


def test_what_was_answered_in_one_trial_is_known_in_the_next(tmp_path: Path) -> None:
    module = Counted()
    told = handed(tmp_path, module)
    first = [teaching.Teacher(module, told)(inputs) for inputs in batches()]
    again = teaching.Teacher(module, told)

    assert sum(module.seen) == len(zoo.SENTENCES)
    for inputs, answers in zip(batches(), first, strict=True):
        torch.testing.assert_close(again(inputs), answers)
    assert sum(module.seen) == len(zoo.SENTENCES)


def test_padding_makes_no_other_example(tmp_path: Path) -> None:
    module = Counted()
    teacher = teaching.Teacher(module, handed(tmp_path, module))
    inputs = batches()[0]
    answers = teacher(inputs)
    padded = {name: nn.functional.pad(array, (0, 7)) for name, array in inputs.items()}

    torch.testing.assert_close(teacher(padded), answers)
    assert sum(module.seen) == len(answers)


def test_answers_as_long_as_their_batch_are_asked_for_anew(tmp_path: Path) -> None:
    module = Counted(wide=True)
    teacher = teaching.Teacher(module, handed(tmp_path, module))
    inputs = batches()[0]
    teacher({name: array[:2] for name, array in inputs.items()})
    padded = {name: nn.functional.pad(array, (0, 7)) for name, array in inputs.items()}

    assert teacher(padded).shape == padded["input_ids"].shape
    assert not teacher.remembers


def test_answers_that_would_fill_the_memory_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teaching, "MOST_KEPT_BYTES", 8)
    module = Counted()
    teacher = teaching.Teacher(module, handed(tmp_path, module))
    teacher(batches()[0])

    assert not teacher.known


def test_a_student_learns_from_inputs_without_targets_alone(tmp_path: Path) -> None:
    teacher = zoo.transformer()
    student: Any = zoo.transformer()
    with torch.no_grad():
        student.head.weight.add_(0.3 * torch.randn(student.head.weight.shape, generator=torch.Generator().manual_seed(0)))
    told = handed(tmp_path, teacher)
    told = replace(
        told, training=None, training_step_count=0, choices=dict(told.choices) | {"epoch_count": 20, "learning_rate": 0.1}
    )

    def gap() -> float:
        with torch.no_grad():
            return float(np.mean([(student(**i)["logits"] - teacher(**i)["logits"]).square().mean() for i in batches()]))

    before, table = gap(), student.embedding.weight.clone()
    teaching.recover(student, teacher, told)

    assert gap() < before / 2
    assert torch.equal(table, student.embedding.weight)
