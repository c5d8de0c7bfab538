"""Calls with pauses between them are measured as such."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from greenwright.errors import BadInputError
from greenwright.study import running

BATCHES = [np.ones((2, 3), dtype=np.float32), np.ones((1, 3), dtype=np.float32)]


class Busy:
    """A runner that works for a millisecond."""

    size_bytes = 0

    def __init__(self) -> None:
        self.calls = 0

    def prepare(self, inputs: Any) -> Any:
        return inputs

    def run(self, prepared: Any) -> Any:
        self.calls += 1
        until = time.process_time() + 0.001
        while time.process_time() < until:
            pass
        return prepared

    def answer(self, outputs: Any) -> Any:
        return outputs


def test_a_pause_after_each_call_is_in_the_work() -> None:
    slept: list[float] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", slept.append)
        once, units = running.work(Busy(), BATCHES, gap_s=0.02)
        once()
        running.work(Busy(), BATCHES)[0]()

    assert [0.02, 0.02] == slept
    assert 3 == units


def test_calls_with_pauses_tell_latency_and_processor_time_an_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "PACED_CALLS", 10)
    runner = Busy()

    found = running.paced(runner, BATCHES, 0.001)

    assert 11 == runner.calls  # the first is not counted
    assert 0.001 == found.gap_s
    assert 0 < found.latency_p50_s <= found.latency_p95_s
    assert found.cpu_s >= 10 * 0.001 / 15


def test_what_a_metric_condenses_is_kept_and_not_the_logits() -> None:
    from greenwright.study.data import split_of

    split = split_of("test", (np.arange(12, dtype=np.float32).reshape(4, 3), np.zeros(4)))

    outputs, _ = running.answers(Busy(), split, 2, lambda logits, _: logits.sum(axis=1, keepdims=True))

    assert [[3.0], [12.0], [21.0], [30.0]] == outputs.tolist()


def test_words_that_do_not_fit_the_logits_are_refused_with_both_shapes() -> None:
    from greenwright.study.data import split_of
    from greenwright.study.quality import NAMED

    split = split_of("test", (np.zeros((2, 3, 5), dtype=np.float32), np.zeros((2, 4), dtype=int)))

    with pytest.raises(BadInputError, match=r"answers of shape \(2, 3, 5\) against targets of shape \(2, 4\)"):
        running.answers(Busy(), split, 2, NAMED["perplexity"].condense)
