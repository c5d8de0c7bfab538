"""Prompts have the length asked for, and each phase does its own work and no more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from greenwright.deploy.decoding import Reached
from greenwright.errors import BadInputError
from greenwright.study.data import split_of
from greenwright.study.generation import Generation, decode_work, prefill_work, prompts, text_latencies, varied, whole_work
from greenwright.study.workload import Workload
from greenwright.testing import zoo

ASKED = Generation(prompt_tokens=10, new_tokens=5)


@dataclass
class Counting:
    """A decoder that only keeps count."""

    read: list[tuple[int, ...]] = field(default_factory=list)
    steps: int = 0
    begun_again: int = 0

    def prepare(self, prompt: Any) -> Any:
        return prompt

    def prefill(self, prepared: Any) -> Reached:
        self.read.append(np.shape(prepared))
        return Reached(tokens=None, cache=None, seen_count=0)

    def step(self, reached: Reached) -> Reached:
        self.steps += 1
        return reached

    def again(self, reached: Reached) -> Reached:
        self.begun_again += 1
        return reached

    def cache_bytes(self, reached: Reached) -> int:
        return 0


def test_prompts_have_the_length_and_the_batch_asked_for_whatever_the_examples_have() -> None:
    split = split_of("validation", [(row[: 3 + number % 4], 0) for number, row in enumerate(zoo.word_rows(40, 9))])

    made = prompts(split, ASKED, 3)

    assert [(3, 10)] == [prompt.shape for prompt in made]
    first = np.concatenate([example for example, _ in split.examples])[:10]
    np.testing.assert_array_equal(first, made[0][0])


def test_what_is_masked_is_no_part_of_a_prompt_and_a_prompt_is_seen_whole() -> None:
    ids, mask = np.array([[5, 6, 0, 0], [7, 8, 9, 0]]), np.array([[1, 1, 0, 0], [1, 1, 1, 0]])
    split = split_of("validation", ({"input_ids": ids, "attention_mask": mask}, np.zeros(2)))

    prompt = prompts(split, Generation(prompt_tokens=4, new_tokens=2), 1)[0]

    np.testing.assert_array_equal([[5, 6, 7, 8]], prompt["input_ids"])
    np.testing.assert_array_equal([[1, 1, 1, 1]], prompt["attention_mask"])


def test_examples_that_are_no_words_are_refused_with_what_they_are() -> None:
    split = split_of("validation", [(np.ones((3, 8, 8), dtype=np.float32), 0)])

    with pytest.raises(BadInputError, match=r"input has the shape \(3, 8, 8\) and the type float32"):
        prompts(split, ASKED, 1)


def test_a_whole_text_is_one_prefill_and_a_step_for_every_token_but_the_first() -> None:
    decoder, given = Counting(), [np.zeros((2, 10)), np.zeros((2, 10))]

    whole_work(decoder, given, ASKED)()

    assert decoder.read == [(2, 10), (2, 10)]
    assert decoder.steps == 2 * 4


def test_prefill_makes_no_step_and_decode_reads_no_prompt_while_it_is_measured() -> None:
    decoder, given = Counting(), [np.zeros((2, 10))]
    prefill_work(decoder, given)()
    assert (decoder.read, decoder.steps) == ([(2, 10)], 0)

    decode = decode_work(decoder, given, ASKED)
    read_before = len(decoder.read)
    decode()
    decode()

    assert len(decoder.read) == read_before
    assert (decoder.steps, decoder.begun_again) == (8, 2)


def test_latency_is_that_of_whole_texts() -> None:
    decoder = Counting()

    p50, p95 = text_latencies(decoder, [np.zeros((1, 10))], ASKED)

    assert 0 < p50 <= p95
    assert decoder.steps == 4 * len(decoder.read)


def test_an_exporter_is_shown_two_texts_however_few_there_are() -> None:
    assert varied({"input_ids": np.ones((1, 3), dtype=int)})["input_ids"].shape == (2, 7)


@pytest.mark.parametrize(("prompt_tokens", "new_tokens"), [(0, 5), (5, 1)])
def test_nothing_to_read_or_to_say_is_refused(prompt_tokens: int, new_tokens: int) -> None:
    with pytest.raises(BadInputError, match="_tokens must be"):
        Generation(prompt_tokens=prompt_tokens, new_tokens=new_tokens)


def test_the_unit_of_a_workload_that_generates_is_a_token_unless_it_says_otherwise() -> None:
    rows = zoo.word_rows(4, 9)
    sets: Any = {"model": zoo.decoder(), "validation": (rows, rows), "test": (rows[:2], rows[:2])}

    assert Workload(**sets, generate=ASKED).unit == "1 generated token"
    assert Workload(**sets, generate=ASKED, unit="1 word").unit == "1 word"
    assert Workload(**sets).unit == "1 example"
