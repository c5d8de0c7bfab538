"""What fine-tuning learns from."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from greenwright.study.curriculum import Curriculum
from greenwright.study.data import split_of, unlabelled_of

RNG = np.random.default_rng(0)
SENTENCES = [({"input_ids": RNG.integers(1, 9, RNG.integers(1, 40))}, index) for index in range(200)]


def padding_share(curriculum: Curriculum) -> float:
    batches = [inputs["input_ids"] for inputs, _ in curriculum.labelled()]
    return float(np.mean([float((batch == 0).float().mean()) for batch in batches]))


def seen(curriculum: Curriculum) -> list[int]:
    return sorted(int(target) for _, targets in curriculum.labelled() for target in targets)


def train(examples: Any, size: int = 10) -> Any:
    made = split_of("train", examples)
    return type(made)(name="train", examples=made.examples, collate=made.collate, batch_size=size)


def test_sentences_of_a_batch_are_alike_in_length_and_none_is_left_out() -> None:
    curriculum = Curriculum(train=train(SENTENCES), unlabelled=None)

    assert padding_share(curriculum) < 0.15
    assert list(range(200)) == seen(curriculum)
    assert curriculum.labelled_step_count == curriculum.step_count == 20


def test_every_epoch_has_another_order_which_the_seed_decides() -> None:
    curriculum = Curriculum(train=train(SENTENCES), unlabelled=None)

    def order(seed: int) -> list[int]:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return [int(target) for _, targets in curriculum.labelled() for target in targets]

    assert order(0) == order(0) != order(1)
    assert order(0) != sorted(order(0))


def test_inputs_without_targets_stand_among_the_others() -> None:
    labelled = train(SENTENCES[:100])
    curriculum = Curriculum(train=labelled, unlabelled=unlabelled_of([inputs for inputs, _ in SENTENCES[100:]], labelled))
    targets = [targets for _, targets in curriculum.everything()]

    assert curriculum.step_count == len(targets) == 20
    assert 10 == sum(one is None for one in targets)
    assert list(range(100)) == seen(curriculum)


def test_without_a_train_set_everything_is_unlabelled() -> None:
    like = train(SENTENCES)
    curriculum = Curriculum(train=None, unlabelled=unlabelled_of([inputs for inputs, _ in SENTENCES], like))

    assert not curriculum.labelled_step_count
    assert [None] * 20 == [targets for _, targets in curriculum.everything()]


def test_lengths_of_tensors_are_seen_as_those_of_arrays() -> None:
    lengths = [3, 9, 4, 8] * 40
    tensors = [({"input_ids": torch.ones(length, dtype=torch.int64)}, 0) for length in lengths]
    arrays = [({"input_ids": np.ones(length, dtype=np.int64)}, 0) for length in lengths]

    assert padding_share(Curriculum(train=train(tensors), unlabelled=None)) < 0.2
    assert padding_share(Curriculum(train=train(arrays), unlabelled=None)) < 0.2
