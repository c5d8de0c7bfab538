from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from greenwright.budgets.git import packages_changed
from greenwright.cli.main import app

RUNNER = CliRunner()
BENCH = """import json, os
from work import ROUNDS
sum(i * i for i in range(ROUNDS))
with open(os.environ["GREENWRIGHT_CHECK_RESULT"], "w") as file:
    json.dump({"units": 100, "quality": {"accuracy": 0.97}}, file)
"""
BUDGETS = """
[[budget]]
name = "no creep"
metric = "energy"
max_rise = "30%"
quality = { metric = "accuracy", max_drop = 0.005 }
[[budget]]
metric = "size"
max = "1 MB"
"""


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose main branch has a command to check."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "bench.py").write_text(BENCH)
    (folder / "work.py").write_text("ROUNDS = 1_000_000\n")
    (folder / "requirements.txt").write_text("numpy==2.1.0\n")
    told = f'[check]\ncommand = ["{sys.executable}", "bench.py"]\nunit = "1 image"\nrepeats = 6\nsize = "work.py"\n'
    (folder / "greenwright.toml").write_text(told + BUDGETS)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "begin")
    monkeypatch.chdir(folder)
    return folder


def call(*arguments: str) -> Result:
    return RUNNER.invoke(app, ["check", *arguments])


@pytest.mark.slow
def test_a_rise_fails_the_check_in_every_form_and_names_its_cause(project: Path) -> None:
    (project / "work.py").write_text("ROUNDS = 4_000_000\n")
    (project / "requirements.txt").write_text("numpy==2.4.0\n")

    ended = call(
        "--save", "out/check.json", "--comment", "out/comment.md", "--junit", "out/junit.xml", "--sarif", "out/check.sarif"
    )

    assert ended.exit_code == 1, ended.output
    assert "1 of 2 budgets over budget. no creep +" in ended.stdout
    assert "why: packages changed: numpy 2.1.0 to 2.4.0" in ended.stdout
    comment = (project / "out" / "comment.md").read_text()
    assert comment.startswith("<!-- greenwright check -->\n### ❌")
    assert "work.py (2 lines)" in comment.replace("\\", "")
    assert ET.parse(project / "out" / "junit.xml").getroot().get("failures") == "1"  # noqa: S314 - our own file
    [result] = json.loads((project / "out" / "check.sarif").read_text())["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 7
    saved = json.loads((project / "out" / "check.json").read_text())
    assert [len(side["repeats"]) for side in saved["sides"]] == [6, 6]
    assert not (project / ".git" / "worktrees").exists()

    again = call("--from", "out/check.json", "--json")
    assert (again.exit_code, json.loads(again.stdout)) == (1, saved)


@pytest.mark.slow
def test_a_command_that_fails_is_named(project: Path) -> None:
    (project / "bench.py").write_text("raise SystemExit(7)")

    ended = call()

    assert ended.exit_code == 1
    assert "on head ended with exit code 7, so there is nothing to check" in ended.stderr


@pytest.mark.slow
def test_a_base_on_which_the_command_does_not_run_is_cannot_tell(project: Path) -> None:
    git(project, "rm", "-q", "--cached", "bench.py")
    git(project, "commit", "-qm", "without the bench")

    ended = call()

    assert ended.exit_code == 4, ended.output
    assert "note: base (main) could not be run" in ended.stdout
    assert call("--from", "missing.json").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--base", "nowhere"), "git knows no 'nowhere'"),
        (("--config", "missing.toml"), "missing.toml cannot be read"),
        (("--from", "work.py"), "holds no check"),
        (("--job", "jenkins"), "no job 'jenkins'"),
    ],
)
def test_wrong_use_is_said_and_exits_with_2(project: Path, arguments: tuple[str, ...], said: str) -> None:
    ended = call(*arguments)

    assert ended.exit_code == 2
    assert said in ended.stderr


def test_without_a_config_it_says_how_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    ended = call()

    assert ended.exit_code == 2
    assert "greenwright check --job toml > greenwright.toml" in ended.stderr
    assert call("--job", "toml").stdout.startswith("# Budgets")


def test_pins_that_changed_are_read_from_a_diff() -> None:
    diff = "--- a/r.txt\n+++ b/r.txt\n-numpy==2.1.0\n+numpy==2.4.0\n+onnx==1.19  # new\n-same==1\n+same==1\n-  - gone=3.1\n"

    assert list(packages_changed(diff)) == ["gone 3.1 to absent", "numpy 2.1.0 to 2.4.0", "onnx absent to 1.19"]


@pytest.mark.slow
def test_a_budget_against_a_released_version_is_held_as_models_released_it(project: Path) -> None:
    """Run again where git knows its commit; else the ledger's range stands for it, and what that leaves open is said."""
    commit = git(project, "rev-parse", "HEAD")
    models = ["models", "add", "digits:1", "--unit", "1 image", "--energy", "2mJ", "--path", "work.py", "--commit", commit]
    assert RUNNER.invoke(app, models).exit_code == 0
    assert RUNNER.invoke(app, ["models", "release", "digits:1", "--alias", "production"]).exit_code == 0
    assert RUNNER.invoke(app, ["models", "add", "digits:2", "--unit", "1 image", "--energy", "1kJ"]).exit_code == 0
    told = (project / "greenwright.toml").read_text().partition("[[budget]]")[0]
    budget = '[[budget]]\nname = "{0}"\nmetric = "energy"\nmax_rise = "30%"\nagainst = "{1}"\n'
    (project / "greenwright.toml").write_text(
        told + budget.format("as released", "digits@production") + budget.format("far below", "digits:2")
    )
    (project / "work.py").write_text("ROUNDS = 4_000_000\n")

    over = call("--json")

    assert over.exit_code == 1, over.output
    record = json.loads(over.stdout)
    first, second = record["judgements"]
    assert (first["outcome"], second["outcome"]) == ("over budget", "within budget")
    assert first["ratio"]["low"] > 1.3
    assert [side["name"] for side in record["sides"]] == ["head", "digits@production", "digits:2"]
    assert record["sides"][1]["commit"] == commit
    (project / "greenwright.toml").write_text(told + budget.format("gone", "digits:3"))
    assert "which the ledger does not have" in call().stderr


@pytest.mark.slow
def test_where_nobody_can_tell_more_repeats_are_run_as_far_as_allowed_and_then_named(project: Path) -> None:
    """Every second run does eight times the work, and sides take turns in going first: so each is ahead in half of the pairs."""
    count = f"pathlib.Path({str(project.parent / 'count')!r})"
    (project / "work.py").write_text(
        f"import pathlib\nwith {count}.open('a') as file:\n    file.write('.')\n"
        f"ROUNDS = 200_000 if {count}.stat().st_size % 2 else 1_600_000\n"
    )
    git(project, "commit", "-qam", "work that differs from run to run")
    told = (project / "greenwright.toml").read_text().replace("repeats = 6", "repeats = 3")
    (project / "greenwright.toml").write_text(
        told.partition("[[budget]]")[0] + '[[budget]]\nmetric = "energy"\nmax_rise = "1%"\n'
    )

    ended = call("--max-repeats", "8", "--json")

    record = json.loads(ended.stdout)
    assert ended.exit_code == 4, ended.output
    assert [len(side["repeats"]) for side in record["sides"]] == [8, 8]
    [judged] = record["judgements"]
    assert judged["outcome"] == "cannot tell"
    assert judged["more_repeats"] is None or judged["more_repeats"] > 0
    (project / "check.json").write_text(ended.stdout)
    assert call("--from", "check.json", "--pass-unclear").exit_code == 0
