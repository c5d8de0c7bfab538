"""How often the proof passes a candidate that truly loses more than the limit.

Real outcomes, example by example, of the untouched CIFAR-10 network and of the model that greenwright chose, which
``peers_compression`` has judged, are taken as the whole population. Right answers of the latter are spoilt until it truly loses a chosen
share; then test sets are drawn from that population anew, 200 times, and each is put to the proof. One that loses more than the limit
must pass at most 5 % of the time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from greenwright.study.proof import prove
from greenwright.study.quality import NAMED

LIMIT = 0.01
RESPLITS = 200
TEST_COUNT = 2_000
LOSSES = (0.005, 0.0101, 0.0125, 0.015, 0.02)
Outcomes = np.ndarray[Any, Any]
"""Of every example: right or not."""


def spoilt(baseline: Outcomes, candidate: Outcomes, loss: float, rng: np.random.Generator) -> Outcomes:
    """The candidate's outcomes with as many turned as make it lose ``loss`` against the baseline, and no fewer."""
    turned = candidate.copy()
    missing = int(np.ceil(loss * len(baseline) - 1e-9)) - int(baseline.sum() - candidate.sum())
    places = np.flatnonzero(turned if missing > 0 else ~turned & baseline)
    turned[rng.choice(places, min(abs(missing), len(places)), replace=False)] ^= True
    return turned


def passed_share(baseline: Outcomes, candidate: Outcomes, *, test_count: int, resplits: int, seed: int = 0) -> float:
    """Of test sets drawn from the population, the share on which the candidate passes."""
    rng = np.random.default_rng(seed)
    targets = np.ones(test_count, dtype=int)
    passes = 0
    for number in range(resplits):
        rows = rng.integers(len(baseline), size=test_count)
        told = prove(
            NAMED["accuracy"], _logits(baseline[rows]), _logits(candidate[rows]), targets, max_drop=LIMIT, seed=seed + number
        )
        passes += told.passed
    return passes / resplits


def _logits(right: Outcomes) -> Any:
    """Answers that are right where the outcome is: ``(n,) -> (n, 2)``."""
    return np.stack([1.0 - right, right * 1.0], axis=1)


def simulated(baseline: Outcomes, candidate: Outcomes) -> dict[str, Any]:
    """Share passed by what the candidate truly loses."""
    rng = np.random.default_rng(1)
    shares = {
        f"{loss:.2%}": passed_share(
            baseline, spoilt(baseline, candidate, loss, rng), test_count=TEST_COUNT, resplits=RESPLITS, seed=int(loss * 1e4)
        )
        for loss in LOSSES
    }
    return {"limit": LIMIT, "resplits": RESPLITS, "test_example_count": TEST_COUNT, "passed_share_by_true_loss": shares}
