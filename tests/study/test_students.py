"""Students of models without a label in sight."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import greenwright
from greenwright import Limits, Workload
from greenwright.records.study import TrialState
from greenwright.study.search import Search


class Block(nn.Module):
    """Adds what one hidden layer makes of the row."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.hidden, self.back = nn.LayerNorm(64), nn.Linear(64, 256), nn.Linear(256, 64)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        added: torch.Tensor = rows + self.back(torch.relu(self.hidden(self.norm(rows))))
        return added


def deep(digits: Any) -> nn.Module:
    """Four blocks that read digits, frozen, as a model is that is only served."""
    inputs, targets = (torch.tensor(array) for array in digits.train)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = nn.Sequential(nn.Sequential(*(Block() for _ in range(4))), nn.Linear(64, 10))
        optimizer = torch.optim.Adam(network.parameters(), 2e-3)
        for _ in range(100):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(inputs), targets).backward()
            optimizer.step()
    return network.eval().requires_grad_(requires_grad=False)


@pytest.mark.usefixtures("hurry")
def test_inputs_alone_teach_one_of_half_the_depth(digits: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Search, "_other_finishes", lambda *_: None)
    monkeypatch.setattr("greenwright.study.search.PATIENCE", 1)
    model = deep(digits)
    workload = Workload(
        name="deep", model=model, validation=digits.validation, test=digits.test, unlabelled=digits.train[0], unit="1 image"
    )
    study = greenwright.optimize(
        workload, limits=Limits(max_drop=0.1, time_s=120, strategies=("blocks", "onnx-runtime")), out=tmp_path / "out"
    )
    taught = [trial for trial in study.record.trials if trial.recipe[0].strategy == "blocks"]

    assert taught
    assert all(trial.state is TrialState.MEASURED for trial in taught)
    assert "of 0 blocks" in taught[0].notes[0]
    assert taught[0].quality_drop is not None
    assert taught[0].quality_drop.value < 0.05
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert "of its budget of" in study.record.stopped_because or "more than its budget" in study.record.stopped_because
