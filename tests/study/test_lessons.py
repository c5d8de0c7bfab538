"""What earlier records teach: predictions for offers, their order, what may wait, and where fine-tuning ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from greenwright.records.predictions import Family
from greenwright.records.quantities import Interval
from greenwright.records.study import Offer, Step, StudyRecord, Trial, TrialState
from greenwright.report.search import outcome_text, predicted_text, prediction_text
from greenwright.study.lessons import Lessons, chance_of_use, in_order, lessons, predict, realised, setting_of

FAMILY = Family(kind="dense", weight_count=600_000, runtime="torch")
KNOWN = ("onnx-runtime", "dynamic-int8", "static-int8", "soft-targets", "structured-channels")
PER_TENSOR = {"per_channel": False}
MakeTrial = Callable[..., Trial]


def interval(value: float) -> Interval:
    return Interval(value=value, low=value * 0.95, high=value * 1.05, confidence=0.95)


def offer(strategy: str, *, applies: bool = True, expects: tuple[float, float] | None = (0.2, 0.9)) -> Offer:
    return Offer(strategy=strategy, title=strategy, stage="quantize", applies=applies, reason="it is there", expects=expects)


@pytest.fixture
def trial(study: StudyRecord) -> MakeTrial:
    def make(
        number: int,
        *strategies: str,
        ratio: float | None,
        drop: float = 0.0,
        chosen: bool = False,
        choices: dict[str, Any] | None = None,
    ) -> Trial:
        steps = tuple(Step(strategy=one, title=one, stage="quantize", choices=choices or {}) for one in strategies)
        return Trial(
            number=number,
            recipe=steps,
            state=TrialState.FAILED if ratio is None else TrialState.MEASURED,
            reason="it broke" if ratio is None else "",
            figures=None if ratio is None else replace(study.baseline, energy_ratio=interval(ratio)),
            quality_drop=None if ratio is None else interval(drop),
            chosen=chosen,
        )

    return make


def learnt_of(study: StudyRecord, *records: tuple[Trial, ...], max_drop: float = 0.01, **changes: Any) -> Lessons:
    made = [replace(study, family=FAMILY, trials=trials, **changes) for trials in records]
    ours = setting_of(replace(study, family=FAMILY))
    return lessons(made, ours, metric=study.metric, max_drop=max_drop, known=KNOWN)


def test_an_offer_is_predicted_from_the_studies_that_tried_it_alone(study: StudyRecord, trial: MakeTrial) -> None:
    once = (trial(1, "dynamic-int8", ratio=0.5), trial(2, "structured-channels", "dynamic-int8", ratio=0.01))

    told = predict(offer("dynamic-int8"), learnt_of(study, once, once, once)).predicted

    assert told is not None
    assert told.study_count == 3
    assert told.energy_ratio.value == pytest.approx(0.5, rel=0.05)
    assert told.holds_share > 0.9


def test_what_nobody_tried_declines_or_is_of_another_kind_is_not_predicted(study: StudyRecord, trial: MakeTrial) -> None:
    learnt = learnt_of(study, (trial(1, "dynamic-int8", ratio=0.5),))
    elsewhere = lessons(
        [replace(study, family=replace(FAMILY, kind="decoder"), trials=(trial(1, "dynamic-int8", ratio=0.5),))],
        setting_of(replace(study, family=FAMILY)),
        metric=study.metric,
        max_drop=0.01,
        known=KNOWN,
    )

    assert predict(offer("static-int8"), learnt).predicted is None
    assert predict(offer("dynamic-int8", applies=False), learnt).predicted is None
    assert predict(offer("dynamic-int8"), elsewhere).predicted is None
    assert lessons([study], setting_of(replace(study, family=FAMILY)), metric="", max_drop=0, known=KNOWN) == Lessons()


def test_choices_that_held_come_first_if_the_strategy_still_takes_them(study: StudyRecord, trial: MakeTrial) -> None:
    tried = (
        trial(1, "dynamic-int8", ratio=0.2, drop=0.5, choices={"per_channel": True}),
        trial(2, "dynamic-int8", ratio=0.4, choices=PER_TENSOR),
    )
    gone = (trial(1, "dynamic-int8", ratio=0.4, choices={"per_channel": False, "colour": 3}),)

    held, unknown = (predict(offer("dynamic-int8"), learnt_of(study, one)).predicted for one in (tried, gone))

    assert held is not None
    assert unknown is not None
    assert held.choices == PER_TENSOR
    assert held.energy_ratio.value == pytest.approx(0.4, rel=0.1)
    assert unknown.choices == {}


def test_quality_is_held_to_the_limit_of_the_study_that_asks(study: StudyRecord, trial: MakeTrial) -> None:
    tried = (trial(1, "dynamic-int8", ratio=0.4, drop=0.02),)

    strict, lax = (predict(offer("dynamic-int8"), learnt_of(study, tried, max_drop=limit)).predicted for limit in (0.01, 0.05))

    assert strict is not None
    assert lax is not None
    assert strict.holds_share < 0.5 < lax.holds_share


def test_offers_come_in_the_order_of_what_is_expected_and_none_is_left_out(study: StudyRecord, trial: MakeTrial) -> None:
    broke = [
        (trial(1, "static-int8", ratio=None), trial(2, "dynamic-int8", ratio=0.2), trial(3, "onnx-runtime", ratio=1.4))
    ] * 3
    offers = [offer(one) for one in ("onnx-runtime", "static-int8", "dynamic-int8", "soft-targets")]

    told = [predict(one, learnt_of(study, *broke)) for one in offers]

    assert ["dynamic-int8", "soft-targets", "static-int8", "onnx-runtime"] == [one.strategy for one in in_order(told)]
    assert offers == in_order(offers)


def test_what_was_far_from_the_best_is_of_little_use_and_what_is_unknown_may_be_of_any(
    study: StudyRecord, trial: MakeTrial
) -> None:
    learnt = learnt_of(study, (trial(1, "onnx-runtime", ratio=0.6), trial(2, "dynamic-int8", ratio=0.15)))
    dear, near, new = (predict(offer(one), learnt) for one in ("onnx-runtime", "dynamic-int8", "static-int8"))

    assert chance_of_use(dear, 0.15, learnt) < 0.01
    assert chance_of_use(near, 0.15, learnt) > 0.2
    assert chance_of_use(new, 0.15, learnt) == 1.0


def test_a_study_on_another_machine_is_too_little_to_put_anything_off(study: StudyRecord, trial: MakeTrial) -> None:
    elsewhere = replace(study.machine, cpu="another")
    learnt = learnt_of(study, (trial(1, "onnx-runtime", ratio=0.9),), machine=elsewhere)

    assert predict(offer("onnx-runtime"), learnt).predicted is not None
    assert chance_of_use(predict(offer("onnx-runtime"), learnt), 0.05, learnt) == 1.0


def test_fine_tuning_goes_on_from_what_was_chosen_before(study: StudyRecord, trial: MakeTrial) -> None:
    from greenwright.strategies.contract import defaults
    from greenwright.study.trials import meta_of

    families = [("soft-targets",), ("structured-channels", "soft-targets")]
    ended = defaults(meta_of("soft-targets")) | {"keep_share": 0.25}
    chosen = trial(1, "soft-targets", "static-int8", ratio=0.05, chosen=True, choices=ended)

    learnt = learnt_of(study, (chosen,))

    assert learnt.family(families) == ("soft-targets",)
    assert learnt.ending(("soft-targets",)) == ended
    assert Lessons().family(families) is None
    assert Lessons().ending(("soft-targets",)) == {}


def test_what_was_predicted_and_what_was_realised_stand_side_by_side(study: StudyRecord, trial: MakeTrial) -> None:
    learnt = learnt_of(study, (trial(1, "dynamic-int8", ratio=0.3),))
    tried = [trial(1, "dynamic-int8", ratio=0.33), trial(2, "dynamic-int8", ratio=0.2)]

    told = realised(predict(offer("dynamic-int8", expects=(0.5, 1.0)), learnt), tried)
    record = replace(study, offers=(told,), trials=tuple(tried))

    assert told.predicted is not None
    assert told.predicted.realised == interval(0.33)
    assert "Predicted from 1 earlier study: " in predicted_text(told)
    assert "led to expect of 1 of its strategies missed by a factor of 1." in prediction_text(record)
    assert "their own promises missed by 2.1." in prediction_text(record)
    assert prediction_text(study) == ""


def test_what_was_put_off_says_why(study: StudyRecord) -> None:
    waiting = replace(offer("onnx-runtime"), put_off="predicted from 2 earlier studies to need 60% of the energy")

    assert outcome_text(waiting, study) == "Put off: predicted from 2 earlier studies to need 60% of the energy."
