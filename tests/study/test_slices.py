"""The parts of a test set are judged by themselves, and the worst of them can be guarded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import greenwright
from greenwright import BadInputError, Limits, Workload
from greenwright.records.study import Outcome
from greenwright.study import slices
from greenwright.study.data import split_of
from greenwright.study.quality import NAMED
from greenwright.study.slices import labels, slice_proofs, within

ROWS = np.arange(12, dtype=np.float32).reshape(6, 2)
TARGETS = np.array([0, 1, 2, 0, 1, 2])


def test_a_class_is_the_target_s() -> None:
    assert ["class 0", "class 1", "class 2"] * 2 == labels(split_of("test", (ROWS, TARGETS)), "class")


def test_a_length_is_what_the_mask_lets_through_in_quarters_of_the_examples() -> None:
    mask = np.array([[1] * length + [0] * (9 - length) for length in range(1, 9)])
    split = split_of("test", ({"input_ids": mask, "attention_mask": mask}, np.zeros(8)))

    assert labels(split, "length") == [
        *["length up to 2"] * 2,
        *["length 3 to 4"] * 2,
        *["length 5 to 6"] * 2,
        *["length 7 to 8"] * 2,
    ]


def test_without_a_mask_the_second_axis_counts() -> None:
    split = split_of("test", [(np.ones(length, dtype=np.float32), 0) for length in (2, 2, 7, 7)])

    assert 2 == len(set(labels(split, "length")))


def test_a_function_names_slices_as_it_likes_and_a_group_goes_by_its_first() -> None:
    split = split_of("test", (ROWS, TARGETS))

    assert ["low", "low", "high"] == labels(split, lambda row, _: "low" if row.mean() < 6 else "high", group_size=2)


def test_of_too_many_slices_the_smallest_share_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "MOST_SLICES", 2)
    split = split_of("test", (ROWS, np.array([0, 0, 0, 1, 1, 2])))

    assert ["class 0"] * 3 + ["class 1"] * 2 + ["other"] == labels(split, "class")


@pytest.mark.parametrize(
    ("slicing", "said"),
    [
        (lambda row, target: row["sex"], "the workload's slices failed on an example: IndexError"),
        ("colour", "no slices are called 'colour'; there are class, length"),
    ],
)
def test_slices_that_cannot_be_told_apart_are_refused(slicing: Any, said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        labels(split_of("test", (ROWS, TARGETS)), slicing)


def test_slices_by_class_need_labels_and_slices_by_length_need_sequences() -> None:
    with pytest.raises(BadInputError, match="need one label an example"):
        labels(split_of("test", (ROWS, ROWS)), "class")
    with pytest.raises(BadInputError, match="need sequences"):
        labels(split_of("test", (ROWS[:, 0], TARGETS)), "length")


def answers(right: np.ndarray[Any, Any], targets: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Logits that are right where asked."""
    return np.eye(2)[np.where(right, targets, 1 - targets)]


def test_the_slice_that_lost_most_comes_first_and_is_what_a_limit_holds() -> None:
    targets = np.repeat([0, 1], [900, 100])
    before, after = np.ones(1000, dtype=bool), np.ones(1000, dtype=bool)
    after[900:930] = False  # a minority loses 30 points, and the whole only 3
    names = ["many"] * 900 + ["few"] * 100

    proofs = slice_proofs(NAMED["accuracy"], answers(before, targets), answers(after, targets), targets, names)

    assert ["few", "many"] == [one.name for one in proofs]
    assert [100, 900] == [one.example_count for one in proofs]
    assert proofs[0].drop is not None
    assert 0.3 == pytest.approx(proofs[0].drop.value)
    assert proofs[0].drop.high > 0.3
    assert within(proofs, None)
    assert within(proofs, 0.5)
    assert not within(proofs, 0.3)


def test_groups_stay_together_within_a_slice() -> None:
    targets = np.tile([0, 1], 40)
    right = answers(np.ones(80, dtype=bool), targets)

    proofs = slice_proofs(NAMED["accuracy"], right, right, targets, ["a", "b"] * 20, group_size=2)

    assert [40, 40] == [one.example_count for one in proofs]


def test_a_metric_that_a_slice_does_not_define_is_said_and_guards_nothing() -> None:
    outputs = np.arange(8, dtype=float)
    targets = np.array([1.0, 1, 1, 1, 4, 2, 3, 5])

    with np.errstate(all="ignore"):
        proofs = slice_proofs(NAMED["pearson"], outputs, outputs, targets, ["flat"] * 4 + ["steep"] * 4)

    assert {"flat": True, "steep": False} == {one.name: one.drop is None for one in proofs}
    assert within(proofs, 10.0)


# --- in a study ---


class Forgets(nn.Module):
    """Answers as the network does, but never that it is a nine."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        logits = self.network(rows)
        return torch.cat([logits[:, :9], logits[:, 9:] - 100.0], 1)


@pytest.mark.usefixtures("hurry")
def test_a_study_reports_slices_and_refuses_what_hurts_one_of_them(
    workload: Workload, add_strategy: Any, tmp_path: Path, small: nn.Module
) -> None:
    forgetful = add_strategy("forget", lambda plan, given: replace(plan, model=Forgets(small)))
    sliced = replace(workload, slices="class")
    limits = Limits(max_drop=0.25, time_s=60, strategies=(forgetful,))

    told = greenwright.optimize(sliced, limits=limits, out=tmp_path / "told")
    held = greenwright.optimize(sliced, limits=replace(limits, max_slice_drop=0.4), out=tmp_path / "held")

    assert told.certificate is not None
    assert "class 9" == told.certificate.quality.slices[0].name
    assert 497 == sum(one.example_count for one in told.certificate.quality.slices)
    assert "class 9" in (tmp_path / "told" / "report.html").read_text(encoding="utf-8")
    assert any("was not held to a limit" in line for line in told.certificate.not_proven)
    assert held.record.outcome is Outcome.KEEP
    assert "on class 9" in " ".join(held.record.reasons)
    assert "the limit for a slice is 40 points" in " ".join(held.record.reasons)


@pytest.mark.usefixtures("hurry")
def test_a_limit_for_slices_without_slices_is_refused(workload: Workload, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="max_slice_drop guards slices, and the workload names none"):
        greenwright.optimize(workload, limits=Limits(max_slice_drop=0.05), out=tmp_path / "out")


@pytest.mark.usefixtures("hurry")
def test_a_limit_that_a_slice_is_too_small_for_is_refused_before_anything_is_spent(workload: Workload, tmp_path: Path) -> None:
    sliced = replace(workload, slices="class")

    with pytest.raises(BadInputError, match=r"max_slice_drop 0.02 cannot be proven on class 3: with 39 test .* takes 149\."):
        greenwright.optimize(sliced, limits=Limits(max_slice_drop=0.02), out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("count", "limit", "refused"), [(149, 0.02, False), (148, 0.02, True), (10_000, 0.0, True), (1, 1.0, False)]
)
def test_how_many_examples_a_slice_needs_is_that_of_the_exact_bound(count: int, limit: float, *, refused: bool) -> None:
    names = ["few"] * count + ["many"] * 20_000
    if refused:
        with pytest.raises(BadInputError, match="cannot be proven on few"):
            slices.refuse_unprovable(names, limit, 0.95)
    else:
        slices.refuse_unprovable(names, limit, 0.95)
