"""Ranges are looked for until they settle, and no longer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from greenwright.strategies import calibration, onnx_graph
from greenwright.strategies.contract import Plan


def feeds(count: int, growing: float = 0.0) -> list[calibration.Feed]:
    """Batches of four rows, each batch larger than the one before by ``growing``."""
    rng = np.random.default_rng(0)
    rows = rng.uniform(0, 1, (4, 64)).astype(np.float32)
    return [{"input": rows * (1 + growing) ** number} for number in range(count)]


def test_ranges_that_do_not_move_are_settled_early(mlp_file: Plan, tmp_path: Path) -> None:
    found = calibration.ranges(mlp_file.model, feeds(8), "minmax", None, tmp_path)

    assert found.settled
    assert 8 == found.example_count


def test_ranges_that_keep_growing_take_all_there_is(mlp_file: Plan, tmp_path: Path) -> None:
    found = calibration.ranges(mlp_file.model, feeds(5, growing=0.5), "minmax", None, tmp_path)

    assert not found.settled
    assert 20 == found.example_count


@pytest.mark.parametrize("method", calibration.METHODS)
def test_every_method_ranges_what_it_has_seen(mlp_file: Plan, tmp_path: Path, method: str) -> None:
    given = feeds(2)
    found = calibration.ranges(mlp_file.model, given, method, None, tmp_path)
    bounds = found.of("input")

    assert bounds is not None
    assert 0 <= bounds[0] < bounds[1] <= given[0]["input"].max() * 1.01
    assert found.of("nothing of that name") is None


def test_inputs_go_by_name_and_else_in_order(mlp_file: Plan) -> None:
    names = onnx_graph.inputs(mlp_file.model)
    rows = np.zeros((2, 64), dtype=np.float32)

    for batch in (rows, (rows,), {"input": rows, "extra": rows}, {"other": rows}):
        (feed,) = calibration.feeds_of([batch], names)
        assert list(names) == ["input"] == list(feed)
