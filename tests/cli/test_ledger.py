from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from greenwright.cli.main import app
from greenwright.ledger.lineage import add_version
from greenwright.ledger.opening import open_ledger
from greenwright.records.versions import ModelVersion

RUNNER = CliRunner()


def call(*arguments: str) -> Result:
    return RUNNER.invoke(app, ["ledger", *arguments])


@pytest.fixture
def version_id(home: Path) -> str:
    """Of a version in the ledger of this home."""
    return add_version(open_ledger(f"sqlite:///{home}/ledger.db"), ModelVersion(model="digits", version="1", quality=0.79))


def test_no_ledger_is_said_and_none_is_made(home: Path) -> None:
    assert call().stdout.startswith("No ledger yet")
    assert not home.exists()
    assert call("export", "x.jsonl").exit_code == 2


def test_entries_are_counted_exported_imported_and_corrected(version_id: str, tmp_path: Path) -> None:
    assert json.loads(call("--json").stdout)["entries"]["versions"] == 1
    corrected = call("correct", "versions", version_id, "--reason", "digits swapped", "--set", "quality=0.97")
    assert corrected.stdout.startswith(f"versions {version_id} is now ")

    exported = call("export", str(tmp_path / "all.jsonl"))
    assert "2 versions" in exported.stdout
    other = f"sqlite:///{tmp_path}/other.db"
    assert "2 versions" in call("import", str(tmp_path / "all.jsonl"), "--ledger", other).stdout
    again = json.loads(call("import", str(tmp_path / "all.jsonl"), "--ledger", other, "--json").stdout)
    assert (again["added"], again["known"]["versions"]) == ({}, 2)


def test_wrong_use_is_one_line(version_id: str) -> None:
    ended = call("correct", "versions", version_id, "--reason", "why", "--set", "quality")

    assert ended.exit_code == 2
    assert "write it as COLUMN=VALUE" in ended.stderr
