"""What earlier studies of such models teach this one: lessons by strategy, predictions for its offers, and where fine-tuning ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from greenwright.records.predictions import Prediction
from greenwright.records.study import Offer, Step, StudyRecord, Trial
from greenwright.strategies.contract import Choices, OneOf, Real, Whole
from greenwright.study.predictions import (
    Lesson,
    Setting,
    best_choices,
    chance_below,
    expected_gain,
    holds_share,
    likeness,
    predicted_ratio,
)
from greenwright.study.trials import meta_of

ENOUGH_WEIGHT = 0.5
"""So much likeness, of all earlier studies together, before anything is put off for what they showed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A recipe that was proven and chosen."""

    recipe: tuple[Step, ...]
    likeness_share: float
    """How alike its study is, 0…1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """What was learnt; empty where no earlier study is alike."""

    tried: tuple[Lesson, ...] = ()
    chosen: tuple[Ending, ...] = ()
    """What was proven and chosen, the most alike first."""

    def of(self, strategy: str) -> list[Lesson]:
        """About one strategy, tried alone."""
        return [one for one in self.tried if one.strategy == strategy]

    def family(self, families: Sequence[tuple[str, ...]]) -> tuple[str, ...] | None:
        """Of these ways of fine-tuning, the one that was chosen in what is most alike; None where too little is known."""
        weights = dict.fromkeys(families, 0.0)
        for ending in self.chosen:
            trained = trained_of(ending.recipe)
            if trained in weights:
                weights[trained] += ending.likeness_share
        best = max(families, key=lambda family: weights[family], default=None)
        return best if best is not None and weights[best] >= ENOUGH_WEIGHT else None

    def ending(self, family: tuple[str, ...]) -> Choices:
        """The choices with which a way of fine-tuning was chosen before; empty where it never was."""
        for ending in self.chosen:
            if trained_of(ending.recipe) == family:
                last = next(step for step in ending.recipe if step.strategy == family[-1])
                return fitting(last.strategy, last.choices)
        return {}


def trained_of(recipe: Sequence[Step]) -> tuple[str, ...]:
    """The fine-tuning strategies in a recipe."""
    return tuple(step.strategy for step in recipe if meta_of(step.strategy).trains)


def lessons(records: Sequence[StudyRecord], ours: Setting, *, metric: str, max_drop: float, known: Sequence[str]) -> Lessons:
    """What ``records`` teach a study in this setting.

    Args:
        records: earlier studies, the newest first.
        ours: what this study runs in.
        metric: of this study; drops in another metric are held to the limit they had.
        max_drop: of this study.
        known: strategies that there still are.
    """
    tried, chosen = [], []
    for number, record in enumerate(records):
        weight = likeness(ours, setting_of(record)) if record.family else 0.0
        if not weight:
            continue
        limit = max_drop if record.metric == metric else record.max_drop
        for trial in record.trials:
            if any(step.strategy not in known for step in trial.recipe):
                continue
            if len(trial.recipe) == 1:
                tried.append(_lesson(trial, limit, weight, number))
            if trial.chosen:
                chosen.append(Ending(recipe=trial.recipe, likeness_share=weight))
    return Lessons(tried=tuple(tried), chosen=tuple(sorted(chosen, key=lambda one: -one.likeness_share)))


def setting_of(record: StudyRecord) -> Setting:
    """What an earlier study ran in."""
    assert record.family is not None
    return Setting(
        family=record.family,
        cpu=record.machine.cpu,
        features=frozenset(record.machine.features),
        batch=record.batch,
        thread_count=record.thread_count,
    )


def _lesson(trial: Trial, max_drop: float, likeness_share: float, number: int) -> Lesson:
    (step,) = trial.recipe
    drop = trial.quality_drop
    return Lesson(
        strategy=step.strategy,
        choices=step.choices,
        energy_ratio=trial.figures.energy_ratio.value if trial.figures else None,
        held=drop is not None and drop.value <= max_drop and trial.figures is not None,
        likeness_share=likeness_share,
        study=number,
    )


def predict(offer: Offer, learnt: Lessons) -> Offer:
    """The offer with what earlier studies lead to expect of it; as it was where they say nothing."""
    found = learnt.of(offer.strategy)
    if not offer.applies or not found:
        return offer
    first = fitting(offer.strategy, best_choices(found))
    # What is tried first is what is predicted; where none of its choices held, whatever was measured.
    same = [one for one in found if first and one.choices == first] or found
    prediction = Prediction(
        energy_ratio=predicted_ratio(offer.expects, same),
        holds_share=holds_share(same),
        study_count=len({one.study for one in found}),
        choices=first,
    )
    return replace(offer, predicted=prediction)


def fitting(strategy: str, choices: Choices) -> Choices:
    """The choices, if the strategy still takes all of them and no others; else none."""
    space = meta_of(strategy).choices
    return dict(choices) if set(choices) == set(space) and all(_allows(space[name], choices[name]) for name in choices) else {}


def _allows(choice: Real | Whole | OneOf, value: float | str) -> bool:
    if isinstance(choice, OneOf):
        return value in choice.options
    return not isinstance(value, str) and choice.low <= value <= choice.high


def in_order(offers: Sequence[Offer]) -> list[Offer]:
    """From the most expected to the least, where anything was predicted; else as they come.

    What failed before, or lost quality, is expected to gain less and comes later; nothing is left out.
    """
    if not any(offer.predicted for offer in offers):
        return list(offers)
    return sorted(offers, key=lambda offer: -_gain(offer))


def _gain(offer: Offer) -> float:
    told = offer.predicted
    return (
        expected_gain(told.energy_ratio, told.holds_share)
        if told
        else expected_gain(predicted_ratio(offer.expects, ()), holds_share(()))
    )


def chance_of_use(offer: Offer, ratio: float, learnt: Lessons) -> float:
    """How likely a strategy is to hold quality with less than ``ratio`` of the energy; 1 where too little is known to say."""
    known = sum(one.likeness_share for one in learnt.of(offer.strategy))
    if offer.predicted is None or known < ENOUGH_WEIGHT:
        return 1.0
    return offer.predicted.holds_share * chance_below(offer.predicted.energy_ratio, ratio)


def realised(offer: Offer, trials: Sequence[Trial]) -> Offer:
    """The offer with what came of its prediction: of its trials alone, the first, which is what was predicted."""
    if offer.predicted is None:
        return offer
    alone = [trial for trial in trials if [step.strategy for step in trial.recipe] == [offer.strategy] and trial.figures]
    first = min(alone, key=lambda trial: trial.number, default=None)
    if first is None or first.figures is None:
        return offer
    return replace(offer, predicted=replace(offer.predicted, realised=first.figures.energy_ratio))
