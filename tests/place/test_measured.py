from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from greenwright.errors import BadInputError
from greenwright.meter.session import Meter
from greenwright.place.measured import run
from greenwright.records.energy import Window


@pytest.fixture(scope="module")
def window() -> Window:
    """A window that was really measured."""
    with Meter(name="work") as meter:
        sum(number * number for number in range(300_000))
    return meter.result


@pytest.mark.parametrize("shape", ["window", "list", "run", "windows"])
def test_whatever_greenwright_prints_of_a_run_is_understood(tmp_path: Path, window: Window, shape: str) -> None:
    one = msgspec.to_builtins(window)
    content = {"window": one, "list": [one, one], "run": {"run": {"windows": [one]}}, "windows": {"windows": [one]}}[shape]
    path = tmp_path / "run.json"
    path.write_text(json.dumps(content))

    energy, run_s = run(path, 3)

    assert energy.value == pytest.approx(3 * window.energy_j.value)
    assert energy.low <= energy.value <= energy.high
    assert energy.grade is window.energy_j.grade
    assert run_s == pytest.approx(3 * window.duration_s)


def test_the_output_of_the_measure_command_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    with path.open("wb") as file:
        subprocess.run(
            [sys.executable, "-m", "greenwright", "measure", "--json", "--", sys.executable, "-c", "sum(range(10**6))"],
            check=True,
            stdout=file,
            stderr=subprocess.DEVNULL,
        )

    energy, run_s = run(path)

    assert energy.value > 0
    assert run_s > 0


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read"), ("{", "holds no window"), ("[]", "holds no window"), ('{"a": 1}', "holds no window")],
)
def test_what_is_no_run_is_refused(tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "run.json"
    if content is not None:
        path.write_text(content)

    with pytest.raises(BadInputError, match=said):
        run(path)


def test_a_run_that_took_nothing_is_refused(tmp_path: Path, window: Window) -> None:
    one = msgspec.to_builtins(window) | {"duration_s": 0.0}
    path = tmp_path / "run.json"
    path.write_text(json.dumps(one))

    with pytest.raises(BadInputError, match="measure a run that does something"):
        run(path)
