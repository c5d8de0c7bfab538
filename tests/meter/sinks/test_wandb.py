"""A run of Weights & Biases, kept offline by its own client."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from greenwright.meter.sinks import wandb
from greenwright.testing.sinks import a_run

pytest.importorskip("wandb", reason="needs the extra wandb")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_run_is_on_disk_and_nothing_was_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "offline")
    wandb.write(a_run(), "energy")
    (kept,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    deadline_s = time.monotonic() + 60
    while b"energy_low_j" not in kept.read_bytes() and time.monotonic() < deadline_s:  # its own process writes it
        time.sleep(0.1)

    assert b"energy_low_j" in kept.read_bytes()
