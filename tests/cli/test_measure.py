"""``greenwright measure``, as people and scripts call it."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from greenwright.cli.main import app
from greenwright.meter.journal import Line, RunLine, append_line
from greenwright.meter.nodes import place

BUSY = "sum(range(2_000_000))"


def call(folder: Path, *arguments: str, timeout: float = 120.0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "greenwright", "measure", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"GREENWRIGHT_HOME": str(folder / "home")},
        timeout=timeout,
    )


def python(program: str) -> list[str]:
    return ["--", sys.executable, "-c", program]


def test_what_the_command_prints_is_its_own_and_the_report_goes_beside_it(tmp_path: Path) -> None:
    ended = call(tmp_path, "--name", "adding", *python(f"{BUSY}; print('done')"))

    assert (0, "done\n") == (ended.returncode, ended.stdout)
    assert ended.stderr.startswith("adding: ")
    assert " J" in ended.stderr or " mJ" in ended.stderr
    assert not list((tmp_path / "home").rglob("*.jsonl"))


def test_its_exit_code_becomes_ours(tmp_path: Path) -> None:
    assert 7 == call(tmp_path, *python("raise SystemExit(7)")).returncode


def test_json_is_alone_on_standard_output(tmp_path: Path) -> None:
    ended = call(tmp_path, "--json", *python(f"{BUSY}; print('done')"))
    run = json.loads(ended.stdout)

    assert ended.stderr == "done\n"
    assert run["windows"][0]["energy_j"]["value"] > 0
    assert (0, True, sys.executable) == (run["exit_code"], run["finished"], run["command"][0])


def test_repeats_have_a_median_and_an_interval(tmp_path: Path) -> None:
    repeats = json.loads(call(tmp_path, "--json", "--repeat", "6", *python(BUSY)).stdout)

    assert 6 == len(repeats["run"]["windows"])
    assert repeats["spread"]["low"] <= repeats["energy_j"]["value"] <= repeats["spread"]["high"]
    assert repeats["detectable_share"] > 0


def test_repeats_stop_at_the_first_that_fails(tmp_path: Path) -> None:
    program = "import os, sys; sys.exit(3 if os.path.exists('ran') else open('ran', 'w').close())"
    ended = call(tmp_path, "--json", "--repeat", "5", *python(program))

    assert 3 == ended.returncode
    assert 2 == len(json.loads(ended.stdout)["run"]["windows"])


@pytest.mark.slow
def test_a_command_that_does_half_the_work_needs_less(tmp_path: Path) -> None:
    other = f"{sys.executable} -S -c 'sum(range(12_000_000))'"
    ended = call(
        tmp_path, "--json", "--repeat", "12", "--compare", other, "--", sys.executable, "-S", "-c", "sum(range(3_000_000))"
    )
    compared = json.loads(ended.stdout)

    assert (0, "less") == (ended.returncode, compared["verdict"])
    assert 0.1 < compared["ratio"]["value"] < 0.7


def test_a_command_that_fails_is_not_compared(tmp_path: Path) -> None:
    ended = call(tmp_path, "--compare", "false", "--", "true")

    assert 1 == ended.returncode
    assert "error: false ended with exit code 1, so there is nothing to compare" in ended.stderr


def test_it_is_sent_where_it_was_asked_to_be(tmp_path: Path) -> None:
    call(tmp_path, "--to", "csv:energy.csv", "--to", "json:energy.json", *python(BUSY))
    with (tmp_path / "energy.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)

    assert float(row["energy_j"]) == json.loads((tmp_path / "energy.json").read_text())["windows"][0]["energy_j"]["value"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "there is nothing to measure; give a command after --"),
        (["--"], "there is nothing to measure"),
        (["--", "no-such-program"], "'no-such-program' cannot be run: No such file or directory"),
        (["--", "/"], "'/' cannot be run: Permission denied"),
        (["--to", "csv", "--", "true"], "'csv' is no place to send a run to; write KIND:TARGET"),
        (["--to", "fax:1", "--", "true"], "with one of codecarbon, csv, json"),
        (["--interval", "soon", "--", "true"], "'soon' is not a duration"),
        (["--compare", "true", "--to", "csv:a", "--", "true"], "leave one of them out"),
        (["--compare", "", "--", "true"], "--compare names no command"),
        (["--merge", "nothing.jsonl"], "the journal nothing.jsonl cannot be read"),
        (["--merge"], "there is no journal in nothing"),
        (["--recover", "nothing.jsonl"], "the journal nothing.jsonl cannot be read"),
        (["--repeat", "0", "--", "true"], "Invalid value for '--repeat'"),
    ],
)
def test_wrong_use_is_named_in_a_line(tmp_path: Path, arguments: list[str], said: str) -> None:
    ended = call(tmp_path, *arguments)

    assert 2 == ended.returncode
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not list((tmp_path / "home").rglob("*.jsonl"))


def test_options_of_the_command_are_left_to_it_even_without_the_dashes(tmp_path: Path) -> None:
    assert "hi\n" == call(tmp_path, "--name", "shell", "sh", "-c", "echo hi").stdout


def test_a_measurement_that_was_killed_is_recovered(tmp_path: Path) -> None:
    ours = subprocess.Popen(
        [sys.executable, "-m", "greenwright", "measure", "--name", "cut", "--interval", "0.1s", *python("while True: pass")],
        env=os.environ | {"GREENWRIGHT_HOME": str(tmp_path / "home")},
    )
    until_s = time.monotonic() + 30
    while time.monotonic() < until_s and "looks" not in "".join(path.read_text() for path in tmp_path.rglob("*.jsonl")):
        time.sleep(0.05)
    during = call(tmp_path, "--recover", "--json")
    ours.send_signal(signal.SIGKILL)
    ours.wait()
    text, (run,) = call(tmp_path, "--recover").stderr, json.loads(call(tmp_path, "--recover", "--json").stdout)

    assert [] == json.loads(during.stdout)
    assert (False, "cut") == (run["finished"], run["name"])
    assert run["windows"][0]["energy_j"]["value"] > 0
    assert "it was cut off: at most 100 ms of it is missing here" in text


def test_with_nothing_to_recover_it_says_so(tmp_path: Path) -> None:
    ended = call(tmp_path, "--recover")

    assert (0, "no measurement was cut off\n") == (ended.returncode, ended.stderr)


def test_one_killed_before_its_first_look_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl"
    head = RunLine(id="1", name="cut", place=place({}), started_at="2026-01-01T00:00:00+00:00", counters=())
    append_line(path, Line(run=head))

    assert "cut: nothing was measured before it was cut off" in call(tmp_path, "--recover", str(path)).stderr


def test_journals_that_are_kept_are_merged(tmp_path: Path) -> None:
    for _ in range(2):
        call(tmp_path, "--journal", "journals", *python(BUSY))
    merged = json.loads(call(tmp_path, "--merge", "--json", "journals").stdout)

    assert (1, 2) == (len(merged["machines"]), len(merged["runs"]))
    assert merged["energy_j"]["value"] > 0


def test_typer_understands_what_the_short_way_understands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENWRIGHT_HOME", str(tmp_path))
    ended = CliRunner().invoke(
        app,
        ["measure", "--json", "--name", "typed", "--to", f"json:{tmp_path / 'a.json'}", "--", "true"],
        prog_name="greenwright",
    )

    assert 0 == ended.exit_code
    assert "typed" == json.loads((tmp_path / "a.json").read_text())["name"]


def test_a_plain_measurement_brings_neither_typer_nor_rich(tmp_path: Path) -> None:
    program = (
        "import sys; sys.argv = ['greenwright', 'measure', '--', 'true']\nfrom greenwright.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit:\n    print({'typer', 'rich', 'pydantic', 'numpy', 'subprocess'} & set(sys.modules))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"GREENWRIGHT_HOME": str(tmp_path)},
    )

    assert "set()\n" == ended.stdout
