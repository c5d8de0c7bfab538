"""Outliers move into the weights, and the function stays what it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from greenwright.records.models import Inference, OnnxModel
from greenwright.strategies import equalisation, layers
from greenwright.strategies.contract import Plan
from greenwright.strategies.quantize import static_int8
from greenwright.testing.strategies import answers, given


class Spiky(nn.Module):
    """Rows whose normalised form has one channel far larger than the rest, read by one matrix, or by one and the sum behind it."""

    def __init__(self, *, residual: bool, spike: float = 60.0) -> None:
        super().__init__()
        self.norm, self.matrix, self.residual = nn.LayerNorm(32), nn.Linear(32, 32), residual
        with torch.no_grad():
            self.norm.weight[3] = spike

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        normal = self.norm(rows)
        answered: torch.Tensor = self.matrix(normal)
        return answered + normal if self.residual else answered


ROWS = np.random.default_rng(0).normal(size=(64, 32)).astype(np.float32)


def exported(folder: Path, *, residual: bool, spike: float = 60.0) -> Plan:
    torch.manual_seed(0)
    to_onnx: Any = given(static_int8.META, folder, [(ROWS, np.zeros(64))]).to_onnx
    model = to_onnx(Spiky(residual=residual, spike=spike).eval(), folder / "spiky.onnx")
    return Plan(model=model, inference=Inference(runtime="onnxruntime"))


@pytest.mark.parametrize(("residual", "divisions"), [(False, 0), (True, 1)])
def test_the_answers_stay_and_a_division_is_added_only_where_something_else_reads_the_activation(
    tmp_path: Path, residual: bool, divisions: int
) -> None:
    plan = exported(tmp_path, residual=residual)
    evened, count = equalisation.equalised(plan.model, [{"input": ROWS}], tmp_path / "evened.onnx")

    assert 1 == count
    np.testing.assert_allclose(
        answers(Plan(model=evened, inference=plan.inference), ROWS), answers(plan, ROWS), rtol=1e-3, atol=1e-3
    )
    assert divisions == layers.operators(evened)["Mul"] - layers.operators(plan.model)["Mul"]
    assert evened.path.stat().st_size < plan.model.path.stat().st_size + 2000


def test_what_outliers_would_spoil_in_8_bits_survives(tmp_path: Path) -> None:
    plan = exported(tmp_path, residual=False)
    errors = {}
    for equalise in (False, True):
        usual = {"operators": "fitting", "per_channel": True, "calibrate": "minmax", "spared_percent": 0}
        handed = given(static_int8.META, tmp_path, [(ROWS, np.zeros(64))], choices=usual | {"equalise": equalise})
        errors[equalise] = float(np.abs(answers(static_int8.apply(plan, handed), ROWS) - answers(plan, ROWS)).mean())

    assert errors[True] < 0.5 * errors[False]


def test_a_graph_without_outliers_stays_as_it_is(tmp_path: Path) -> None:
    plan = exported(tmp_path, residual=False, spike=1.0)

    assert (plan.model, 0) == equalisation.equalised(plan.model, [{"input": ROWS}], tmp_path / "evened.onnx")


def test_the_file_itself_is_left_alone(tmp_path: Path) -> None:
    plan = exported(tmp_path, residual=True)
    before = plan.model.path.read_bytes()
    equalisation.equalised(OnnxModel(path=plan.model.path), [{"input": ROWS}], tmp_path / "evened.onnx")

    assert before == plan.model.path.read_bytes()
