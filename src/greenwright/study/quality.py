"""How good the answers are: named metrics, any function of (outputs, targets), and what can go wrong in one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from greenwright.errors import BadInputError

Array = np.ndarray[Any, Any]
Metric = Callable[[Any, Any], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """A metric over all outputs at once.

    ``function(outputs, targets) -> float`` sees ``outputs (examples, …)`` and ``targets (examples, …)``. Where the metric is a plain
    mean over examples, ``scores(outputs, targets) -> (examples,)`` makes the proof faster.
    """

    name: str
    function: Metric
    higher_is_better: bool = True
    scores: Callable[[Any, Any], Any] | None = None
    reduce: Callable[[Any], Any] | None = None
    """Outputs of all examples -> one answer a group, made once: the similarity of two sentences from their two vectors."""
    condense: Callable[[Any, Any], Any] | None = None
    """(outputs, targets) of one batch -> ``(examples, facts)``, as they come: of a decoder's logits over all words, what is judged."""
    loss: str = ""
    """The loss to fine-tune with that it implies: "cross-entropy", "squared-error" or none."""

    def of(self, outputs: Any, targets: Any) -> float:
        """The metric's value.

        Raises:
            BadInputError: the function fails, or returns something that is no finite number.
        """
        try:
            value = self.function(outputs, targets)
        except Exception as error:
            raise BadInputError(f"the quality function {self.name!r} failed: {type(error).__name__}: {error}") from error
        try:
            number = float(value)
        except (TypeError, ValueError, RuntimeError):  # the last is a tensor of many
            raise BadInputError(f"the quality function {self.name!r} must return one number, it returned {value!r}") from None
        if isinstance(value, str):
            raise BadInputError(f"the quality function {self.name!r} must return a number, it returned the text {value!r}")
        if not math.isfinite(number):
            raise BadInputError(f"the quality function {self.name!r} must return a finite number, it returned {number}")
        return number

    def drop(self, baseline: float, candidate: float) -> float:
        """Baseline minus candidate, signed so that worse is positive."""
        return baseline - candidate if self.higher_is_better else candidate - baseline


def quality_of(given: str | Metric | Quality) -> Quality:
    """The metric a workload names, or wraps.

    Raises:
        BadInputError: no metric has that name.
    """
    if isinstance(given, Quality):
        return given
    if callable(given):
        return Quality(name=getattr(given, "__name__", "quality"), function=given)
    if given not in NAMED:
        raise BadInputError(f"no quality is called {given!r}; there are {', '.join(NAMED)}, or hand over a function")
    return NAMED[given]


def labels(outputs: Any) -> Array:
    """The class answered: the largest of several logits, or whether a single one is positive. ``(n, classes) -> (n,)``."""
    array = np.asarray(outputs)
    if array.ndim > 1 and array.shape[-1] > 1:
        return np.asarray(array.argmax(-1))
    return (array.reshape(len(array)) > 0).astype(int)


def _hits(outputs: Any, targets: Any) -> Array:
    answered = labels(outputs)
    hits = answered == np.asarray(targets).reshape(answered.shape)  # (n, 1) against (n,) would be compared all with all
    return np.asarray(hits.reshape(len(hits), -1).mean(axis=1))


def _accuracy(outputs: Any, targets: Any) -> float:
    return float(_hits(outputs, targets).mean())


def _macro_f1(outputs: Any, targets: Any) -> float:
    """Mean over classes of ``2 tp / (2 tp + fp + fn)``."""
    answered = labels(outputs)
    true = np.asarray(targets).reshape(answered.shape)
    scores = []
    for kind in np.union1d(true, answered):
        right = int(((answered == kind) & (true == kind)).sum())
        wrong = int(((answered == kind) ^ (true == kind)).sum())
        scores.append(2 * right / (2 * right + wrong))
    return float(np.mean(scores))


def _pearson(outputs: Any, targets: Any) -> float:
    return float(np.corrcoef(_flat(outputs), _flat(targets))[0, 1])


def _spearman(outputs: Any, targets: Any) -> float:
    from scipy.stats import rankdata

    return _pearson(rankdata(_flat(outputs)), rankdata(_flat(targets)))


def _absolute_errors(outputs: Any, targets: Any) -> Array:
    gaps = np.abs(np.asarray(outputs, dtype=float).reshape(np.shape(targets)) - np.asarray(targets, dtype=float))
    return np.asarray(gaps.reshape(len(gaps), -1).mean(axis=1))


def _mae(outputs: Any, targets: Any) -> float:
    return float(_absolute_errors(outputs, targets).mean())


def _rmse(outputs: Any, targets: Any) -> float:
    gaps = np.asarray(outputs, dtype=float).reshape(np.shape(targets)) - np.asarray(targets, dtype=float)
    return float(np.sqrt((gaps**2).mean()))


def _flat(values: Any) -> Array:
    return np.asarray(values, dtype=float).reshape(-1)


IGNORED = -100
"""A target that is not judged: padding, or the prompt. The value is PyTorch's."""


def _surprise(outputs: Any, targets: Any) -> Array:
    """Logits ``(n, tokens, words)`` and words ``(n, tokens)`` -> nats and words judged of each example ``(n, 2)``."""
    logits, words = np.asarray(outputs, dtype=np.float64), np.asarray(targets)
    judged = words != IGNORED
    top = logits.max(axis=-1, keepdims=True)
    log_sum = np.log(np.exp(logits - top).sum(axis=-1)) + top[..., 0]
    right = np.take_along_axis(logits, np.where(judged, words, 0)[..., None], axis=-1)[..., 0]
    return np.stack([((log_sum - right) * judged).sum(axis=-1), judged.sum(axis=-1)], axis=-1)


def _perplexity(surprise: Any, _: Any) -> float:
    """``exp(nats / words)`` over all words judged."""
    nats, count = np.asarray(surprise).sum(axis=0)
    return float(np.exp(nats / count))


def _matches(outputs: Any, targets: Any) -> Array:
    """Whether every word judged is the likeliest, example by example ``(n, 1)``."""
    words = np.asarray(targets)
    right = (np.asarray(outputs).argmax(axis=-1) == words) | (words == IGNORED)
    return np.asarray(right.all(axis=-1, keepdims=True), dtype=float)


def _share_matched(matches: Any, targets: Any) -> float:
    if len(matches) != len(targets):
        raise ValueError(f"{len(matches)} answers do not fit {len(targets)} targets")
    return float(np.asarray(matches).mean())


NAMED = {
    "accuracy": Quality(name="accuracy", function=_accuracy, scores=_hits, loss="cross-entropy"),
    "f1": Quality(name="f1", function=_macro_f1, loss="cross-entropy"),
    "spearman": Quality(name="spearman", function=_spearman, loss="squared-error"),
    "pearson": Quality(name="pearson", function=_pearson, loss="squared-error"),
    "mae": Quality(name="mae", function=_mae, higher_is_better=False, scores=_absolute_errors, loss="squared-error"),
    "rmse": Quality(name="rmse", function=_rmse, higher_is_better=False, loss="squared-error"),
    "perplexity": Quality(
        name="perplexity", function=_perplexity, higher_is_better=False, condense=_surprise, loss="cross-entropy"
    ),
    "exact-match": Quality(
        name="exact-match",
        function=_share_matched,
        scores=lambda matches, _: np.asarray(matches).reshape(-1),
        condense=_matches,
        loss="cross-entropy",
    ),
}
