"""The ready-made job files: valid for those who run them, and their commands do on a real repository what they promise."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import yaml
from ruamel.yaml import YAML

from greenwright.budgets.jobs import JOBS, job
from greenwright.budgets.read import read_plan

SCHEMAS = {"github": "github-workflows", "github-comment": "github-workflows", "gitlab": "gitlab-ci"}
"""Those of SchemaStore and of GitLab, as check-jsonschema carries them."""
BENCH = """import json, os
from work import ROUNDS
sum(i * i for i in range(ROUNDS))
with open(os.environ["GREENWRIGHT_CHECK_RESULT"], "w") as file:
    json.dump({"units": 100}, file)
"""


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def programs(tmp_path: Path) -> dict[str, str]:
    """The environment of a runner: ``greenwright`` is on the path, and ``pip install`` has nothing left to do."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name, line in {"greenwright": f'exec "{sys.executable}" -m greenwright "$@"', "pip": "exit 0"}.items():
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    return os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "GREENWRIGHT_HOME": str(tmp_path / "home")}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone, as a runner makes it, of a branch that does four times the work of main."""
    origin = tmp_path / "origin"
    origin.mkdir()
    git(origin, "init", "-q", "-b", "main")
    (origin / "bench.py").write_text(BENCH)
    (origin / "work.py").write_text("ROUNDS = 1_000_000\n")
    told = (
        f'[check]\ncommand = ["{sys.executable}", "bench.py"]\nrepeats = 6\n[[budget]]\nmetric = "energy"\nmax_rise = "50%"\n'
    )
    (origin / "greenwright.toml").write_text(told)
    git(origin, "add", ".")
    git(origin, "commit", "-qm", "begin")
    git(origin, "switch", "-qc", "more")
    (origin / "work.py").write_text("ROUNDS = 8_000_000\n")
    git(origin, "commit", "-qam", "more work")
    folder = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(origin), str(folder))
    return folder


def run(script: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", "-eo", "pipefail", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", SCHEMAS)
def test_job_files_keep_to_the_schema_of_their_host(name: str) -> None:
    schema = json.loads((files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{SCHEMAS[name]}.json").read_text())

    jsonschema.validators.validator_for(schema)(schema).validate(YAML(typ="safe", pure=True).load(job(name)))


def test_the_ready_made_budgets_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "greenwright.toml").write_text(job("toml"))

    assert read_plan(tmp_path / "greenwright.toml").budgets


def test_every_job_is_tested_here() -> None:
    assert set(JOBS) == {*SCHEMAS, "toml", "pre-commit"}


@pytest.mark.slow
def test_the_job_for_github_writes_its_files_and_its_summary_and_fails(
    clone: Path, programs: dict[str, str], tmp_path: Path
) -> None:
    steps = yaml.safe_load(job("github"))["jobs"]["check"]["steps"]
    script = next(step["run"] for step in steps if step.get("id") == "check")
    told = {
        "BASE": git(clone, "rev-parse", "origin/main"),
        "PULL_REQUEST": "7",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }

    ended = run(script, clone, programs | told)

    assert ended.returncode == 1, ended.stderr
    assert {one.name for one in (clone / "greenwright-check").iterdir()} == {
        *("pull-request", "check.json", "comment.md", "junit.xml", "check.sarif")
    }
    assert (tmp_path / "summary").read_text().startswith("<!-- greenwright check -->\n### ❌")


@pytest.mark.slow
def test_the_second_job_for_github_replaces_its_own_comment(programs: dict[str, str], tmp_path: Path) -> None:
    script = next(step["run"] for step in yaml.safe_load(job("github-comment"))["jobs"]["comment"]["steps"] if "run" in step)
    (tmp_path / "comment.md").write_text("<!-- greenwright check -->\n")
    (tmp_path / "pull-request").write_text("7; rm -rf /\n")
    said = tmp_path / "said"
    gh = tmp_path / "programs" / "gh"
    for own, expected in (("", "POST repos/o/r/issues/7/comments"), ("42", "PATCH repos/o/r/issues/comments/42")):
        gh.write_text(f'#!/bin/sh\ncase "$*" in *paginate*) echo "{own}";; *) echo "$*" > "{said}";; esac\n')
        gh.chmod(0o755)

        ended = run(script, tmp_path, programs | {"REPOSITORY": "o/r"})

        assert ended.returncode == 0, ended.stderr
        assert expected in said.read_text()


@pytest.mark.slow
def test_the_job_for_gitlab_fails_a_merge_request_that_needs_more(clone: Path, programs: dict[str, str]) -> None:
    wanted = yaml.safe_load(job("gitlab"))["greenwright"]
    told = {
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": git(clone, "rev-parse", "origin/main"),
    }

    ended = run("\n".join(wanted["script"]), clone, programs | told)

    assert ended.returncode == 1, ended.stderr
    assert all((clone / name).is_file() for name in wanted["artifacts"]["paths"])
    assert ET.parse(clone / wanted["artifacts"]["reports"]["junit"]).getroot().get("failures") == "1"  # noqa: S314 - our own file


@pytest.mark.slow
def test_the_hook_stops_a_push_that_needs_more(clone: Path, programs: dict[str, str]) -> None:
    """By pre-commit itself, installed as its users install it."""
    (clone / ".pre-commit-config.yaml").write_text(job("pre-commit"))
    git(clone, "add", ".")
    git(clone, "commit", "-qm", "a hook")
    pre_commit = [sys.executable, "-m", "pre_commit"]
    subprocess.run(
        [*pre_commit, "install", "--hook-type", "pre-push"], cwd=clone, env=programs, check=True, capture_output=True
    )
    push = ["git", "push", "-q", "origin", "HEAD:refs/heads/new"]

    stopped = subprocess.run(push, cwd=clone, env=programs, capture_output=True, text=True, check=False)
    (clone / "work.py").write_text("ROUNDS = 1_000_000\n")
    git(clone, "commit", "-qam", "less work")
    passed = subprocess.run(push, cwd=clone, env=programs, capture_output=True, text=True, check=False)

    assert (stopped.returncode, passed.returncode) == (1, 0), stopped.stdout + passed.stdout + passed.stderr
    assert "1 of 1 budget over budget" in stopped.stdout, stopped.stdout


def test_the_manifest_that_others_name_is_valid_for_pre_commit() -> None:
    manifest = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"

    checked = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(manifest)], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout
