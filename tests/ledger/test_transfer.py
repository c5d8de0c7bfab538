from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from greenwright.errors import BadInputError
from greenwright.ledger.corrections import correct
from greenwright.ledger.entries import ArtifactEntry
from greenwright.ledger.lineage import add_version, all_proofs, all_versions, release
from greenwright.ledger.opening import open_ledger
from greenwright.ledger.runs import About, add_run, all_runs, windows_of
from greenwright.ledger.store import Ledger
from greenwright.ledger.transfer import export, import_
from greenwright.records.energy import Window
from greenwright.records.runs import Run
from greenwright.records.study import StudyRecord
from greenwright.records.versions import ModelVersion

FORMATS = ("export.jsonl", "export")


@pytest.fixture
def full(kept: Ledger, study: StudyRecord, artifact: ArtifactEntry, window: Window, a_run: Callable[..., Run]) -> Ledger:
    """A ledger with something in every table."""
    kept.add_study(study, [window] * 3, artifact)
    add_run(kept, a_run("host/1", 30.0, 0.1 + 0.2), About(model="digits", version="1", tags={"team": "ä"}))
    release(kept, "digits", "1")
    wrong = add_version(kept, ModelVersion(model="digits", version="9", quality=1e-300))
    correct(kept, "versions", wrong, "why", {"quality": "0.5"})
    return kept


@pytest.fixture
def other(tmp_path: Path) -> Ledger:
    return open_ledger(f"sqlite:///{tmp_path}/other.db")


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_exported_is_the_same_elsewhere(full: Ledger, other: Ledger, tmp_path: Path, name: str) -> None:
    exported = export(full, tmp_path / name)
    imported = import_(other, tmp_path / name)

    assert imported.added == exported.added
    assert exported.added["windows"] == 5
    assert all_versions(other) == all_versions(full)
    assert all_proofs(other) == all_proofs(full)
    assert all_runs(other) == all_runs(full)
    [run] = all_runs(other)
    assert windows_of(other, run.id) == windows_of(full, run.id)


@pytest.mark.parametrize("name", FORMATS)
def test_importing_twice_adds_nothing_twice(full: Ledger, tmp_path: Path, name: str) -> None:
    exported = export(full, tmp_path / name)

    again = import_(full, tmp_path / name)

    assert (again.added, again.known) == ({}, exported.added)


def test_an_export_of_an_import_is_the_same_to_the_letter(full: Ledger, other: Ledger, tmp_path: Path) -> None:
    export(full, tmp_path / "one.jsonl")
    import_(other, tmp_path / "one.jsonl")
    export(other, tmp_path / "two.jsonl")

    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


@pytest.mark.parametrize("name", FORMATS)
def test_a_model_of_the_same_name_takes_up_what_is_imported(full: Ledger, other: Ledger, tmp_path: Path, name: str) -> None:
    add_version(other, ModelVersion(model="digits", version="own"))
    export(full, tmp_path / name)

    import_(other, tmp_path / name)

    assert {version.version for version in all_versions(other)} == {"own", "1", "9", "untouched"}
    assert {(version.project, version.model) for version in all_versions(other)} == {("default", "digits")}
    assert len(all_runs(other)) == 1


def test_an_entry_that_contradicts_the_one_that_is_there_is_refused_and_nothing_is_added(
    full: Ledger, other: Ledger, tmp_path: Path, a_run: Callable[..., Run]
) -> None:
    path = tmp_path / "export.jsonl"
    export(full, path)
    import_(other, path)
    add_run(full, a_run("host/2", 1.0))
    export(full, path)
    path.write_text(path.read_text().replace('"note":""', '"note":"changed by hand"'))

    with pytest.raises(BadInputError, match="releases .* with another note; entries are never changed"):
        import_(other, path)
    assert len(all_runs(other)) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no export of a ledger"),
        ('{"some": "json"}\n', "no export of a ledger"),
        ("not json\n", "line 1 is no row"),
        ('{"format":"greenwright ledger","schema_version":99}\n', "newer greenwright"),
        ('{"format":"greenwright ledger","schema_version":2}\n{"table":"cats"}\n', "line 2 is of the table 'cats'"),
        ('{"format":"greenwright ledger","schema_version":2}\n{"table":"projects","id":"1"}\n', "projects lacks name, owner"),
        ('{"format":"greenwright ledger","schema_version":2}\n{"table":"proj', "line 2 is no row.*cut off"),
    ],
)
def test_a_file_that_is_no_export_is_refused(other: Ledger, tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "file.jsonl").write_text(content)

    with pytest.raises(BadInputError, match=said):
        import_(other, tmp_path / "file.jsonl")


def test_a_file_or_folder_that_is_not_there_is_named(other: Ledger, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="missing.jsonl cannot be read"):
        import_(other, tmp_path / "missing.jsonl")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInputError, match="holds no export"):
        import_(other, tmp_path / "empty")


def test_a_torn_parquet_file_is_refused(full: Ledger, other: Ledger, tmp_path: Path) -> None:
    export(full, tmp_path / "export")
    file = tmp_path / "export" / "windows.parquet"
    file.write_bytes(file.read_bytes()[:-20])

    with pytest.raises(BadInputError, match="is no Parquet file"):
        import_(other, tmp_path / "export")
    assert all_versions(other) == []


def test_a_folder_that_is_there_is_not_overwritten(full: Ledger, tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "thesis.txt").touch()

    with pytest.raises(BadInputError, match="is there already"):
        export(full, tmp_path / "export")
    assert (tmp_path / "export" / "thesis.txt").exists()


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_that_cannot_be_written_leaves_nothing(full: Ledger, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(BadInputError, match="cannot be written"):
        export(full, tmp_path / "file" / name)
