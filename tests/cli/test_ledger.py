from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from greenwright.cli.main import app
from greenwright.ledger.entries import ArtifactEntry
from greenwright.ledger.lineage import add_version
from greenwright.ledger.opening import open_ledger
from greenwright.ledger.runs import all_runs, run_of
from greenwright.records.study import StudyRecord
from greenwright.records.versions import ModelVersion
from greenwright.units import J_PER_KWH

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


@pytest.mark.slow
def test_a_measured_run_is_kept_once_and_is_the_version_s_that_it_ran(version_id: str, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    measured = [
        "measure",
        "--to",
        f"json:{file}",
        "--journal",
        str(tmp_path / "runs"),
        "--",
        sys.executable,
        "-c",
        "sum(range(10**6))",
    ]
    subprocess.run([sys.executable, "-m", "greenwright", *measured], check=True, capture_output=True)

    added = call("add", str(file), "--model", "digits:1", "--phase", "idle", "--tag", "team=vision")
    again = call("add", *(str(one) for one in (tmp_path / "runs").glob("*.jsonl")))

    assert (added.exit_code, again.exit_code) == (0, 0), added.output + again.output
    opened = open_ledger(f"sqlite:///{home}/ledger.db")
    [kept] = all_runs(opened, model="digits", version="1")
    assert (kept.about.phase, kept.about.tags) == ("idle", {"team": "vision"})
    found = run_of(opened, kept.id)
    assert found is not None
    told = json.loads(file.read_text())
    assert found.windows[-1].energy_j.value == told["windows"][-1]["energy_j"]["value"]
    assert found.command == tuple(told["command"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("missing.json",), "missing.json cannot be read"),
        (("notes.txt",), "notes.txt"),
        (("empty.jsonl",), "holds no run"),
        (("empty.jsonl", "--model", "digits"), "write MODEL:VERSION"),
        (("empty.jsonl", "--tag", "team"), "such as team=vision"),
    ],
)
def test_what_is_no_run_is_said(arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("notes.txt").write_text("hello\n")
    Path("empty.jsonl").write_text("")

    ended = call("add", *arguments)

    assert ended.exit_code == 2, ended.output
    assert said in ended.stderr


def test_a_study_in_the_ledger_is_reported_by_its_id_with_the_same_energy_in_every_form(
    home: Path, study: StudyRecord, artifact: ArtifactEntry, tmp_path: Path
) -> None:
    entry = open_ledger(f"sqlite:///{home}/ledger.db").add_study(study, (), artifact)
    out = tmp_path / "all"

    ended = RUNNER.invoke(app, ["report", entry, "--place", "DE", "--pue", "1.2", "--format", "all", "--out", str(out)])

    assert ended.exit_code == 0, ended.output
    disclosed = json.loads((out / "json.json").read_text())
    energy_j, carbon_g = (disclosed["total"][name]["value"] for name in ("facility_energy_j", "location_g"))
    with (out / "esrs-e1.csv").open(newline="") as file:
        rows = {row[0]: row for row in csv.reader(file)}
    assert float(rows["E1-5 37"][3]) == pytest.approx(energy_j / J_PER_KWH / 1_000)
    assert float(rows["E1-6 49a"][3]) == pytest.approx(carbon_g / 1e6)
    assert "2023/2772" in rows["numbering"][3]
    bom = json.loads((out / "cyclonedx.cdx.json").read_text())
    considered = bom["components"][0]["modelCard"]["considerations"]["environmentalConsiderations"]["energyConsumptions"]
    assert sum(one["activityEnergyCost"]["value"] for one in considered) == pytest.approx(energy_j / J_PER_KWH)
    assert RUNNER.invoke(app, ["report", "no-such-id"]).exit_code == 2
