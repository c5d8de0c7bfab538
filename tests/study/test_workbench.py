"""What strategies are handed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from greenwright.batches import each
from greenwright.deploy.contract import run_once
from greenwright.deploy.runtimes import onnx_runtime
from greenwright.records.models import Inference
from greenwright.study.limits import Limits
from greenwright.study.workbench import open_workbench
from greenwright.study.workload import Workload
from greenwright.testing import zoo


def test_lengths_stay_free_where_the_first_batches_happen_to_be_of_one_length(tmp_path: Path) -> None:
    lengths = [9] * 10 + [9, 4, 7] * 4

    def example(length: int) -> tuple[dict[str, Any], int]:
        return {"input_ids": np.full(length, 65), "attention_mask": np.ones(length, dtype=np.int64)}, 1

    examples = [example(length) for length in lengths]
    network = zoo.transformer()
    bench = open_workbench(
        Workload(model=network, validation=examples, test=list(examples)), Limits(), tmp_path / "search", None
    )
    to_onnx = bench.given({}, tmp_path / "work").to_onnx
    assert to_onnx is not None

    exported = onnx_runtime.load(to_onnx(network, tmp_path / "model.onnx"), Inference(runtime="onnxruntime"))

    assert run_once(exported, each(lambda array: array[None], example(5)[0])).shape == (1, 2)
