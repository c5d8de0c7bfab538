from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Table, select, text

from greenwright.errors import BadInputError, CannotHereError
from greenwright.ledger import tables
from greenwright.ledger.corrections import correct
from greenwright.ledger.lineage import add_version, all_versions, release, set_alias
from greenwright.ledger.runs import About, add_run, all_runs, windows_of
from greenwright.ledger.store import Ledger
from greenwright.records.runs import Run
from greenwright.records.versions import ModelVersion


def ids(ledger: Ledger, table: Table) -> list[str]:
    with ledger.reading() as connection:
        return list(connection.scalars(select(table.c.id).order_by(table.c.id)))


def test_a_wrong_window_is_replaced_and_stays_readable(kept: Ledger, a_run: Callable[..., Run]) -> None:
    run_id = add_run(kept, a_run("host/1", 30_000.0))
    [wrong] = ids(kept, tables.windows)

    right = correct(kept, "windows", wrong, "millijoules were read as joules", {"energy_j": "30", "energy_low_j": "15"})

    [window] = windows_of(kept, run_id)
    assert (window.energy_j.value, window.energy_j.low, window.duration_s) == (30.0, 15.0, 2.0)
    assert ids(kept, tables.windows) == sorted([wrong, str(right)])


def test_an_entry_can_be_withdrawn(kept: Ledger, a_run: Callable[..., Run]) -> None:
    run_id = add_run(kept, a_run("host/1", 30.0))

    correct(kept, "runs", run_id, "it was the wrong machine")

    assert all_runs(kept) == []
    assert ids(kept, tables.runs) == [run_id]


def test_a_corrected_run_keeps_its_windows(kept: Ledger, a_run: Callable[..., Run]) -> None:
    wrong = add_run(kept, a_run("host/1", 30.0), About(phase="train"))
    right = correct(kept, "runs", wrong, "it was serving", {"phase": "serve"})

    [run] = all_runs(kept)
    assert (run.id, run.about.phase) == (right, "serve")
    assert len(windows_of(kept, run.id)) == 1


def test_a_corrected_version_keeps_what_happened_to_it(kept: Ledger) -> None:
    wrong = add_version(kept, ModelVersion(model="digits", version="1", quality=0.79))
    release(kept, "digits", "1")
    set_alias(kept, "digits", "production", "1")

    correct(kept, "versions", wrong, "two digits were swapped", {"quality": "0.97"})

    [version] = all_versions(kept)
    assert (version.quality, version.lifecycle, version.aliases) == (0.97, "released", ("production",))


def test_a_correction_can_be_corrected_and_the_wrong_entry_cannot_be_twice(kept: Ledger) -> None:
    first = add_version(kept, ModelVersion(model="digits", version="1", quality=0.79))
    second = correct(kept, "versions", first, "swapped", {"quality": "0.97"})
    assert second is not None

    with pytest.raises(BadInputError, match=f"was corrected on .*; correct {second} instead"):
        correct(kept, "versions", first, "again", {"quality": "0.98"})
    correct(kept, "versions", second, "again", {"quality": "0.98"})

    assert [version.quality for version in all_versions(kept)] == [0.98]


@pytest.mark.parametrize(
    ("subject", "reason", "changes", "said"),
    [
        ("studies", "why", {}, "cannot be corrected; there are versions, runs"),
        ("versions", "", {}, "needs its reason"),
        ("versions", "why", {"id": "x"}, "no column 'id' that can be corrected"),
        ("versions", "why", {"colour": "x"}, "no column 'colour'"),
        ("versions", "why", {"quality": "good"}, "must be a number"),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused(
    kept: Ledger, subject: str, reason: str, changes: dict[str, str], said: str
) -> None:
    wrong = add_version(kept, ModelVersion(model="digits", version="1"))

    with pytest.raises(BadInputError, match=said):
        correct(kept, subject, wrong, reason, changes)


def test_what_is_not_there_cannot_be_corrected(kept: Ledger) -> None:
    with pytest.raises(BadInputError, match="no entry 'nowhere' in runs"):
        correct(kept, "runs", "nowhere", "why")


@pytest.mark.parametrize("table", ["projects", "versions", "corrections"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_nothing_can_be_changed_or_deleted(kept: Ledger, table: str, change: str) -> None:
    version = add_version(kept, ModelVersion(model="digits", version="1"))
    correct(kept, "versions", version, "why", {"quality": "1"})

    with pytest.raises((BadInputError, CannotHereError), match="append-only"), kept.writing() as connection:
        connection.execute(text(change.format(table)))


@pytest.mark.parametrize("table", sorted(tables.metadata.tables))
def test_every_table_has_its_guards(kept: Ledger, table: str) -> None:
    with kept.reading() as connection:
        if connection.dialect.name == "sqlite":
            query = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
        else:
            query = text("SELECT tgname FROM pg_trigger WHERE tgrelid = CAST(:table AS regclass) AND NOT tgisinternal")
        found = set(connection.scalars(query, {"table": table}))

    assert found in ({f"{table}_refuse"}, {f"{table}_refuse_update", f"{table}_refuse_delete"})
