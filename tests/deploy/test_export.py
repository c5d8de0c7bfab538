"""Exported files answer as the module did, for batches and lengths that the exporter never saw."""

from __future__ import annotations

import copy
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from greenwright.batches import Inputs, call, each, named
from greenwright.deploy.contract import run_once
from greenwright.deploy.export import to_onnx
from greenwright.deploy.runtimes import onnx_runtime
from greenwright.errors import BadInputError
from greenwright.records.models import Inference, OnnxModel
from greenwright.testing import zoo


class Weighted(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 3)

    def forward(self, rows: torch.Tensor, weights: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        weighted = self.linear(rows) * weights.unsqueeze(-1)
        return weighted, weights


class Branching(nn.Module):
    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return rows * 2 if rows.sum() > 0 else rows


class Noisy(nn.Module):
    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return rows + torch.randn_like(rows)


def rows(count: int, width: int = 4, seed: int = 0) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)


def assert_answers_alike(module: nn.Module, model: OnnxModel, batches: Sequence[Inputs]) -> None:
    session = onnx_runtime.load(model, Inference(runtime="onnxruntime"))
    for inputs in batches:
        with torch.inference_mode():
            expected = call(module, each(torch.as_tensor, inputs)).numpy()

        np.testing.assert_allclose(run_once(session, inputs), expected, rtol=1e-4, atol=1e-5)


def test_one_array_of_any_batch_size_and_normalisations_folded(tmp_path: Path) -> None:
    module: Any = zoo.conv_net()
    module[1].running_mean.normal_()
    module[1].running_var.uniform_(0.5, 2.0)
    ((images, _),) = zoo.digit_batches(12, 12)
    model = to_onnx(module, [images[:2], images[2:7]], tmp_path / "model.onnx")

    assert_answers_alike(module, model, [images[:1], images, images[3:10]])


def test_named_arrays_of_any_batch_size_and_length(tmp_path: Path) -> None:
    module, samples = zoo.transformer(), [inputs for inputs, _ in zoo.sentence_batches()]
    model = to_onnx(module, samples, tmp_path / "model.onnx")
    others = [inputs for inputs, _ in [*zoo.sentence_batches(batch_size=1), *zoo.sentence_batches(batch_size=8)]]

    assert {"input_ids", "attention_mask"} == set(onnx_runtime.load(model, Inference()).inputs)
    assert len({named(inputs)["input_ids"].shape for inputs in others}) > 4
    assert_answers_alike(module, model, others)


def test_several_arrays_in_order_and_the_first_output(tmp_path: Path) -> None:
    module = Weighted()
    samples = [(rows(count), rows(count, 1)[:, 0]) for count in (2, 5)]
    model = to_onnx(module, samples, tmp_path / "model.onnx")

    assert ["input_0", "input_1"] == onnx_runtime.load(model, Inference()).inputs
    assert_answers_alike(module, model, [(rows(1, seed=1), rows(1, 1, seed=2)[:, 0]), (rows(9), rows(9, 1)[:, 0])])


def test_the_module_stays_as_it_was(tmp_path: Path) -> None:
    module, before = Weighted().train(), logging.root.manager.disable
    weights = copy.deepcopy(module.state_dict())
    to_onnx(module, [(rows(2), rows(2, 1)[:, 0]), (rows(3), rows(3, 1)[:, 0])], tmp_path / "model.onnx")

    assert module.training
    assert all(torch.equal(value, weights[name]) for name, value in module.state_dict().items())
    assert before == logging.root.manager.disable


def test_a_module_that_cannot_be_exported_says_why(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="PyTorch cannot export Branching to ONNX: .*data-dependent"):
        to_onnx(Branching(), [rows(2), rows(3)], tmp_path / "model.onnx")


def test_a_file_that_answers_differently_is_caught(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="the exported Noisy answers differently from PyTorch: .*% off at worst"):
        to_onnx(Noisy(), [rows(2), rows(3)], tmp_path / "model.onnx")
