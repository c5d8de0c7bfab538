from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error, root_mean_squared_error

from greenwright.errors import BadInputError
from greenwright.study.proof import prove
from greenwright.study.quality import IGNORED, NAMED, Quality, labels, quality_of

RNG = np.random.default_rng(0)
CLASSES = RNG.integers(4, size=200)
LOGITS = RNG.normal(size=(200, 4)).astype(np.float32) + np.eye(4)[CLASSES]
VALUES = RNG.normal(size=200)
GUESSES = VALUES + RNG.normal(scale=0.4, size=200)


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("accuracy", lambda outputs, targets: accuracy_score(targets, outputs.argmax(1))),
        ("f1", lambda outputs, targets: f1_score(targets, outputs.argmax(1), average="macro")),
    ],
)
def test_a_named_metric_of_classes_equals_scikit_learn(name: str, reference: Callable[[Any, Any], float]) -> None:
    assert NAMED[name].of(LOGITS, CLASSES) == pytest.approx(reference(LOGITS, CLASSES))


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("mae", lambda outputs, targets: mean_absolute_error(targets, outputs)),
        ("rmse", lambda outputs, targets: root_mean_squared_error(targets, outputs)),
        ("pearson", lambda outputs, targets: pearsonr(outputs, targets).statistic),
        ("spearman", lambda outputs, targets: spearmanr(outputs, targets).statistic),
    ],
)
@pytest.mark.parametrize("column", [False, True], ids=["vector", "column"])
def test_a_named_metric_of_numbers_equals_the_reference(
    name: str, reference: Callable[[Any, Any], float], column: bool
) -> None:
    outputs = GUESSES[:, None] if column else GUESSES

    assert NAMED[name].of(outputs, VALUES) == pytest.approx(reference(GUESSES, VALUES))


def test_spearman_shares_ranks_among_ties() -> None:
    outputs, targets = np.array([1.0, 1.0, 2.0, 3.0, 3.0]), np.array([2.0, 1.0, 1.0, 5.0, 4.0])

    assert NAMED["spearman"].of(outputs, targets) == pytest.approx(spearmanr(outputs, targets).statistic)


def test_f1_counts_a_class_that_was_answered_but_never_true() -> None:
    outputs, targets = np.eye(3)[[0, 1, 2, 1]], np.array([0, 1, 0, 1])

    assert NAMED["f1"].of(outputs, targets) == pytest.approx(f1_score(targets, outputs.argmax(1), average="macro"))


def test_a_single_logit_answers_by_its_sign() -> None:
    logit = np.array([[-2.0], [0.5], [3.0], [-0.1]])

    assert labels(logit).tolist() == [0, 1, 1, 0]
    assert labels(logit[:, 0]).tolist() == [0, 1, 1, 0]
    assert NAMED["accuracy"].of(logit, np.array([0, 1, 0, 0])) == 0.75
    assert NAMED["f1"].of(logit, np.array([0, 1, 0, 0])) == pytest.approx(f1_score([0, 1, 0, 0], [0, 1, 1, 0], average="macro"))


def test_targets_in_a_column_are_compared_one_with_one() -> None:
    column = CLASSES[:, None]

    for name in ("accuracy", "f1"):
        assert NAMED[name].of(LOGITS, column) == NAMED[name].of(LOGITS, CLASSES)


def test_a_row_of_answers_an_example_is_averaged() -> None:
    outputs = np.eye(3)[np.array([[0, 1], [2, 2]])]

    assert NAMED["accuracy"].of(outputs, np.array([[0, 1], [2, 0]])) == 0.75


@pytest.mark.parametrize("name", [name for name, quality in NAMED.items() if quality.scores])
def test_the_mean_of_the_scores_is_the_metric(name: str) -> None:
    quality = NAMED[name]
    outputs, targets = (LOGITS, CLASSES) if quality.loss == "cross-entropy" else (GUESSES, VALUES)
    assert quality.scores is not None

    assert np.mean(quality.scores(outputs, targets)) == pytest.approx(quality.of(outputs, targets))


@pytest.mark.parametrize("name", [name for name, quality in NAMED.items() if not quality.condense])
def test_outputs_and_targets_that_do_not_fit_are_refused(name: str) -> None:
    with pytest.raises(BadInputError, match=f"quality function '{name}' failed"):
        NAMED[name].of(LOGITS if NAMED[name].loss == "cross-entropy" else GUESSES, VALUES[:7])


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (None, "must return one number, it returned None"),
        ("0.93", "must return a number, it returned the text '0.93'"),
        ("good", "must return one number, it returned 'good'"),
        (float("nan"), "must return a finite number, it returned nan"),
        (float("inf"), "must return a finite number, it returned inf"),
        (np.array([0.5, 0.6]), "must return one number, it returned array([0.5, 0.6])"),
        (torch.tensor([0.5, 0.6]), "must return one number, it returned tensor([0.5000, 0.6000])"),
        ({"accuracy": 0.9}, "must return one number, it returned {'accuracy': 0.9}"),
        (0.5j, "must return one number, it returned 0.5j"),
    ],
    ids=str,
)
def test_a_metric_that_returns_nonsense_is_named_with_what_it_returned(returned: Any, said: str) -> None:
    def mine(outputs: Any, targets: Any) -> Any:
        return returned

    with pytest.raises(BadInputError) as refused:
        quality_of(mine).of(LOGITS, CLASSES)

    assert str(refused.value) == f"the quality function 'mine' {said}"


def test_a_metric_that_raises_is_named_with_what_it_raised() -> None:
    def mine(outputs: Any, targets: Any) -> float:
        raise KeyError("labels")

    with pytest.raises(BadInputError, match="'mine' failed: KeyError: 'labels'"):
        quality_of(mine).of(LOGITS, CLASSES)


@pytest.mark.parametrize("value", [np.float32(0.5), torch.tensor(0.5), np.array(0.5), 1, True])
def test_any_single_number_is_taken(value: Any) -> None:
    assert Quality(name="one", function=lambda *_: value).of(LOGITS, CLASSES) == float(value)


def test_an_unknown_metric_is_refused_with_those_there_are() -> None:
    with pytest.raises(BadInputError, match="no quality is called 'acuracy'; there are accuracy, f1, "):
        quality_of("acuracy")


def test_a_quality_is_taken_as_it_is() -> None:
    mine = Quality(name="mine", function=lambda *_: 1.0, higher_is_better=False)

    assert quality_of(mine) is mine
    assert mine.drop(1.0, 3.0) == 2.0


# --- decoders ---


def words_and_logits() -> tuple[Any, Any]:
    """Two sentences of three words of five, the second with one word that is not judged."""
    words = np.array([[1, 2, 3], [4, 0, IGNORED]])
    logits = np.random.default_rng(0).normal(size=(2, 3, 5)).astype(np.float32)
    return words, logits


def test_perplexity_is_what_the_cross_entropy_over_all_words_says() -> None:
    words, logits = words_and_logits()
    quality = NAMED["perplexity"]
    assert quality.condense is not None
    loss = torch.nn.functional.cross_entropy(torch.tensor(logits).flatten(0, 1), torch.tensor(words).flatten())

    assert quality.of(quality.condense(logits, words), words) == pytest.approx(float(loss.exp()), rel=1e-6)
    assert quality.drop(10.0, 12.0) == 2.0


def test_a_sentence_matches_only_if_every_word_judged_is_the_likeliest() -> None:
    words, logits = words_and_logits()
    quality = NAMED["exact-match"]
    assert quality.condense is not None
    for place in ((0, 0, 1), (0, 1, 2), (0, 2, 3), (1, 0, 4)):
        logits[place] = 9.0

    assert 0.5 == quality.of(quality.condense(logits, words), words)
    logits[1, 1, 0] = 9.0
    assert 1.0 == quality.of(quality.condense(logits, words), words)


def test_a_decoder_that_says_the_same_is_proven_and_one_that_does_not_is_not() -> None:
    rng = np.random.default_rng(0)
    words = rng.integers(0, 5, size=(60, 8))
    logits = rng.normal(size=(60, 8, 5)) + 4 * np.eye(5)[words]
    quality = NAMED["perplexity"]
    assert quality.condense is not None
    told = quality.condense(logits, words)

    same = prove(quality, told, told, words, max_drop=0.2)
    worse = prove(quality, told, quality.condense(logits / 3, words), words, max_drop=0.2)

    assert same.passed
    assert not worse.passed
    assert worse.candidate > worse.baseline
