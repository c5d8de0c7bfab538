"""Choose which two models make a cascade, and how sure the first must be, from what the search has already made and judged.

What a cascade answers is known before it is made: row by row the answer of the one or of the other, both of which were judged on the
validation set. So its quality there is computed and not guessed, at any threshold, and what it needs is foretold as the first model's
energy plus the second's for the rows it is asked. It is then made and measured like any other candidate, and proven on the test set,
which took no part in the choice.

Source: Bolukbasi et al. 2017, "Adaptive Neural Networks for Efficient Inference", arXiv:1702.07811 (least cost at a bounded loss).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from greenwright.records.models import Inference
from greenwright.records.study import Trial
from greenwright.strategies.cascading import margins
from greenwright.study.proof import chance_of_passing
from greenwright.study.quality import Quality
from greenwright.study.trials import Recipe, answered, cook, recipe_of
from greenwright.study.workbench import Judged, Workbench

STEP_COUNT = 50
"""Thresholds looked at, by the share of rows they ask: every second percent."""
LEAST_SAVING_SHARE = 0.05
"""Of the best candidate's energy: a cascade that is not expected to save so much more is not made."""
PART_OF_LIMIT = 0.5
"""Of what may be lost, at most so much on the validation set."""
PAIR_COUNT = 2
MOST_ASKED_SHARE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A model that may take part."""

    recipe: Recipe
    inference: Inference
    energy_ratio: float
    """Against the baseline."""
    outputs: Any
    """On the validation set ``(examples, classes)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two models, and from which margin on the first is believed."""

    first: Member
    second: Member
    threshold: float
    asked_share: float
    """Of the validation set, what is asked of the second."""

    @property
    def expected_ratio(self) -> float:
        """Energy against the baseline: the first always runs, the second on what it is asked."""
        return self.first.energy_ratio + self.asked_share * self.second.energy_ratio


def members(bench: Workbench, trials: Sequence[Trial]) -> list[Member]:
    """Every model the search has made that stands in an ONNX file, those it stopped for their quality included."""
    found = []
    for trial in trials:
        recipe = recipe_of(trial.recipe)
        if trial.quality_drop is None or any(one.first for one in recipe):
            continue
        plan = cook(bench, recipe)
        if plan.is_onnx:
            ratio = trial.figures.energy_ratio.value if trial.figures else _energy_ratio(bench, recipe)
            member = Member(recipe=recipe, inference=plan.inference, energy_ratio=ratio, outputs=answered(bench, recipe))
            found.append(member)
    return found


def pairs(quality: Quality, found: Sequence[Member], baseline: Any, targets: Any, max_drop: float) -> list[Pair]:
    """For each two that one file can hold, the pair that asks least within its part of the limit; the least energy first."""
    made = []
    for first in found:
        for second in found:
            if first.energy_ratio < second.energy_ratio and first.inference == second.inference:
                made += list(_cheapest(quality, first, second, baseline, targets, max_drop))
    return sorted(made, key=lambda pair: pair.expected_ratio)


def steps(first: Member, second: Member) -> list[Pair]:
    """Pairs from the one that asks least to the one that asks most; thresholds lie half-way between the margins of two rows."""
    sure = np.sort(margins(first.outputs).astype(np.float64))
    counts = sorted({round(len(sure) * step / STEP_COUNT) for step in range(1, STEP_COUNT + 1)} - {0, len(sure)})
    thresholds = {float(np.float32((sure[count - 1] + sure[count]) / 2)) for count in counts}
    return [
        Pair(first=first, second=second, threshold=one, asked_share=float((sure < one).mean())) for one in sorted(thresholds)
    ]


def outputs_of(pair: Pair) -> Any:
    """What the cascade answers on the validation set ``(examples, classes)``."""
    asked = margins(pair.first.outputs) < np.float32(pair.threshold)
    return np.where(asked.reshape(-1, *[1] * (np.ndim(pair.first.outputs) - 1)), pair.second.outputs, pair.first.outputs)


def surest(bench: Workbench, pair: Pair, chance_share: float) -> Pair | None:
    """The same pair, asking as much more as makes it pass the test so often; None where nothing does."""
    asking_more = [one for one in steps(pair.first, pair.second) if one.threshold >= pair.threshold]
    return next((one for one in asking_more if chance_of(bench, outputs_of(one)) >= chance_share), None)


def chance_of(bench: Workbench, outputs: Any) -> float:
    """How likely such answers are to pass the test, from those on the validation set, 0…1."""
    sizes = len(bench.validation), len(bench.test)
    chances = [chance_of_passing(bench.drop(outputs), bench.limits.max_drop, *sizes)]
    worst, most = bench.worst_slice(outputs), bench.limits.max_slice_drop
    if worst is not None and worst.drop is not None and most is not None:
        chances.append(chance_of_passing(worst.drop, most, *sizes))
    return min(chances)


def safer(pair: Pair, best_ratio: float) -> Pair:
    """The same pair, asking so much more that half of what it would gain on the best candidate is given away, on a scale of factors.

    A threshold fitted to the validation set flatters itself: one fitted to 300 recordings of spoken digits lost 1.0 points on 900 others,
    where it had gained 0.3.
    """
    given_away_ratio = float(np.sqrt(pair.expected_ratio * best_ratio))
    asking_more = [one for one in steps(pair.first, pair.second) if one.expected_ratio <= given_away_ratio]
    return max([pair, *asking_more], key=lambda one: one.asked_share)


def promising(bench: Workbench, trials: Sequence[Trial], best_ratio: float, chance_share: float) -> tuple[list[Pair], str]:
    """The pairs worth making, each as bold as passes the test with this chance, and safer; or none, and why."""
    found = members(bench, trials)
    ranked = pairs(bench.quality, found, bench.baseline.outputs, bench.targets, bench.limits.max_drop)
    if not ranked:
        return [], "of the models made, none is so much cheaper than another that it could answer first within the limit"
    wanted = (1 - LEAST_SAVING_SHARE) * best_ratio
    worth: list[Pair] = []
    for pair in [one for one in ranked if one.expected_ratio <= wanted][:PAIR_COUNT]:
        bold = surest(bench, pair, chance_share)
        sized = [safer(bold, best_ratio), bold] if bold else []
        worth += [one for one in sized if one.expected_ratio <= wanted and one not in worth]
    least = ranked[0]
    return worth, (
        f"the best pair would have the first model answer {1 - least.asked_share:.0%}, and need {least.expected_ratio:.3f} of the"
        f" baseline's energy or more, where the best candidate that is all but sure to pass needs {best_ratio:.3f}"
    )


def _cheapest(  # noqa: PLR0913, PLR0917  what a pair is judged by
    quality: Quality, first: Member, second: Member, baseline: Any, targets: Any, max_drop: float
) -> Iterator[Pair]:
    before = quality.of(baseline, targets)
    for pair in steps(first, second):
        if pair.asked_share > MOST_ASKED_SHARE:
            return
        if quality.drop(before, quality.of(outputs_of(pair), targets)) <= PART_OF_LIMIT * max_drop:
            yield pair
            return


def _energy_ratio(bench: Workbench, recipe: Recipe) -> float:
    """Of a model that was stopped for its quality before its energy was measured."""
    from greenwright.study import running

    plan = cook(bench, recipe)
    judged = Judged(plan=plan, runner=running.load(plan), outputs=None, quality=0.0)
    return bench.compare(judged).ratio.value
