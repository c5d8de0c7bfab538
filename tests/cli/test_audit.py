"""``greenwright audit`` as people call it: on a log, on what is no log, and cut off."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from greenwright.cli.main import app

RUNNER = CliRunner()
HEAD = "team,phase,state,started_at,duration_s,device,gpu_count,gpu_busy_share"
IDLE = "vision,notebook,completed,2026-01-05T08:00:00,36000,A100-SXM4-80GB,1,0.02"
ODD = "Dept;Walltime (h);Cards\nphysics;2;4\nbiology;1.5;2\n"


def call(*arguments: str | Path) -> Result:
    return RUNNER.invoke(app, ["audit", *map(str, arguments)])


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log of one job that wasted its accelerator, and of one that cannot be read; in the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.csv").write_text(f"{HEAD}\n{IDLE}\n{IDLE.replace('36000', 'soon')}\n")
    return Path("log.csv")


def test_people_see_the_whole_the_waste_and_where_the_report_lies(log: Path) -> None:
    said = call(log)

    assert said.exit_code == 0, said.output
    assert "Accelerators held and hardly used" in said.output
    assert "1 of 2 rows could not be used" in said.output
    for name in ("audit.html", "audit.md", "audit.json"):
        assert (Path("greenwright-out/audit") / name).stat().st_size > 0
    assert "soon" in "".join(path.read_text() for path in Path("greenwright-out/audit").glob("*rejected*"))


def test_json_is_all_that_a_program_gets_on_standard_output(log: Path) -> None:
    said = call(log, "--json", "--out", "elsewhere")
    record = json.loads(said.stdout)

    assert said.exit_code == 0
    assert (record["total"]["job_count"], record["sources"][0]["rejected_count"]) == (1, 1)
    assert record["hotspots"][0]["id"] == "idle-gpus"
    assert json.loads(Path("elsewhere/audit.json").read_text()) == record


def test_a_draft_of_a_mapping_is_corrected_and_used(log: Path) -> None:
    Path("odd.csv").write_text(ODD)

    assert "--draft-mapping mapping.toml" in call("odd.csv").output
    assert call("odd.csv", "--draft-mapping", "mapping.toml").exit_code == 0
    assert call("odd.csv", "--draft-mapping", "mapping.toml").exit_code == 2  # it may have been corrected
    drafted = Path("mapping.toml").read_text()
    assert "# not used: Cards" in drafted
    corrected = drafted.replace("[columns]", '[columns]\ngpu_count = "Cards"').replace(
        "[constants]", '[constants]\ndevice = "V100"'
    )
    Path("mapping.toml").write_text(corrected)
    record = json.loads(call("odd.csv", "--mapping", "mapping.toml", "--json").stdout)

    assert (record["total"]["job_count"], record["total"]["gpu_s"]) == (2, (2 * 4 + 1.5 * 2) * 3600)


@pytest.mark.parametrize(
    ("content", "match"),
    [(None, "there is no file or folder log.csv"), ("", "log.csv is empty"), ("a,b\n1,2\n", "nobody knows what log.csv is")],
)
def test_what_is_no_log_is_refused_with_what_to_do(log: Path, content: str | None, match: str) -> None:
    log.unlink()
    if content is not None:
        log.write_text(content)
    said = call(log)

    assert said.exit_code == 2
    assert match in said.output
    assert not Path("greenwright-out").exists()


def test_without_a_source_it_says_where_to_look(log: Path) -> None:
    said = call()

    assert said.exit_code == 2
    assert "name at least one source" in said.output


def test_the_kinds_of_sources_and_the_columns_are_listed() -> None:
    said = call("--columns")

    assert said.exit_code == 0
    assert all(word in said.output for word in ("slurm", "codecarbon", "duration_s", "gpu_busy_share"))


@pytest.mark.parametrize(("reached", "wait_s"), [("long.csv: ", 0.1), ("adding up", 0.05), ("looking for waste", 0.05)])
def test_an_interrupted_audit_says_so_in_a_line_and_leaves_no_half_report(reached: str, wait_s: float, tmp_path: Path) -> None:
    rows = "".join(IDLE.replace("36000", str(number)) + "\n" for number in range(1, 200_000))
    (tmp_path / "long.csv").write_text(f"{HEAD}\n{rows}")
    # Where the tests themselves run in the background of a shell, what they start would not hear of Ctrl-C.
    command = ["env", "--default-signal=INT", sys.executable, "-m", "greenwright", "audit", "long.csv"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stderr is not None
        assert any(line.startswith(reached) for line in running.stderr)
        time.sleep(wait_s)
        running.send_signal(signal.SIGINT)
        rest = running.stderr.read()

    assert running.returncode == 130
    assert "interrupted" in rest
    assert "Traceback" not in rest
    assert not list(tmp_path.rglob("audit.*"))
