"""Measure several ways to run one model in turn, and keep every reading.

The figure is CPU-seconds of the process per 1,000 examples, one thread, medians over interleaved rounds. On a machine with an energy
counter the joules follow; on one without, this is what the modelled joules are made of, so the ratio is the same.
"""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import numpy as np

from greenwright.batches import Inputs, each, example_count
from greenwright.machine import this_machine
from greenwright.study.data import Split
from serving import Server

ROUNDS = 7
WINDOW_S = 0.5
RESULTS = Path(__file__).parent / "results"


def batches_of(split: Split, batch: int, count: int) -> list[Inputs]:
    """Inputs of ``count`` batches spread evenly over a split."""
    order = np.linspace(0, len(split) - 1, batch * count).astype(int).tolist()
    return [each(np.asarray, inputs) for inputs, _ in split.batches(batch, order)]


def interleaved(told: dict[str, dict[str, Any]], batches: list[Inputs]) -> dict[str, list[float]]:
    """CPU-seconds per 1,000 examples of every model, round by round, each in a fresh process of its own."""
    count = sum(example_count(inputs) for inputs in batches)
    with tempfile.TemporaryDirectory() as name:
        servers = {
            key: Server(Path(name), str(number), one | {"batches": batches, "example_count": count})
            for number, (key, one) in enumerate(told.items())
        }
        passes = {key: _passes(server, count) for key, server in servers.items()}
        readings: dict[str, list[float]] = {key: [] for key in servers}
        for number in range(ROUNDS):
            for key in servers if number % 2 == 0 else reversed(servers):
                readings[key].append(servers[key].run(passes[key]))
        for server in servers.values():
            server.stop()
    return readings


def ratios(readings: dict[str, list[float]], against: str, of: str) -> tuple[float, float, float]:
    """Median, least and greatest of how many times less ``of`` needs than ``against``, round by round."""
    rounds = [base / own for base, own in zip(readings[against], readings[of], strict=True)]
    return median(rounds), min(rounds), max(rounds)


def keep(name: str, content: dict[str, Any]) -> Path:
    """Write the readings beside the bench, with the machine they were taken on."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    stamped = {
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": msgspec.to_builtins(this_machine()),
    } | content
    path.write_text(json.dumps(stamped, indent=1) + "\n")
    return path


def table(readings: dict[str, list[float]], against: str) -> str:
    """A row a runner: median CPU-seconds per 1,000 examples, and how many times less than ``against``."""
    rows = [f"{'what runs it':34} {'CPU-s/1k':>9} {'times less':>11} {'spread':>15}"]
    for name, values in readings.items():
        middle, low, high = ratios(readings, against, name)
        rows.append(f"{name:34} {median(values):9.3f} {middle:10.2f}x {low:7.2f}-{high:.2f}")
    return "\n".join(rows)


def _passes(server: Server, count: int) -> int:
    """How many passes make a window, from one that warms up and one that is timed."""
    server.run(1)
    return max(1, round(WINDOW_S / (server.run(1) * count / 1_000)))
