from __future__ import annotations

from dataclasses import replace

import pytest

from greenwright.errors import BadInputError
from greenwright.ledger.entries import ArtifactEntry
from greenwright.ledger.lineage import add_proof, add_version, all_proofs, all_versions, release, retire, set_alias
from greenwright.ledger.store import Ledger
from greenwright.records.quantities import Grade, Interval, Quantity
from greenwright.records.study import StudyRecord
from greenwright.records.versions import Dominance, Lifecycle, ModelVersion

ENERGY = Quantity(value=0.002, low=0.001, high=0.004, grade=Grade.MODELLED, source="a model")


@pytest.fixture
def digits(kept: Ledger) -> Ledger:
    for name, size in (("1", 80_000), ("2", 40_000)):
        add_version(
            kept, ModelVersion(model="digits", version=name, unit="1 image", energy_j=ENERGY, quality=0.97, size_bytes=size)
        )
    return kept


def one(ledger: Ledger, name: str) -> ModelVersion:
    return next(version for version in all_versions(ledger) if version.version == name)


def test_a_version_comes_back_with_all_that_was_said_of_it(kept: Ledger) -> None:
    said = ModelVersion(
        project="shop",
        model="digits",
        version="1",
        unit="1 image",
        energy_j=ENERGY,
        metric="accuracy",
        quality=0.97,
        latency_s=0.001,
        size_bytes=80_000,
        path="model.onnx",
        sha256="5f" * 32,
        commit="abc",
        created_at="2026-09-01T00:00:00+00:00",
    )
    add_version(kept, said)

    assert all_versions(kept) == [said]


def test_the_same_version_twice_is_refused(digits: Ledger) -> None:
    with pytest.raises(BadInputError, match="digits has a version 1 already"):
        add_version(digits, ModelVersion(model="digits", version="1"))


def test_the_same_name_in_another_project_is_another_model(digits: Ledger) -> None:
    add_version(digits, ModelVersion(project="shop", model="digits", version="1"))

    assert [version.version for version in all_versions(digits, project="shop")] == ["1"]


def test_an_alias_names_the_version_it_was_last_set_to(digits: Ledger) -> None:
    set_alias(digits, "digits", "production", "1")
    set_alias(digits, "digits", "production", "2")
    set_alias(digits, "digits", "stable", "1")

    assert (one(digits, "1").aliases, one(digits, "2").aliases) == (("stable",), ("production",))


def test_an_alias_can_be_made_to_name_nothing(digits: Ledger) -> None:
    set_alias(digits, "digits", "production", "1")
    set_alias(digits, "digits", "production", None)

    assert one(digits, "1").aliases == ()


def test_a_version_is_released_and_retired(digits: Ledger) -> None:
    release(digits, "digits", "1", note="to the shop")
    assert one(digits, "1").lifecycle is Lifecycle.RELEASED

    set_alias(digits, "digits", "production", "1")
    retire(digits, "digits", "1", "2 needs half", replaced_by="2", saving_j_per_year=ENERGY)

    gone = one(digits, "1")
    assert (gone.lifecycle, gone.retired_because, gone.aliases) == (Lifecycle.RETIRED, "2 needs half", ())
    assert gone.released_at < gone.retired_at


def test_a_retired_version_can_be_released_again(digits: Ledger) -> None:
    retire(digits, "digits", "1", "nobody calls it")
    release(digits, "digits", "1")

    assert one(digits, "1").lifecycle is Lifecycle.RELEASED
    assert one(digits, "1").retired_at == ""


def test_what_was_done_already_is_refused(digits: Ledger) -> None:
    release(digits, "digits", "1")
    retire(digits, "digits", "2", "too dear")

    with pytest.raises(BadInputError, match="released already"):
        release(digits, "digits", "1")
    with pytest.raises(BadInputError, match="retired already"):
        retire(digits, "digits", "2", "again")


@pytest.mark.parametrize(
    ("model", "version", "said"),
    [("digit", "1", "no model 'digit'; it has digits"), ("digits", "9", "no version '9'; it has 1, 2")],
)
def test_what_is_not_there_is_named_with_what_is(digits: Ledger, model: str, version: str, said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        release(digits, model, version)


@pytest.mark.parametrize(("reason", "by", "said"), [(" ", None, "needs its reason"), ("x", "1", "cannot replace itself")])
def test_a_retirement_without_sense_is_refused(digits: Ledger, reason: str, by: str | None, said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        retire(digits, "digits", "1", reason, replaced_by=by)


def test_what_a_study_released_is_a_version_proven_better_than_the_untouched_one(
    kept: Ledger, study: StudyRecord, artifact: ArtifactEntry
) -> None:
    kept.add_study(study, (), artifact)
    kept.add_study(study, (), replace(artifact, created_at="2026-09-02T00:00:00+00:00"))

    assert [version.version for version in all_versions(kept)] == ["2", "untouched", "1"]
    first, second = sorted(all_proofs(kept), key=lambda proof: proof.better)
    assert (first.better, first.worse, second.better, second.worse) == ("1", "untouched", "2", "untouched")
    assert study.certificate is not None
    assert first.ratio == study.certificate.comparison.ratio


def test_a_proof_comes_back_as_it_was_added(digits: Ledger) -> None:
    proof = Dominance(
        model="digits",
        better="2",
        worse="1",
        ratio=Interval(value=0.5, low=0.4, high=0.6, confidence=0.95),
        metric="accuracy",
        quality_drop=0.001,
        quality_drop_high=0.004,
        max_drop=0.005,
        method="pairs",
        created_at="2026-09-03T00:00:00+00:00",
    )
    add_proof(digits, proof)

    assert all_proofs(digits) == [proof]
