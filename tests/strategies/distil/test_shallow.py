"""Shallow networks learn what is easy, and read what the larger one reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from greenwright.machine import this_machine
from greenwright.strategies import shallow_models
from greenwright.strategies.contract import Given, NotApplicableError, Plan, defaults
from greenwright.strategies.distil import shallow
from greenwright.testing import zoo
from greenwright.testing.strategies import Applied, StrategyContract, answers, given

QUICK = defaults(shallow.META) | {"epoch_count": 1}


class TestContract(StrategyContract):
    strategy = shallow

    def plan(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.conv_net())

    def declined(self, tmp_path: Path) -> Plan:
        return Plan(model=nn.Sequential(nn.Flatten(), nn.Linear(64, 10)))

    def given(self, work_dir: Path, plan: Plan) -> Given:
        return given(shallow.META, work_dir, zoo.digit_batches(), choices=QUICK, teacher=plan.model)

    def test_it_says_what_it_reads(self, applied: Applied) -> None:
        assert "numbers" in applied.result.notes[-1]


class TestContractOnWords(StrategyContract):
    strategy = shallow

    def plan(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.transformer())

    def declined(self, tmp_path: Path) -> Plan:
        return Plan(model=nn.Sequential(nn.Flatten(), nn.Linear(64, 10)))

    def given(self, work_dir: Path, plan: Plan) -> Given:
        return given(shallow.META, work_dir, zoo.sentence_batches(), choices=QUICK, teacher=plan.model)

    def test_its_table_is_narrow(self, applied: Applied) -> None:
        assert applied.result.model.table.weight.shape == (zoo.SYMBOL_COUNT, shallow_models.WORD_WIDTH)


def test_it_reads_most_digits(trained: nn.Module, tmp_path: Path) -> None:
    handed = given(
        shallow.META, tmp_path, zoo.digit_batches(1024), choices={"epoch_count": 30, "learning_rate": 0.1}, teacher=trained
    )
    made = shallow.apply(Plan(model=trained), handed)
    ((images, targets),) = zoo.digit_batches(400, 400, start=1200)

    assert (answers(made, images).argmax(1) == targets).mean() > 0.8


def test_without_a_loss_it_learns_the_models_answers(trained: nn.Module, tmp_path: Path) -> None:
    handed = given(
        shallow.META,
        tmp_path,
        zoo.digit_batches(1024),
        choices={"epoch_count": 20, "learning_rate": 0.1},
        teacher=trained,
        loss=None,
    )
    made = shallow.apply(Plan(model=trained), handed)
    ((images, _),) = zoo.digit_batches(400, 400, start=1200)

    assert (answers(made, images).argmax(1) == answers(Plan(model=trained), images).argmax(1)).mean() > 0.75


def test_folding_the_table_changes_no_answer() -> None:
    torch.manual_seed(0)
    made = shallow_models.Words(torch.randn(50, 20), "ids", "", 3).eval()
    ids = torch.randint(0, 50, (4, 7))
    before = made(ids=ids)

    torch.testing.assert_close(before, made.folded()(ids=ids))


def test_what_a_mask_hides_changes_no_answer() -> None:
    torch.manual_seed(0)
    made = shallow_models.Words(torch.randn(50, 20), "ids", "mask", 3).eval()
    ids = torch.randint(0, 50, (4, 7))
    padded, mask = torch.cat([ids, torch.full((4, 3), 9)], 1), torch.tensor([[1] * 7 + [0] * 3] * 4)

    torch.testing.assert_close(made(ids=ids, mask=torch.ones_like(ids)), made(ids=padded, mask=mask))


def test_large_pictures_are_halved_thrice() -> None:
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5))
    made = shallow_models.shallow(network, [torch.zeros(2, 3, 32, 40)])

    assert isinstance(made, shallow_models.Pictures)
    assert made(torch.zeros(2, 3, 32, 40)).shape == (2, 5)


@pytest.mark.parametrize(
    ("network", "samples"),
    [
        (nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2)), [torch.zeros(2, 3, 4)]),
        (nn.Sequential(nn.AdaptiveAvgPool1d(4), nn.Flatten(), nn.Linear(4, 2)), [torch.zeros(2, 1, 9), torch.zeros(2, 1, 8)]),
    ],
)
def test_inputs_of_no_kind_it_knows_are_refused(network: nn.Module, samples: list[Any]) -> None:
    with pytest.raises(NotApplicableError):
        shallow_models.shallow(network, samples)


def test_an_onnx_file_is_not_taught(conv_file: Plan) -> None:
    assert "ONNX file" in shallow.check(conv_file, this_machine()).reason
