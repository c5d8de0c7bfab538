"""Find the range of every activation on calibration inputs, on as many as it takes for the ranges to settle.

Inputs are looked at in doubling numbers of batches; when another doubling moves the ranges by no more than ``SETTLED_SHARE`` of
their width, as the mean over activations, they have settled. So a few dozen examples do for most networks, and a network whose
ranges keep growing is given all there are.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from greenwright.batches import Inputs, completed, each, example_count, fed
from greenwright.records.models import OnnxModel

SETTLED_SHARE = 0.02
METHODS = ("minmax", "percentile", "entropy")

Feed = dict[str, np.ndarray[Any, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """What the quantizer takes, and how many examples it took."""

    data: Any
    """ONNX Runtime's ``TensorsData``."""
    example_count: int
    settled: bool

    def of(self, name: str) -> tuple[float, float] | None:
        """Lowest and highest value of an activation, None where it is not known or not finite."""
        if name not in self.data:
            return None
        low, high = (float(np.asarray(bound).reshape(-1)[0]) for bound in self.data[name].range_value)
        return (low, high) if np.isfinite([low, high]).all() else None


class _Reader:
    """Hands the calibrator one batch after another, so that they may differ in size and length."""

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self.feeds = feeds
        self.left = iter(feeds)

    def __len__(self) -> int:
        return len(self.feeds)

    def get_next(self) -> Feed | None:
        """The next batch, or None after the last."""
        return next(self.left, None)


def feeds_of(batches: Sequence[Inputs], shapes: Mapping[str, Sequence[int | str | None]]) -> list[Feed]:
    """Batches under the graph's own input names; unnamed inputs are taken in order, and a decoder has seen nothing before."""
    return [fed(completed(each(np.asarray, batch), shapes), list(shapes)) for batch in batches]


def ranges(source: OnnxModel, feeds: Sequence[Feed], method: str, operators: Sequence[str] | None, work_dir: Path) -> Ranges:
    """Calibrate on as many of ``feeds`` as it takes.

    Args:
        source: the float graph.
        feeds: batches by input name.
        method: ``minmax``, ``percentile`` or ``entropy``.
        operators: types whose activations are ranged; None for all that can be quantized.
        work_dir: for the graph that exposes its activations.

    Raises:
        ValueError: an activation is infinite.
    """
    calibrator = _calibrator(source, "minmax", operators, work_dir)
    used, settled, before = 0, False, None
    for count in _doubling(len(feeds)):
        for feed in feeds[used:count]:
            calibrator.collect_data(_Reader([feed]))
        used, now = count, _widths(calibrator.compute_data())
        settled = before is not None and float(np.mean(np.abs(now - before) / np.maximum(now, 1e-12))) <= SETTLED_SHARE
        if settled:
            break
        before = now
    if method != "minmax":
        # What was seen decides how much is enough; how a histogram of it is cut is a question of its own.
        calibrator = _calibrator(source, method, operators, work_dir)
        for feed in feeds[:used]:
            calibrator.collect_data(_Reader([feed]))
    count = sum(example_count(feed) for feed in feeds[:used])
    return Ranges(data=calibrator.compute_data(), example_count=count, settled=settled)


def _calibrator(source: OnnxModel, method: str, operators: Sequence[str] | None, work_dir: Path) -> Any:
    from onnxruntime.quantization import CalibrationMethod
    from onnxruntime.quantization.calibrate import create_calibrator

    methods = dict(
        zip(METHODS, (CalibrationMethod.MinMax, CalibrationMethod.Percentile, CalibrationMethod.Entropy), strict=True)
    )
    made = create_calibrator(
        source.path,
        operators,
        augmented_model_path=str(work_dir / "augmented.onnx"),
        calibrate_method=methods[method],
        extra_options={"symmetric": False},
    )
    made.set_execution_providers(["CPUExecutionProvider"])
    return made


def _doubling(count: int) -> Iterator[int]:
    """1, 2, 4 … and, last, ``count``."""
    yield from itertools.takewhile(lambda size: size < count, (2**power for power in itertools.count()))
    yield count


def _widths(data: Any) -> np.ndarray[Any, Any]:
    return np.array([float(np.max(high) - np.min(low)) for low, high in (data[name].range_value for name in data)])
