from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from greenwright.cli.main import app
from greenwright.ledger.entries import ArtifactEntry
from greenwright.ledger.opening import open_ledger
from greenwright.records.study import StudyRecord

RUNNER = CliRunner()


def call(*arguments: str) -> Result:
    return RUNNER.invoke(app, ["models", *arguments])


@pytest.fixture
def released(home: Path, study: StudyRecord, artifact: ArtifactEntry) -> Path:
    """A model in the ledger of this home, whose file is there."""
    path = home / "model.onnx"
    open_ledger(f"sqlite:///{home}/ledger.db").add_study(study, (), replace(artifact, path=str(path)))
    path.touch()
    return path


def test_an_empty_ledger_says_what_to_run_first_and_makes_no_file(home: Path) -> None:
    ended = call()

    assert ended.exit_code == 0
    assert ended.stdout == "No models yet. Make the first with: greenwright optimize WORKLOAD\n"
    assert not home.exists()


def test_an_empty_ledger_is_an_empty_list_in_json() -> None:
    assert json.loads(call("--json").stdout) == []


def test_a_model_is_listed_with_what_it_saves_and_where_it_is(released: Path) -> None:
    said = call().stdout

    assert "digits 1, 2026-09-01" in said
    assert "saves     50% of the energy of untouched" in said
    assert "energy    2 mJ (1.2 to 3 mJ), modelled per image" in said
    assert "accuracy  96.5%" in said
    assert f"file      {released}\n" in said


def test_a_model_whose_file_is_gone_says_so(released: Path) -> None:
    released.unlink()

    assert f"{released} (no longer there)" in call().stdout


def test_models_in_json_carry_range_grade_and_hash(released: Path) -> None:
    first = json.loads(call("--json").stdout)[-1]

    assert first["path"] == str(released)
    assert first["energy_j"]["grade"] == "modelled"
    assert first["sha256"] == "5f" * 32


def test_another_ledger_is_read_when_it_is_named(released: Path, tmp_path: Path) -> None:
    assert call("--ledger", f"sqlite:///{tmp_path}/other.db").stdout.startswith("No models yet")


def test_a_damaged_ledger_is_one_line_and_exit_code_3(home: Path) -> None:
    home.mkdir()
    (home / "ledger.db").write_text("not a database at all, only text " * 10)

    ended = call()

    assert ended.exit_code == 3
    assert ended.stderr.startswith(f"error: the ledger at {home}/ledger.db cannot be used")
    assert ended.stderr.count("\n") == 1


def test_a_version_goes_from_release_to_retirement(released: Path, tmp_path: Path) -> None:
    assert call("release", "digits:1", "--alias", "production").stdout.startswith("released digits 1 in ")
    assert "digits 1, 2026-09-01, released, production" in call().stdout
    assert "proven" in call("compare", "digits@production", "digits:untouched").stdout

    advice = call("advise").stdout
    assert "Nothing speaks for retiring any version." in advice
    assert "--usage" in advice

    log = tmp_path / "calls.csv"
    log.write_text("time,model,version\n2020-01-01,digits,1\n")
    advice = call("advise", "--usage", str(log), "--standing-watts", "5").stdout
    assert "Retire digits untouched: nobody called it for" in advice
    assert "saves 43.8 kWh a year" in advice

    assert call("retire", "digits:untouched", "--reason", "nobody calls it", "--replaced-by", "1").exit_code == 0
    assert "retired   nobody calls it" in call("--model", "digits").stdout
    assert call("alias", "production", "digits").stdout.startswith("production names digits none")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("release", "digits"), "names no version; write MODEL:VERSION"),
        (("release", "digits:9"), "versions of digits: untouched, 1"),
        (("retire", "digits:1"), "nothing is proven against digits 1; say why it goes"),
        (("advise", "--usage", "missing.log"), "missing.log cannot be read"),
        (("--registry", "sagemaker"), "'sagemaker' is no registry"),
        (("add", "digits:1"), "has a version 1 already"),
    ],
)
def test_wrong_use_is_said_and_exits_with_2(released: Path, arguments: tuple[str, ...], said: str) -> None:
    ended = call(*arguments)

    assert ended.exit_code == 2
    assert said in ended.stderr


def test_a_version_that_no_study_made_is_added_with_its_file(tmp_path: Path) -> None:
    file = tmp_path / "model.bin"
    file.write_bytes(b"12345")

    call("add", "cats:1", "--energy", "2mJ", "--unit", "1 cat", "--path", str(file), "--quality", "0.9", "--metric", "accuracy")

    [version] = json.loads(call("--json").stdout)
    assert (version["size_bytes"], version["energy_j"]["value"], version["quality"]) == (5, 0.002, 0.9)
