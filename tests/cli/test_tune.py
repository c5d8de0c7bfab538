from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from greenwright.cli.main import app
from greenwright.meter import nvidia
from greenwright.meter.probes import nvml
from greenwright.testing.conformance import install
from greenwright.testing.probes import FakeNvml

RUNNER = CliRunner()
WORK = [sys.executable, "-c", "import time; time.sleep(0.1)"]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeNvml:
    machine = FakeNvml(tmp_path, (300.0,))
    install(machine, monkeypatch)
    monkeypatch.setattr(nvidia, "has_driver", lambda root: True)
    monkeypatch.setattr(nvml, "META", replace(nvml.META, update_s=1e-3))  # or every run would have to take 2 s
    return machine


def test_without_run_nothing_is_set_or_started(fake: FakeNvml) -> None:
    fake.allows_setting = False
    ended = RUNNER.invoke(app, ["tune", "--steps", "3", "--", sys.executable, "-c", "raise SystemExit(1)"])

    assert 0 == ended.exit_code
    assert "200 to 700 W allowed" in ended.stdout
    assert ["450 W", "200 W"] == [line.strip() for line in ended.stdout.splitlines() if line.strip() in ("450 W", "200 W")]
    assert "To do it: add --run" in ended.stdout


def test_with_run_it_measures_and_puts_the_limits_back(fake: FakeNvml) -> None:
    ended = RUNNER.invoke(app, ["tune", "--run", "--steps", "2", "--repeat", "1", "--slowdown", "9", "--json", "--", *WORK])
    found = json.loads(ended.stdout)

    assert [None, 1.0, pytest.approx(2 / 7)] == [trial["point"]["limit_share"] for trial in found["trials"]]
    assert [700_000] == fake.limits_mw
    assert not found["kept"]


def test_a_command_that_fails_is_named_and_the_limits_are_put_back(fake: FakeNvml) -> None:
    ended = RUNNER.invoke(
        app, ["tune", "--run", "--steps", "2", "--", sys.executable, "-c", "import time; time.sleep(0.1); raise SystemExit(7)"]
    )

    assert 2 == ended.exit_code
    assert "ended with exit code 7; mend it, then tune" in ended.output
    assert [700_000] == fake.limits_mw


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["--batches", "8,16"], "write {batch} where it takes one"),
        (["--batches", "8,x"], "give whole numbers"),
        (["--batches", "0"], "at least 1 example"),
        (["--gpu", "4"], "there is no GPU 4 here"),
        (["--steps", "1"], "give at least 2"),
    ],
)
@pytest.mark.usefixtures("fake")
def test_what_cannot_be_tuned_is_refused(given: list[str], why: str) -> None:
    ended = RUNNER.invoke(app, ["tune", *given, "--", *WORK])

    assert 2 == ended.exit_code
    assert why in ended.output


def test_without_a_gpu_it_cannot_be_done_here() -> None:
    ended = RUNNER.invoke(app, ["tune", "--", *WORK])

    assert 3 == ended.exit_code
    assert "no NVIDIA driver" in ended.output
