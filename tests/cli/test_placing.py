"""``greenwright place`` and ``greenwright run``: what they print, how they end, and how they refuse."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from greenwright.cli.main import app

RUNNER = CliRunner()
JOB = """
[work]
energy = "12 kWh"
duration = "6h"
[when]
deadline = "24h"
[where]
here = "DE"
regions = ["SE"]
[intensity]
DE = 400
SE = 20
"""


@pytest.fixture
def job(tmp_path: Path) -> Path:
    path = tmp_path / "job.toml"
    path.write_text(JOB)
    return path


def ended(*words: str) -> tuple[int, str]:
    found = RUNNER.invoke(app, list(words))
    return found.exit_code, found.output


def test_a_plan_is_printed_with_now_and_here_beside_it(job: Path) -> None:
    code, said = ended("place", str(job))

    assert code == 0
    assert said.startswith("Run at aws/eu-north-1")
    assert "Now, here" in said


def test_the_job_file_of_the_docs_is_a_plan(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "placing.md").read_text()
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hours = "".join(f"{now + timedelta(hours=hour):%Y-%m-%dT%H:%MZ},{400 + hour}\n" for hour in range(30))
    (tmp_path / "de.csv").write_text(f"time,g_per_kwh\n{hours}")
    job = tmp_path / "job.toml"
    job.write_text(page.partition("```toml\n")[2].partition("```")[0])

    code, said = ended("place", str(job))

    assert code == 0
    assert said.startswith("Run at aws/eu-north-1 on 1 × H100")


def test_a_plan_is_json_and_nothing_else_also_of_many_jobs(tmp_path: Path) -> None:
    path = tmp_path / "jobs.toml"
    tables = "".join(f'[[job]]\nname = "{name}"\n' + '[job.work]\nenergy = "2 kWh"\nduration = "2h"\n' for name in "ab")
    path.write_text(tables + '[[site]]\nkey = "hall"\nzone = "DE"\ncapacity = 1\n')
    said = subprocess.run(
        [sys.executable, "-m", "greenwright", "place", str(path), "--json"], check=True, capture_output=True, text=True
    ).stdout

    assert [one["job"] for one in json.loads(said)["placed"]] == ["a", "b"]


def test_what_holds_no_constraint_ends_with_1_and_says_what_to_relax(job: Path) -> None:
    job.write_text(JOB.replace('"24h"', '"4h"'))

    code, said = ended("place", str(job))

    assert code == 1
    assert "Allow 2 h more" in said


def test_a_page_is_written_for_one_job_alone(job: Path, tmp_path: Path) -> None:
    page = tmp_path / "plan.html"

    assert ended("place", str(job), "--page", str(page))[0] == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("content", "said"), [(None, "there is no job file"), ("", "is empty"), ("[whn]\n", "'when' is probably")]
)
def test_a_file_that_is_none_ends_with_2(tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "job.toml"
    if content is not None:
        path.write_text(content)
    found = subprocess.run(
        [sys.executable, "-m", "greenwright", "place", str(path)], check=False, capture_output=True, text=True
    )

    assert found.returncode == 2
    assert said in found.stderr
    assert "Traceback" not in found.stderr


def run(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "greenwright", "run", *words],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"GREENWRIGHT_HOME": str(tmp_path)},
    )


def test_a_command_runs_is_metered_and_its_exit_code_is_ours(tmp_path: Path) -> None:
    fine = run(tmp_path, "--within", "1h", "--duration", "1m", "--where", "DE", "--json", "--", "true")
    wrong = run(tmp_path, "--within", "1h", "--duration", "1m", "--where", "DE", "--", "sh", "-c", "exit 7")

    assert fine.returncode == 0
    assert json.loads(fine.stdout)["attempts"][0]["ended"] == "done"
    assert "it runs at once" in fine.stderr
    assert wrong.returncode == 7
    assert "the command failed" in wrong.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give it after --"),
        (("--within", "soon", "--", "true"), "'soon' is not a duration"),
        (("--notices", "ibm", "--", "true"), "no cloud is called 'ibm'"),
        (("--intensity", "none.csv", "--", "true"), "none.csv"),
        (("--resume", "--", "true"), "there is no run to resume"),
    ],
)
def test_what_cannot_be_run_ends_with_2(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    found = run(tmp_path, *words)

    assert found.returncode == 2
    assert said in found.stderr
    assert "Traceback" not in found.stderr
