"""Runs as MLflow's own client finds them in a store on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from greenwright.meter.sinks import mlflow
from greenwright.testing.sinks import SinkContract, a_run

tracking = pytest.importorskip("mlflow.tracking", reason="needs the extra mlflow")

pytestmark = pytest.mark.filterwarnings("ignore::Warning:mlflow")


class TestMlflow(SinkContract):
    sink = mlflow

    @pytest.fixture(autouse=True)
    def files_allowed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """MLflow wants to be asked for its file store since version 3."""
        monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")

    def target(self, tmp_path: Path) -> str:
        return f"file:{tmp_path / 'mlruns'}"

    def found(self, tmp_path: Path) -> list[Any]:
        client = tracking.MlflowClient(tracking_uri=self.target(tmp_path))
        return list(client.search_runs([client.get_experiment_by_name("greenwright").experiment_id]))

    def test_the_store_holds_joules_with_their_range_and_grade(self, tmp_path: Path) -> None:
        mlflow.write(a_run(), self.target(tmp_path))
        (entry,) = self.found(tmp_path)

        assert (100.0, 90.0, 60.0) == pytest.approx(
            [entry.data.metrics[name] for name in ("energy_j", "energy_low_j", "windows/epoch/energy_j")]
        )
        assert ("counter", "python train.py", "FINISHED") == (
            entry.data.tags["greenwright.grade"],
            entry.data.params["command"],
            entry.info.status,
        )

    def test_a_run_written_again_has_one_entry(self, tmp_path: Path) -> None:
        mlflow.write(a_run(finished=False), self.target(tmp_path))
        mlflow.write(a_run(), self.target(tmp_path))

        assert ["FINISHED"] == [entry.info.status for entry in self.found(tmp_path)]
