"""Studies that end before their time: killed, interrupted, or out of disk. Each in a process of its own, as users run them."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import greenwright
from greenwright import CannotHereError, Limits
from greenwright.meter.journal import read_journal
from greenwright.study.workload import onnx_workload

FEW = "onnx-runtime,dynamic-int8,static-int8"


@pytest.fixture
def arguments(onnx_file: Path, npz_file: Path, tmp_path: Path) -> list[str]:
    named = ["--data", str(npz_file), "--max-drop", "0.06", "--time", "60s", "--strategies", FEW]
    return [str(onnx_file), *named, "--out", str(tmp_path / "out")]


def start(arguments: Sequence[str], *more: str) -> subprocess.Popen[str]:
    # Where the tests themselves run in the background of a shell, what they start would not hear of Ctrl-C.
    command = ["env", "--default-signal=INT", sys.executable, "-m", "greenwright", "optimize", *arguments, *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def stop_at(line: str, running: subprocess.Popen[str], number: int) -> None:
    """Send the signal when the study says it has come to ``line``."""
    assert running.stderr is not None
    for said in running.stderr:
        if said.startswith(line):
            running.send_signal(number)
            break


def finished(arguments: Sequence[str], *more: str) -> dict[str, Any]:
    with start(arguments, *more, "--json") as running:
        written, said = running.communicate()
    assert running.returncode == 0, said
    record: dict[str, Any] = json.loads(written)
    return record


@pytest.mark.slow
def test_a_study_that_was_killed_goes_on_and_loses_at_most_the_running_trial(arguments: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    with start(arguments) as running:
        stop_at("trial 2", running, signal.SIGKILL)
    assert running.returncode == -signal.SIGKILL
    assert {path.name for path in out.iterdir()} == {"search"}
    spent_j = sum(window.energy_j.value for window in read_journal(out / "search" / "windows.jsonl"))

    with start(arguments) as again:
        _, refused = again.communicate()
    record = finished(arguments, "--resume")

    assert again.returncode == 2
    assert "holds an unfinished study: go on with --resume" in refused
    assert [trial["number"] for trial in record["trials"]] == list(range(1, len(record["trials"]) + 1))
    assert record["trials"][0]["figures"] is not None
    assert record["search_j"]["value"] > spent_j > 0
    assert not (out / "search").exists()
    assert (out / "study.json").exists()


@pytest.mark.slow
def test_control_c_leaves_a_study_to_go_on_with_and_says_how(arguments: list[str], tmp_path: Path) -> None:
    with start(arguments) as running:
        stop_at("trial 1", running, signal.SIGINT)
        assert running.stderr is not None
        said = running.stderr.read()

    assert running.returncode == 130
    assert said.splitlines()[-1].startswith("interrupted; to go on where it stopped: greenwright optimize ")
    assert "Traceback" not in said
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"search"}
    assert finished(arguments, "--resume")["trials"]


def test_a_study_cannot_go_on_with_other_terms(arguments: list[str], tmp_path: Path) -> None:
    with start(arguments) as running:
        stop_at("trial 1", running, signal.SIGKILL)

    with start(arguments, "--resume", "--batch", "8") as other:
        _, said = other.communicate()

    assert other.returncode == 2
    assert "was begun with other terms (batch): resume it with the same" in said


@pytest.mark.usefixtures("hurry")
def test_a_full_disk_ends_the_study_says_what_to_do_and_leaves_nothing_half_written(
    onnx_file: Path, npz_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    out = tmp_path / "out"
    limits = Limits(max_drop=0.06, strategies=("static-int8",))
    workload = onnx_workload(onnx_file, npz_file)
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", lambda number: full(number) if (out / "search" / "proposals.journal").exists() else None)
        with pytest.raises(CannotHereError, match="the disk is full under .*: free some space, then run again with --resume"):
            greenwright.optimize(workload, limits=limits, out=out)

    assert {path.name for path in out.iterdir()} == {"search"}
    study = greenwright.optimize(workload, limits=limits, out=out, resume=True)
    assert study.report().exists()
