"""Scalars as TensorBoard's own reader finds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenwright.meter.sinks import tensorboard
from greenwright.testing.sinks import SinkContract, a_run

reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator", reason="needs the extra tensorboard")


class TestTensorBoard(SinkContract):
    sink = tensorboard

    def target(self, tmp_path: Path) -> str:
        return str(tmp_path / "runs")

    def test_every_window_is_a_step_of_its_name(self, tmp_path: Path) -> None:
        for _ in range(2):
            tensorboard.write(a_run(), self.target(tmp_path))
        found = reader.EventAccumulator(str(tmp_path / "runs" / a_run().id))
        found.Reload()

        assert [(0, 30.0), (1, 30.0)] == [(one.step, one.value) for one in found.Scalars("epoch/energy_j")]
        assert [100.0] == [one.value for one in found.Scalars("whole/energy_j")]
