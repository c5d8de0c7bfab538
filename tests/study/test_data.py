from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, IterableDataset, SubsetRandomSampler, TensorDataset

from greenwright.errors import BadInputError
from greenwright.study.data import split_of, stack_examples, unlabelled_of

INPUTS = np.arange(12, dtype=np.float32).reshape(6, 2)
TARGETS = np.array([0, 1, 2, 0, 1, 2])
PAIRS = list(zip(INPUTS, TARGETS, strict=True))
MAPPINGS = [{"input_ids": row, "mask": row > 0, "labels": target} for row, target in PAIRS]


class Stream(IterableDataset[Any]):
    def __iter__(self) -> Iterator[Any]:
        return iter(PAIRS)


class Slices:
    """A data set that knows only how many it has and what each is."""

    def __len__(self) -> int:
        return len(PAIRS)

    def __getitem__(self, index: int) -> Any:
        return PAIRS[index]


TENSORS = TensorDataset(torch.tensor(INPUTS), torch.tensor(TARGETS))


@pytest.mark.parametrize(
    "given",
    [
        PAIRS,
        (INPUTS, TARGETS),
        TENSORS,
        Slices(),
        iter(PAIRS),
        DataLoader(TENSORS, batch_size=4, shuffle=True),
        DataLoader(Stream(), batch_size=4),
        [list(pair) for pair in PAIRS],
    ],
    ids=["list", "arrays", "dataset", "sequence", "iterator", "loader", "loader of a stream", "list of lists"],
)
def test_examples_come_in_their_own_order_however_they_were_handed_over(given: Any) -> None:
    split = split_of("validation", given)

    batches = list(split.batches(4))

    assert len(split) == 6
    assert [len(targets) for _, targets in batches] == [4, 2]
    assert np.concatenate([np.asarray(inputs) for inputs, _ in batches]).tolist() == INPUTS.tolist()
    assert np.concatenate([np.asarray(targets) for _, targets in batches]).tolist() == TARGETS.tolist()


@pytest.mark.parametrize(
    "given",
    [
        MAPPINGS,
        DataLoader(MAPPINGS, batch_size=2),  # type: ignore[arg-type]  # a list is data set enough for PyTorch
        ({"input_ids": INPUTS, "mask": INPUTS > 0}, TARGETS),
        {"input_ids": INPUTS, "mask": INPUTS > 0, "labels": TARGETS},
    ],
    ids=["list", "loader", "pair", "mapping of columns"],
)
def test_inputs_by_name_are_told_from_their_labels(given: Any) -> None:
    inputs, targets = next(split_of("test", given).batches(6))

    assert sorted(inputs) == ["input_ids", "mask"]
    assert np.asarray(inputs["input_ids"]).tolist() == INPUTS.tolist()
    assert np.asarray(targets).tolist() == TARGETS.tolist()


@pytest.mark.parametrize("name", ["labels", "label", "targets", "target"])
def test_any_usual_name_for_labels_is_known(name: str) -> None:
    inputs, targets = stack_examples([{"x": 1.0, name: 3}])

    assert list(inputs) == ["x"]
    assert targets.tolist() == [3]


def test_a_loader_keeps_its_batch_size_and_its_collate_function() -> None:
    loader = DataLoader(TENSORS, batch_size=3, collate_fn=lambda items: ("made", len(items)))

    split = split_of("train", loader)

    assert split.batch_size == 3
    assert next(split.batches(5)) == ("made", 5)


def test_the_workload_s_collate_function_comes_before_the_loader_s() -> None:
    split = split_of("train", DataLoader(TENSORS, batch_size=3), lambda items: ("ours", len(items)))

    assert next(split.batches(2)) == ("ours", 2)


def test_a_loader_that_samples_a_part_holds_only_that_part() -> None:
    """Validation and test are often two samplers over one data set; neither may see the other's examples."""
    split = split_of("validation", DataLoader(TENSORS, sampler=SubsetRandomSampler([4, 1])))

    assert len(split) == 2
    assert next(split.batches(2))[1].tolist() == [1, 1]
    assert next(split.first(1).batches(1))[0].tolist() == [INPUTS[4].tolist()]


def test_inputs_of_unequal_length_are_padded_with_zeros() -> None:
    inputs, targets = stack_examples([(np.array([1, 2, 3]), 0), (np.array([4]), 1)])

    assert inputs.tolist() == [[1, 2, 3], [4, 0, 0]]
    assert targets.tolist() == [0, 1]


def test_every_array_of_unequal_examples_is_padded_by_itself() -> None:
    short = {"ids": np.ones((1, 2), dtype=np.int64), "mask": np.ones(1, dtype=np.int64), "labels": 0}
    long = {"ids": np.ones((3, 2), dtype=np.int64), "mask": np.ones(3, dtype=np.int64), "labels": 1}

    inputs, _ = stack_examples([short, long])

    assert inputs["ids"].shape == (2, 3, 2)
    assert inputs["mask"].tolist() == [[1, 0, 0], [1, 1, 1]]
    assert inputs["ids"].dtype == np.int64


def test_several_inputs_an_example_stay_several() -> None:
    inputs, targets = stack_examples([((INPUTS[0], 1.0), 0), ((INPUTS[1], 2.0), 1)])

    assert isinstance(inputs, tuple)
    assert inputs[0].tolist() == INPUTS[:2].tolist()
    assert inputs[1].tolist() == [1.0, 2.0]
    assert targets.tolist() == [0, 1]


def test_batches_follow_the_order_asked_for() -> None:
    split = split_of("train", PAIRS)

    assert [targets.tolist() for _, targets in split.batches(2, [5, 0, 2])] == [[2, 0], [2]]


def test_the_first_few_are_a_split_of_their_own() -> None:
    first = split_of("train", PAIRS).first(2)

    assert len(first) == 2
    assert len(first.first(9)) == 2


@pytest.mark.parametrize("given", [[], (INPUTS[:0], TARGETS[:0]), iter([])], ids=["list", "arrays", "iterator"])
def test_an_empty_set_is_refused_by_name(given: Any) -> None:
    with pytest.raises(BadInputError, match="the test set is empty"):
        split_of("test", given)


def test_inputs_and_targets_of_unequal_number_are_refused_with_both_numbers() -> None:
    with pytest.raises(BadInputError, match=r"differ in length: \[5, 6\]"):
        split_of("test", (INPUTS, TARGETS[:5]))
    with pytest.raises(BadInputError, match=r"differ in length: \[5, 6\]"):
        split_of("test", {"ids": INPUTS, "mask": INPUTS[:5], "labels": TARGETS})


def test_something_that_holds_no_examples_is_refused_by_its_type() -> None:
    with pytest.raises(BadInputError, match="the test set is a int: hand over a data set, a loader or"):
        split_of("test", 3)


@pytest.mark.parametrize("given", [[1.0, 2.0], [{"x": 1.0}], DataLoader(torch.utils.data.TensorDataset(torch.ones(3)))])
def test_examples_without_a_target_are_refused(given: Any) -> None:
    with pytest.raises(BadInputError, match="an example must be"):
        next(split_of("validation", given).batches(1))


def test_a_data_set_that_breaks_is_named_with_the_examples_it_broke_at() -> None:
    class Torn(Slices):
        def __getitem__(self, index: int) -> Any:
            if index == 3:
                raise OSError("picture 3 is truncated")
            return PAIRS[index]

    batches = split_of("validation", Torn()).batches(2)
    next(batches)

    with pytest.raises(BadInputError, match="validation set fails at its examples 2 to 3: OSError: picture 3 is truncated"):
        next(batches)


ROWS = np.arange(12, dtype=np.float32).reshape(6, 2)


@pytest.mark.parametrize(
    ("labelled", "given", "inputs"),
    [
        (PAIRS, ROWS, ROWS),
        (PAIRS, list(ROWS), ROWS),
        (PAIRS, torch.tensor(ROWS), ROWS),
        (PAIRS, (row for row in ROWS), ROWS),
        (PAIRS, PAIRS, INPUTS),
        (PAIRS, DataLoader(TENSORS, batch_size=4), INPUTS),
        ([((row, row), target) for row, target in PAIRS], (ROWS, ROWS), (ROWS, ROWS)),
        ([({"a": row}, target) for row, target in PAIRS], {"a": ROWS}, {"a": ROWS}),
        (MAPPINGS, [{"input_ids": row, "mask": row > 0} for row in ROWS], {"input_ids": ROWS, "mask": ROWS > 0}),
    ],
    ids=["array", "list", "tensor", "stream", "pairs", "loader", "two inputs", "by name", "mappings"],
)
def test_inputs_without_targets_come_as_the_labelled_ones_do(labelled: Any, given: Any, inputs: Any) -> None:
    from greenwright.batches import each, named

    split = unlabelled_of(given, split_of("validation", labelled))
    found, _ = next(split.batches(6))

    for name, array in named(inputs).items():
        np.testing.assert_array_equal(named(each(np.asarray, found))[name], array)


@pytest.mark.parametrize(("given", "said"), [([], "is empty"), (7, "is a int"), ((ROWS, ROWS[:2]), "differ in length")])
def test_what_is_no_set_of_inputs_is_refused(given: Any, said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        unlabelled_of(given, split_of("validation", PAIRS))
