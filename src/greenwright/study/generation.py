"""Generate as serving does, and measure it: how prompts are made, and the work of a whole text, of its prefill and of its decode.

A unit of a study that generates is one new token. Prefill reads the whole prompt and names the first; decode is the steps after it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from greenwright.batches import Inputs, each, named
from greenwright.deploy.decoding import Decoder, Reached
from greenwright.errors import BadInputError
from greenwright.records.energy import Comparison
from greenwright.records.generation import Generated, PhaseFigures
from greenwright.study.data import Split

UNIT = "1 generated token"
PROMPT_BATCHES = 1
"""Batches of prompts a call: what a token costs does not depend on which it is, and a text takes long enough."""
TIMED_TEXTS, TIMED_S = 10, 10.0
FEWEST_TOKENS = 2
SHOWN_TOKENS = 7

Work = Callable[[], None]
Measure = Callable[[Work, Work, int], Comparison]
"""(baseline's, candidate's, units a call) -> both interleaved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """How long the texts are that a decoder is to read and to say.

    Raises:
        BadInputError: nothing to read, or no token after the first.
    """

    prompt_tokens: int = 128
    """Tokens of each prompt: cut from the validation examples, joined where one is too short."""
    new_tokens: int = 32
    """Tokens said of each text. The likeliest is always taken, and none ends it."""

    def __post_init__(self) -> None:
        """Refuse what cannot be generated."""
        if self.prompt_tokens < 1:
            raise BadInputError(f"prompt_tokens must be 1 or more, got {self.prompt_tokens}")
        if self.new_tokens < FEWEST_TOKENS:
            raise BadInputError(
                f"new_tokens must be {FEWEST_TOKENS} or more, got {self.new_tokens}: the first comes of prefill"
            )


def prompts(split: Split, asked: Generation, batch: int) -> list[Inputs]:
    """Batches of prompts, all of the length asked for, from the words of a split.

    Raises:
        BadInputError: the examples are no sequences of words.
    """
    inputs, _ = next(split.batches(1))
    name = next(iter(named(inputs)))
    words = np.concatenate([_words(split, index, name) for index in range(_needed(split, asked, batch, name))])
    count = PROMPT_BATCHES * batch
    rows = np.resize(words, (count, asked.prompt_tokens))
    return [_like(inputs, name, rows[start : start + batch]) for start in range(0, count, batch)]


def _needed(split: Split, asked: Generation, batch: int, name: str) -> int:
    """How many examples hold enough words; all, where they hold fewer."""
    longest = max(1, len(_words(split, 0, name)))
    return min(len(split), 4 * (1 + PROMPT_BATCHES * batch * asked.prompt_tokens // longest))


def _words(split: Split, index: int, name: str) -> Any:
    inputs, _ = next(split.batches(1, [index]))
    arrays = each(np.asarray, inputs)
    row = named(arrays)[name]
    if row.ndim != 2 or row.dtype.kind not in "iu":  # noqa: PLR2004  (batch, length)
        raise BadInputError(
            f"to generate, examples are sequences of words; {name} has the shape {row.shape[1:]} and the type {row.dtype}"
        )
    mask = named(arrays).get("attention_mask")
    return row[0] if mask is None else row[0][mask[0] > 0]


def _like(inputs: Inputs, name: str, rows: Any) -> Inputs:
    """The rows in the form that examples come in; whatever comes beside them is seen everywhere, as a mask is."""
    if not isinstance(inputs, dict):
        return rows if not isinstance(inputs, tuple) else (rows,)
    masks = {key: np.ones_like(rows) for key in inputs if key == "attention_mask"}
    return {name: rows, **masks}


def varied(prompt: Inputs) -> Inputs:
    """A batch of two prompts or more, of a few tokens, to show an exporter."""
    return each(lambda array: np.resize(array, (2, SHOWN_TOKENS)), prompt)


def whole_work(decoder: Decoder, given: Sequence[Inputs], asked: Generation, gap_s: float = 0.0) -> Work:
    """Read every prompt and say all tokens of it, with a pause after each text."""
    prepared = [decoder.prepare(prompt) for prompt in given]

    def once() -> None:
        for prompt in prepared:
            _say(decoder, decoder.prefill(prompt), asked)
            if gap_s:
                time.sleep(gap_s)

    return once


def prefill_work(decoder: Decoder, given: Sequence[Inputs]) -> Work:
    """Read every prompt."""
    prepared = [decoder.prepare(prompt) for prompt in given]

    def once() -> None:
        for prompt in prepared:
            decoder.prefill(prompt)

    return once


def decode_work(decoder: Decoder, given: Sequence[Inputs], asked: Generation) -> Work:
    """Say all tokens but the first of every text, from where prefill got to."""
    reached = [decoder.prefill(decoder.prepare(prompt)) for prompt in given]

    def once() -> None:
        for place in reached:
            _say(decoder, decoder.again(place), asked)

    return once


def _say(decoder: Decoder, reached: Reached, asked: Generation) -> Reached:
    for _ in range(asked.new_tokens - 1):
        reached = decoder.step(reached)
    return reached


def generated(  # noqa: PLR0913, PLR0917  two decoders, what they are asked, and how they are measured
    baseline: Decoder, candidate: Decoder, given: Sequence[Inputs], asked: Generation, batch: int, measure: Measure
) -> Generated:
    """Both phases of ``candidate``, each against the baseline's."""
    read_count, said_count = len(given) * batch * asked.prompt_tokens, len(given) * batch * (asked.new_tokens - 1)
    prefill = measure(prefill_work(baseline, given), prefill_work(candidate, given), read_count)
    decode = measure(decode_work(baseline, given, asked), decode_work(candidate, given, asked), said_count)
    first_s, next_s, cache_bytes = _timed(candidate, given, asked)
    return Generated(
        prompt_tokens=asked.prompt_tokens,
        new_tokens=asked.new_tokens,
        batch=batch,
        prefill=_phase(prefill, first_s),
        decode=_phase(decode, next_s),
        cache_bytes=cache_bytes,
    )


def _phase(compared: Comparison, latency_s: float) -> PhaseFigures:
    return PhaseFigures(
        energy_j=compared.candidate_energy_j,
        energy_ratio=compared.ratio,
        cpu_s=compared.candidate_cpu_s,
        latency_p50_s=latency_s,
    )


def text_latencies(decoder: Decoder, given: Sequence[Inputs], asked: Generation) -> tuple[float, float]:
    """Median and 95th percentile of the seconds that a whole text takes, of a few."""
    prepared = [decoder.prepare(prompt) for prompt in given]
    taken: list[float] = []
    while len(taken) < TIMED_TEXTS and sum(taken) < TIMED_S:
        before = time.perf_counter()
        _say(decoder, decoder.prefill(prepared[len(taken) % len(prepared)]), asked)
        taken.append(time.perf_counter() - before)
    p50, p95 = np.percentile(taken, [50, 95])
    return float(p50), float(p95)


def _timed(decoder: Decoder, given: Sequence[Inputs], asked: Generation) -> tuple[float, float, int]:
    """Median seconds until the first token and from each to the next, and what the cache holds at the end."""
    prepared = [decoder.prepare(prompt) for prompt in given]
    until_first, between = [], []
    began = time.perf_counter()
    for number in range(TIMED_TEXTS):
        before = time.perf_counter()
        reached = decoder.prefill(prepared[number % len(prepared)])
        then = time.perf_counter()
        reached = _say(decoder, reached, asked)
        until_first.append(then - before)
        between.append((time.perf_counter() - then) / (asked.new_tokens - 1))
        if time.perf_counter() - began > TIMED_S:
            break
    return median(until_first), median(between), decoder.cache_bytes(reached)
