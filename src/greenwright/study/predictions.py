"""Predict what a strategy comes to, from what it promises and what earlier studies of such models realised. Pure arithmetic.

A promise is a range, read as nine chances in ten of a bell curve over the logarithm of the energy ratio. Every realised ratio pulls the
prediction from there towards itself, by how alike the two studies are; so the promise rules where there is nothing else, and is forgotten
as observations add up. No promise counts for more than one study of a model quite alike.

Source: Gelman et al., Bayesian Data Analysis, 3rd edition (2013), section 2.5 (a normal mean with known variance).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from greenwright.records.predictions import Family
from greenwright.records.quantities import Interval
from greenwright.strategies.contract import Choices

CONFIDENCE = 0.9
UNKNOWN = (0.2, 1.2)
"""What a strategy is taken to promise that promises nothing."""
SPREAD_BITS = 0.35
"""Standard deviation of log2 of a ratio, between studies of models that are alike: a factor of 1.27 either way."""
PRIOR_HOLDS_SHARE, PRIOR_STUDIES = 0.7, 1.0
"""How likely a strategy is taken to hold quality before anything is known, and how many studies that counts for."""
OTHER_MACHINE_WEIGHT, OTHER_THREADS_WEIGHT = 0.25, 0.5
LEAST_WEIGHT = 0.1
"""Less alike than that says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One strategy tried alone in an earlier study."""

    strategy: str
    choices: Choices
    energy_ratio: float | None
    """None where it was not measured."""
    held: bool
    """Quality fell by no more than it may here."""
    likeness_share: float
    """How alike the studies are, 0…1."""
    study: int
    """Which study, for counting them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a study ran in, as far as it matters for another."""

    family: Family
    cpu: str
    features: frozenset[str]
    batch: int
    thread_count: int


def likeness(ours: Setting, theirs: Setting) -> float:
    """How much a study in one setting says about one in the other, 0…1; 0 between kinds of model, or runtimes of the untouched one."""
    if (ours.family.kind, ours.family.runtime) != (theirs.family.kind, theirs.family.runtime):
        return 0.0
    apart = abs(math.log2(ours.batch / theirs.batch))
    sizes = max(1, ours.family.weight_count), max(1, theirs.family.weight_count)
    weight = 1 / (1 + apart) / (1 + abs(math.log10(sizes[0] / sizes[1])))
    if (ours.cpu, ours.features) != (theirs.cpu, theirs.features):
        weight *= OTHER_MACHINE_WEIGHT
    if ours.thread_count != theirs.thread_count:
        weight *= OTHER_THREADS_WEIGHT
    return weight if weight >= LEAST_WEIGHT else 0.0


def predicted_ratio(expects: tuple[float, float] | None, lessons: Sequence[Lesson]) -> Interval:
    """The energy ratio that the next study is likely to realise, with the range that nine in ten fall into.

    With ``m``, ``s`` of the promise over log2, and ratios ``x_i`` of weight ``w_i``: the mean is
    ``(m/s² + Σ w_i x_i/SPREAD²) / (1/s² + Σ w_i/SPREAD²)``, and the variance of a new ratio ``1/(1/s² + Σ w_i/SPREAD²) + SPREAD²``.
    Without lessons it is what was promised.
    """
    mean, deviation = _promise(expects)
    found = [(math.log2(one.energy_ratio), one.likeness_share) for one in lessons if one.energy_ratio]
    if found:
        sure = 1 / deviation**2
        total = sure + sum(weight for _, weight in found) / SPREAD_BITS**2
        mean = (mean * sure + sum(value * weight for value, weight in found) / SPREAD_BITS**2) / total
        deviation = math.sqrt(1 / total + SPREAD_BITS**2)
    reach = deviation * NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    return Interval(value=2**mean, low=2 ** (mean - reach), high=2 ** (mean + reach), confidence=CONFIDENCE)


def holds_share(lessons: Sequence[Lesson]) -> float:
    """How likely a strategy is to hold quality: the share that did, with the prior counting for one study."""
    held = sum(one.likeness_share for one in lessons if one.held)
    return (PRIOR_HOLDS_SHARE * PRIOR_STUDIES + held) / (PRIOR_STUDIES + sum(one.likeness_share for one in lessons))


def chance_below(predicted: Interval, ratio: float) -> float:
    """How likely the next ratio is to lie below ``ratio``, 0…1."""
    mean = math.log2(predicted.value)
    deviation = (math.log2(predicted.high) - mean) / NormalDist().inv_cdf((1 + predicted.confidence) / 2)
    return NormalDist(mean, max(deviation, 1e-9)).cdf(math.log2(ratio))


def expected_gain(predicted: Interval, share: float) -> float:
    """By which strategies are put in order: halvings of energy, as often as quality holds. Negative where more energy is expected."""
    gain = -math.log2(predicted.value)
    return gain * share if gain > 0 else gain


def best_choices(lessons: Sequence[Lesson]) -> Choices:
    """The choices to try first: of those that held, what needed least; an earlier study counts by how alike it is.

    Empty where none held: the defaults are then as good as any.
    """
    held = [one for one in lessons if one.held and one.energy_ratio]
    return dict(min(held, key=lambda one: (-round(one.likeness_share, 1), one.energy_ratio or 1.0)).choices) if held else {}


def miss_bits(predicted_ratio: float, realised_ratio: float) -> float:
    """By how many halvings or doublings a prediction missed."""
    return abs(math.log2(predicted_ratio / realised_ratio))


def _promise(expects: tuple[float, float] | None) -> tuple[float, float]:
    low, high = (math.log2(bound) for bound in expects or UNKNOWN)
    return (low + high) / 2, max((high - low) / 2 / NormalDist().inv_cdf((1 + CONFIDENCE) / 2), SPREAD_BITS)
