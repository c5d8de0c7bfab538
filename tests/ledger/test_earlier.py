from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlalchemy import insert, select

from greenwright.ledger.earlier import finished_studies
from greenwright.ledger.opening import open_ledger
from greenwright.ledger.tables import studies
from greenwright.records.study import StudyRecord


def test_the_newest_studies_come_first_and_no_more_than_asked_for(study: StudyRecord, tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    for day in (2, 3, 1):
        ledger.add_study(replace(study, name=f"day {day}", certificate=None, finished_at=f"2026-09-0{day}T12:00:00+00:00"))

    assert ["day 3", "day 2", "day 1"] == [one.name for one in finished_studies(ledger)]
    assert ["day 3"] == [one.name for one in finished_studies(ledger, 1)]


def test_a_record_that_cannot_be_read_any_more_is_left_out(study: StudyRecord, tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    ledger.add_study(replace(study, name="new", certificate=None))
    with ledger.writing() as connection:
        row = dict(connection.execute(select(studies)).mappings().one())
        connection.execute(insert(studies), row | {"id": "old", "name": "old", "record": '{"name": "old"}'})

    assert ["new"] == [one.name for one in finished_studies(ledger)]
