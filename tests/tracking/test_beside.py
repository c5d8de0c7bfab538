from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from greenwright.errors import BadInputError
from greenwright.meter.session import Meter
from greenwright.tracking import tracked


class Run:
    """What a tracker's run keeps, as W&B and DVCLive have it."""

    def __init__(self) -> None:
        self.metrics: dict[str, float] = {}
        self.summary: dict[str, Any] = {}

    def log(self, metrics: dict[str, float]) -> None:
        self.metrics |= metrics

    def log_metric(self, name: str, value: float, *, plot: bool) -> None:
        assert not plot
        self.metrics[name] = value

    def log_param(self, name: str, text: str) -> None:
        self.summary[name] = text


def work() -> None:
    sum(number * number for number in range(300_000))


def test_a_wandb_run_that_is_open_gets_energy_with_its_range_and_carbon(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run()
    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(run=run))

    with tracked("train", place="FR") as meter, meter.window("epoch"):
        work()

    kept = run.metrics
    assert (
        kept["greenwright/train/energy_low_j"] <= kept["greenwright/train/energy_j"] <= kept["greenwright/train/energy_high_j"]
    )
    assert 0 < kept["greenwright/train/carbon_g"] < kept["greenwright/train/energy_j"]
    assert 0 < kept["greenwright/epoch/energy_j"] <= kept["greenwright/train/energy_j"]
    assert run.summary["greenwright/grade"] in {"counter", "sampled", "modelled", "assumed"}


def test_dvclive_is_handed_in_and_gets_what_was_used_even_if_the_work_fails() -> None:
    live = Run()

    def diverge() -> None:
        work()
        raise ValueError("diverged")

    with pytest.raises(ValueError, match="diverged"), tracked("train", live=live, meter=Meter()):
        diverge()

    assert live.metrics["greenwright/train/energy_j"] >= 0
    assert not any("carbon" in name for name in live.metrics)


def test_without_an_open_run_it_says_so_before_the_work() -> None:
    with pytest.raises(BadInputError, match="no run of MLflow"), tracked():
        pytest.fail("the work began")


def test_a_place_that_nobody_knows_is_refused() -> None:
    with pytest.raises(BadInputError, match="nobody knows the place 'Atlantis'"), tracked(place="Atlantis", live=Run()):
        pytest.fail("the work began")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning")
def test_a_real_mlflow_run_has_energy_and_carbon_beside_its_own_metric(tmp_path: Path) -> None:
    mlflow = pytest.importorskip("mlflow", reason="the extra mlflow is not installed")
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")

    with mlflow.start_run() as run, tracked("train", place="DE"):
        mlflow.log_metric("accuracy", 0.97)
        work()

    data = mlflow.get_run(run.info.run_id).data
    assert data.metrics["accuracy"] == 0.97
    assert data.metrics["greenwright/train/energy_j"] > 0
    assert data.metrics["greenwright/train/carbon_g"] > 0
    assert data.tags["greenwright/place"] == "DE"
