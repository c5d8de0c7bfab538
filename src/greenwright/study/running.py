"""Run a plan: its answers, its latency, and the work of one measured call."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from greenwright import registry
from greenwright.batches import Inputs, each, example_count
from greenwright.deploy.buckets import bucketed
from greenwright.deploy.contract import Runner, run_once
from greenwright.deploy.decoding import Decoder
from greenwright.errors import BadInputError
from greenwright.meter import clock
from greenwright.records.study import Paced
from greenwright.strategies.contract import Plan
from greenwright.study.data import Split

SAMPLE_BATCHES, FEWEST_SAMPLE_BATCHES = 64, 4
"""Batches of one example that are measured on, and how many at least of larger ones: energy is told a call, and a call must stay short."""
MIXED_BATCHES = 128
"""Where a model does more for some examples than for others: with 128, their share is met to half a percent."""
LATENCY_CALLS = 100
FEWEST_CALLS, CALLS_MAX_S = 20, 2.0
"""Calls are timed no longer than this, once there are so many."""
PACED_CALLS = 50
PACED_GAP_S = 0.02
"""Between calls where the study was told no pause of its own."""


def load(plan: Plan) -> Runner:
    """The plan's model, ready in its runtime."""
    runner: Runner = registry.load("runtimes", plan.inference.runtime).load(plan.model, plan.inference)
    return bucketed(runner, plan.inference)


def decoder(runner: Any) -> Decoder:
    """The runner as a decoder that keeps a cache.

    Raises:
        BadInputError: its model has none, or its runtime cannot keep one.
    """
    if not hasattr(runner, "decoder"):
        raise BadInputError(f"{type(runner).__name__} keeps no cache, so it cannot generate")
    made: Decoder = runner.decoder()
    return made


def answers(runner: Runner, split: Split, batch: int, condense: Callable[[Any, Any], Any] | None = None) -> tuple[Any, Any]:
    """Outputs and targets for every example: arrays ``(examples, …)``, or lists where examples differ in shape.

    Where the metric condenses them, outputs are what it keeps of each batch: all logits of a decoder would not fit into memory.

    Raises:
        BadInputError: the model fails on a batch, or answers something that is no finite number.
    """
    outputs, targets = [], []
    for number, (inputs, target) in enumerate(split.batches(batch)):
        try:
            answered = run_once(runner, each(np.asarray, inputs))
        except Exception as error:  # whatever the user's module or the runtime raises
            raise BadInputError(
                f"the model fails on batch {number} of the {split.name} set ({describe(inputs)}): {_headline(error)}"
            ) from error
        if np.ndim(answered) == 0 or len(answered) != example_count(inputs):
            raise BadInputError(
                f"the model must answer one row an example: for {example_count(inputs)} examples of the {split.name} set"
                f" ({describe(inputs)}) it answers an array of shape {tuple(np.shape(answered))}"
            )
        if answered.dtype.kind == "f" and not np.isfinite(answered).all():
            bad = int((~np.isfinite(answered.reshape(len(answered), -1))).any(axis=1).sum())
            raise BadInputError(
                f"the model answers NaN or infinity for {bad} of {len(answered)} examples of the {split.name} set"
            )
        outputs.append(answered if condense is None else _condensed(condense, answered, np.asarray(target)))
        targets.append(np.asarray(target))
    return _joined(outputs), _joined(targets)


def _condensed(condense: Callable[[Any, Any], Any], answered: Any, target: Any) -> Any:
    try:
        return np.asarray(condense(answered, target))
    except Exception as error:
        raise BadInputError(
            f"the quality function cannot judge answers of shape {np.shape(answered)} against targets of shape {np.shape(target)}:"
            f" {_headline(error)}"
        ) from error


def sample(split: Split, batch: int) -> list[Inputs]:
    """Batches spread evenly over a split, to be measured on; the same for baseline and candidates."""
    count = min(max(FEWEST_SAMPLE_BATCHES, SAMPLE_BATCHES // batch), max(1, len(split) // batch))
    order = np.linspace(0, len(split) - 1, count * min(batch, len(split))).astype(int)
    return [each(np.asarray, inputs) for inputs, _ in split.batches(min(batch, len(split)), order.tolist())]


def mixed_sample(split: Split, batch: int, asked: Any) -> list[Inputs]:
    """Batches of which the same share is of each of two kinds as in the whole split, in an order of chance.

    A few dozen examples drawn evenly would hold a few too many that are hard, or too few, and the energy of a cascade with them.

    Args:
        split: to draw from.
        batch: examples a batch.
        asked: whether each of its examples is of the one kind ``(examples,)``.
    """
    size = min(batch, len(split))
    count = size * min(MIXED_BATCHES, max(1, len(split) // size))
    hard, easy = np.flatnonzero(asked), np.flatnonzero(~np.asarray(asked))
    hard_count = round(count * len(hard) / len(split))
    chosen = np.concatenate([_spread(hard, hard_count), _spread(easy, count - hard_count)])
    order = np.random.default_rng(0).permutation(chosen)
    return [each(np.asarray, inputs) for inputs, _ in split.batches(size, order.tolist())]


def _spread(rows: Any, count: int) -> Any:
    return rows[np.linspace(0, len(rows) - 1, count).astype(int)] if len(rows) else rows


def work(runner: Runner, batches: list[Inputs], gap_s: float = 0.0) -> tuple[Callable[[], None], int]:
    """One call that infers every batch once, with a pause after each, and how many examples it delivers."""
    prepared = [runner.prepare(inputs) for inputs in batches]
    run = runner.run

    def once() -> None:
        for inputs in prepared:
            run(inputs)

    def with_pauses() -> None:
        for inputs in prepared:
            run(inputs)
            time.sleep(gap_s)

    if gap_s:
        return with_pauses, sum(example_count(inputs) for inputs in batches)

    return once, sum(example_count(inputs) for inputs in batches)


def latencies(runner: Runner, batches: list[Inputs]) -> tuple[float, float]:
    """Median and 95th percentile of the seconds a call takes."""
    prepared = [runner.prepare(inputs) for inputs in batches]
    taken = []
    for call in range(LATENCY_CALLS):
        inputs = prepared[call % len(prepared)]
        before = time.perf_counter()
        runner.run(inputs)
        taken.append(time.perf_counter() - before)
        if len(taken) >= FEWEST_CALLS and sum(taken) > CALLS_MAX_S:
            break
    p50, p95 = np.percentile(taken, [50, 95])
    return float(p50), float(p95)


def paced(runner: Runner, batches: list[Inputs], gap_s: float) -> Paced:
    """Latency and CPU time of calls with pauses between them."""
    prepared = [runner.prepare(inputs) for inputs in batches]
    runner.run(prepared[0])
    taken, delivered = [], 0
    before_cpu_s = clock.cpu_s()
    for call in range(PACED_CALLS):
        time.sleep(gap_s)
        before = time.perf_counter()
        runner.run(prepared[call % len(prepared)])
        taken.append(time.perf_counter() - before)
        delivered += example_count(batches[call % len(batches)])
        if len(taken) >= FEWEST_CALLS and sum(taken) > CALLS_MAX_S:
            break
    p50, p95 = np.percentile(taken, [50, 95])
    cpu_s = (clock.cpu_s() - before_cpu_s) / delivered
    return Paced(gap_s=gap_s, latency_p50_s=float(p50), latency_p95_s=float(p95), cpu_s=cpu_s)


def describe(inputs: Inputs) -> str:
    """Names and shapes, for people: ``input (1, 3, 32, 32) float32``."""
    from greenwright.batches import named

    return ", ".join(f"{name} {tuple(np.shape(array))} {np.asarray(array).dtype}" for name, array in named(inputs).items())


def _joined(arrays: list[Any]) -> Any:
    if len({array.shape[1:] for array in arrays}) == 1:
        return np.concatenate(arrays)
    return [row for array in arrays for row in array]


def _headline(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
