"""The command on real files: what it prints, what it leaves, and what it says to files it cannot use."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from greenwright.cli.main import app

RUNNER = CliRunner()

WORKLOAD = """
import torch
from greenwright import Workload

def workload():
    torch.manual_seed(0)
    inputs = torch.randn(200, 16)
    model = {model}
    return Workload(name="tiny", model=model, validation=(inputs[:100], {targets}[:100]), test=(inputs[100:], {targets}[100:]),
                    quality={quality})
"""
LINEAR = "torch.nn.Linear(16, 3)"
TARGETS = "torch.arange(200).remainder(3)"


def call(*arguments: str | Path) -> Result:
    return RUNNER.invoke(app, ["optimize", *map(str, arguments)], prog_name="greenwright")


def a_file(tmp_path: Path, *, model: str = LINEAR, targets: str = TARGETS, quality: str = '"accuracy"') -> Path:
    path = tmp_path / "workload.py"
    path.write_text(WORKLOAD.format(model=model, targets=targets, quality=quality))
    return path


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_study_ends_by_naming_the_page(inside: Path) -> None:
    ended = call(a_file(inside), "--strategies", "half-precision", "--time", "20s")

    assert ended.exit_code == 0, ended.output
    assert ended.stdout.splitlines()[-1] == f"page   {inside / 'greenwright-out/tiny/report.html'}"
    assert (inside / "greenwright-out/tiny/report.html").exists()


def test_json_is_the_record_and_nothing_else(inside: Path) -> None:
    ended = call(a_file(inside), "--strategies", "half-precision", "--time", "20s", "--json")

    assert ended.exit_code == 0, ended.output
    assert json.loads(ended.stdout) == json.loads((inside / "greenwright-out/tiny/study.json").read_text())


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ({"model": "torch.nn.Linear(15, 3)"}, r"the model fails on batch 0 of the test set \(.*\): RuntimeError"),
        (
            {"model": "torch.nn.Sequential(torch.nn.Linear(16, 3), torch.nn.Softmax(0))", "quality": "lambda a, b: 'good'"},
            "quality",
        ),
        ({"quality": "lambda outputs, targets: float('nan')"}, "nan"),
        ({"quality": "'beauty'"}, "beauty"),
        ({"model": "None"}, "model"),
    ],
    ids=["a model that fails", "a metric of words", "a metric of nan", "an unknown metric", "no model"],
)
def test_a_workload_that_cannot_be_used_is_one_clear_line(inside: Path, file: dict[str, str], said: str) -> None:
    ended = call(a_file(inside, **file), "--strategies", "half-precision")

    assert ended.exit_code == 2, ended.output
    assert re.search(said, ended.stderr.splitlines()[-1])
    assert "Traceback" not in ended.stderr
    assert not (inside / "greenwright-out").exists() or not list((inside / "greenwright-out").iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.py"], "nowhere.py"),
        (["nowhere.onnx"], "there is no model at nowhere.onnx"),
        (["empty.py"], "empty.py"),
        (["empty.onnx"], "empty.onnx brings no data: add --data FILE.npz with its inputs by name and their targets"),
        (["empty.onnx", "--data", "data.npz"], "empty.onnx"),
        (["empty.onnx", "--data", "nowhere.npz"], "nowhere.npz"),
        (["empty.py", "--data", "data.npz"], "--data goes with an .onnx file"),
        (["empty.py", "--search-budget", "5 apples"], "'5 apples' is not an energy, such as 500J, 50kJ or 2Wh"),
        (["empty.py", "--time", "soon"], "'soon' is not a duration, such as 90s, 10m or 2h"),
        (["empty.py", "--batch", "0"], "batch must be 1 or more, got 0"),
        (["empty.py", "--max-drop", "nan"], "max_drop must be 0 or more, got nan"),
    ],
)
def test_wrong_use_names_the_value_and_what_to_do(inside: Path, arguments: list[str], said: str) -> None:
    (inside / "empty.py").touch()
    (inside / "empty.onnx").touch()
    np.savez(inside / "data.npz", input=np.ones((4, 2), np.float32), targets=np.ones(4))

    ended = call(*arguments)

    assert ended.exit_code == 2, ended.output
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_nothing_to_resume_is_said(inside: Path) -> None:
    ended = call(a_file(inside), "--resume")

    assert ended.exit_code == 2
    assert "there is no study to resume in" in ended.stderr
