from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from greenwright.errors import BadInputError, CannotHereError
from greenwright.ledger import opening
from greenwright.ledger.entries import ArtifactEntry
from greenwright.ledger.opening import open_ledger
from greenwright.ledger.store import Ledger
from greenwright.records.energy import Window
from greenwright.records.study import StudyRecord


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Ledger:
    return open_ledger(f"sqlite:///{path}")


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_a_study_comes_back_as_it_was_added(ledger: Ledger, study: StudyRecord) -> None:
    study_id = ledger.add_study(study)

    assert ledger.study(study_id) == study


def test_a_study_that_is_not_there_is_named(ledger: Ledger) -> None:
    with pytest.raises(BadInputError, match="no study or run 'nowhere'"):
        ledger.study("nowhere")


def test_a_trial_that_was_not_measured_has_no_energy(ledger: Ledger, path: Path, study: StudyRecord) -> None:
    ledger.add_study(study)

    assert rows(path, "SELECT number, state, energy_j, chosen FROM trials ORDER BY number") == [
        (1, "measured", 0.002, 1),
        (2, "failed", None, 0),
    ]


def test_windows_keep_their_range_and_grade(ledger: Ledger, path: Path, study: StudyRecord, window: Window) -> None:
    ledger.add_study(study, [window, window])

    kept = rows(path, "SELECT name, energy_j, energy_low_j, energy_high_j, energy_grade FROM windows")

    assert kept == [("baseline", 30.0, 18.0, 45.0, "modelled")] * 2


def test_models_are_listed_with_what_their_certificate_proves(
    ledger: Ledger, study: StudyRecord, artifact: ArtifactEntry
) -> None:
    study_id = ledger.add_study(study, (), artifact)

    [model] = ledger.models()

    assert study.certificate is not None
    assert (model.study_id, model.study, model.artifact) == (study_id, "digits", artifact)
    assert model.candidate_energy_j == study.certificate.comparison.candidate_energy_j
    assert model.saving_share == 0.5


def test_the_newest_model_comes_first(ledger: Ledger, study: StudyRecord, artifact: ArtifactEntry) -> None:
    ledger.add_study(study, (), artifact)
    ledger.add_study(replace(study, name="later"), (), replace(artifact, created_at="2026-09-02T00:00:00+00:00"))

    assert [model.study for model in ledger.models()] == ["later", "digits"]


def test_a_study_without_a_model_lists_none(ledger: Ledger, study: StudyRecord) -> None:
    ledger.add_study(replace(study, certificate=None))

    assert ledger.models() == []


def test_an_artifact_that_its_certificate_does_not_name_is_refused(
    ledger: Ledger, path: Path, study: StudyRecord, artifact: ArtifactEntry
) -> None:
    with pytest.raises(BadInputError, match="its certificate says 5f5f"):
        ledger.add_study(study, (), replace(artifact, sha256="00" * 32))

    assert rows(path, "SELECT count(*) FROM studies") == [(0,)]


def test_a_record_with_a_number_that_is_none_is_refused(ledger: Ledger, study: StudyRecord) -> None:
    with pytest.raises(BadInputError, match="horizon_units"):
        ledger.add_study(replace(study, horizon_units=float("nan")))


def test_a_study_is_kept_whole_or_not_at_all(ledger: Ledger, path: Path, study: StudyRecord) -> None:
    twice_the_same_number = replace(study, trials=study.trials + study.trials)

    with pytest.raises(BadInputError, match="refused the entry"):
        ledger.add_study(twice_the_same_number)

    assert rows(path, "SELECT count(*) FROM studies") == [(0,)]


@pytest.mark.parametrize("table", ["studies", "trials", "windows", "artifacts"])
@pytest.mark.parametrize("change", ["UPDATE {} SET study_id = study_id", "DELETE FROM {}"])
def test_nothing_can_be_changed_or_deleted(  # noqa: PLR0913, PLR0917 - one fixture per table
    ledger: Ledger, path: Path, study: StudyRecord, window: Window, artifact: ArtifactEntry, table: str, change: str
) -> None:
    ledger.add_study(study, [window], artifact)
    statement = change.format(table).replace("study_id", "id" if table == "studies" else "study_id")
    connection = sqlite3.connect(path)

    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)

    connection.close()


def test_a_full_disk_is_said_in_words_and_loses_nothing_kept(ledger: Ledger, study: StudyRecord) -> None:
    kept = ledger.add_study(study)
    event.listen(ledger._reader, "connect", _leave_no_room)

    with pytest.raises(CannotHereError, match="disk is full.*free some space"):
        ledger.add_study(replace(study, reasons=("x" * 1_000_000,)))

    assert ledger.study(kept) == study


def _leave_no_room(connection: sqlite3.Connection, _record: object) -> None:
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")


def test_another_process_that_holds_the_ledger_is_named(
    ledger: Ledger, path: Path, study: StudyRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "WRITER_WAIT_S", 0)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(CannotHereError, match="another process is writing"):
        ledger.add_study(study)

    holder.close()


def test_a_reader_does_not_wait_for_a_writer(ledger: Ledger, path: Path, study: StudyRecord) -> None:
    study_id = ledger.add_study(study)
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")

    assert ledger.study(study_id) == study

    writer.close()
