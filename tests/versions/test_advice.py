from __future__ import annotations

from dataclasses import replace

import pytest

from greenwright.records.quantities import Grade, Interval, Quantity
from greenwright.records.versions import Dominance, Lifecycle, ModelVersion, Usage
from greenwright.units import S_PER_DAY, S_PER_YEAR
from greenwright.versions.advice import Known, advise


def energy(value: float) -> Quantity:
    return Quantity(value=value, low=value / 2, high=value * 2, grade=Grade.MODELLED, source="a model")


OLD = ModelVersion(model="digits", version="1", unit="1 image", energy_j=energy(0.004), metric="accuracy", quality=0.97)
NEW = replace(OLD, version="2", energy_j=energy(0.002))
PROOF = Dominance(
    model="digits",
    better="2",
    worse="1",
    ratio=Interval(value=0.5, low=0.4, high=0.6, confidence=0.95),
    metric="accuracy",
    quality_drop=0.001,
    quality_drop_high=0.004,
    max_drop=0.005,
    method="pairs",
)
MONTH = Usage(model="digits", version="1", call_count=3e6, observed_s=30 * S_PER_DAY)


def test_what_is_proven_dominated_goes_with_what_its_calls_would_have_cost() -> None:
    [advice] = advise([OLD, NEW], Known(proofs=[PROOF], usage=[MONTH, replace(MONTH, version="2")]))

    calls = 3e6 * 365 / 30
    assert (advice.version, advice.replaced_by, advice.proven) == ("1", "2", True)
    assert advice.saving_j_per_year is not None
    assert advice.saving_j_per_year.value == pytest.approx(calls * 0.004 * 0.5)
    assert advice.saving_j_per_year.low == pytest.approx(calls * 0.002 * 0.4)
    assert advice.saving_j_per_year.high == pytest.approx(calls * 0.008 * 0.6)
    assert advice.saving_j_per_year.grade is Grade.MODELLED


def test_without_usage_the_saving_is_unknown_and_not_zero() -> None:
    [advice] = advise([OLD, NEW], Known(proofs=[PROOF]))

    assert advice.saving_j_per_year is None
    assert advice.saving_text == "unknown: nobody counted its calls; give --usage"


@pytest.mark.parametrize(
    "proof",
    [
        replace(PROOF, ratio=Interval(value=0.9, low=0.7, high=1.1, confidence=0.95)),
        replace(PROOF, quality_drop_high=0.006),
    ],
)
def test_what_is_not_proven_is_only_said_to_look_so(proof: Dominance) -> None:
    [advice] = advise([OLD, NEW], Known(proofs=[proof]))

    assert (advice.version, advice.proven) == ("1", False)
    assert "never compared" in advice.reason


@pytest.mark.parametrize(
    "other",
    [
        replace(OLD, quality=0.98),
        replace(OLD, unit="1 page"),
        replace(OLD, metric="f1"),
        replace(OLD, energy_j=None),
        replace(OLD, model="cats"),
    ],
)
def test_what_cannot_be_compared_is_no_reason(other: ModelVersion) -> None:
    assert advise([other, NEW], Known()) == []


def test_a_version_that_nobody_calls_goes_with_its_standing_power() -> None:
    power = Quantity(value=40.0, low=30.0, high=50.0, grade=Grade.COUNTER, source="a counter")
    known = Known(usage=[replace(MONTH, version="2")], standing_w={("digits", "1"): power})

    [advice] = advise([replace(OLD, quality=0.99), NEW], known)

    assert (advice.version, advice.reason) == ("1", "nobody called it for 30 days")
    assert advice.saving_j_per_year is not None
    assert advice.saving_j_per_year.value == pytest.approx(40.0 * S_PER_YEAR)


def test_a_short_look_calls_nothing_unused() -> None:
    known = Known(usage=[Usage(model="digits", version="2", call_count=1, observed_s=5 * S_PER_DAY)])

    assert advise([replace(OLD, quality=0.99), NEW], known) == []


def test_what_is_retired_is_left_alone_and_replaces_nothing() -> None:
    gone = replace(NEW, lifecycle=Lifecycle.RETIRED)

    assert advise([OLD, gone], Known(proofs=[PROOF])) == []
