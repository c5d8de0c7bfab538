"""CASPER's table from its own data, and the mean latency when ties in carbon are broken by latency.

``python bench/casper.py [DATA]`` writes ``bench/results/casper.json``. DATA is the folder with ``casper/``; without it that is
``GREENWRIGHT_DATA`` or ``../shared/data``. Requests and intensities are joined by their timestamps.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from greenwright.place.serving import balance

ROOT = Path(__file__).parents[1]
PUBLISHED = {10: 0.00, 25: 21.38, 50: 21.38, 75: 27.05, 100: 38.03, 150: 63.45, 200: 63.46, 250: 63.56, 500: 71.31}
"""Saving in percent by latency limit in ms: recomputed from the authors' programme and data."""
LATENCY_MS = {10: 3.6, 50: 7.2, 75: 19.4, 100: 25.3, 150: 70.0, 200: 67.5, 250: 72.0, 500: 112.1}
CAPACITY = 10 * 100
HOURS = 720


def data() -> Path:
    return Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("GREENWRIGHT_DATA", ROOT.parent / "shared" / "data"))


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def main() -> None:
    folder = data() / "casper"
    latency = table(folder / "latency.csv")
    regions = list(latency[0])
    latency_s = np.array([[float(row[name]) / 1e3 for name in regions] for row in latency])
    start = datetime(2022, 8, 13, tzinfo=UTC).timestamp()
    hours = [start + 3600 * hour for hour in range(HOURS)]
    requests, carbon = (
        {float(row["timestamp"]): np.array([float(row[name]) for name in regions]) for row in reversed(table(folder / name))}
        for name in ("requests.csv", "carbon_intensities.csv")
    )
    at_home = sum(float(requests[hour] @ carbon[hour]) for hour in hours)
    total = sum(float(requests[hour].sum()) for hour in hours)
    rows: list[dict[str, Any]] = []
    for limit_ms, published in PUBLISHED.items():
        found = {}
        begun = time.monotonic()
        for name, ties in (("as found", False), ("ties by latency", True)):
            every = [
                balance(requests[hour], carbon[hour], latency_s, np.full(6, float(CAPACITY)), limit_ms / 1e3, break_ties=ties)
                for hour in hours
            ]
            emitted = sum(one.emitted_g for one in every)
            mean_ms = (
                1e3 * sum(one.latency_s * float(requests[hour].sum()) for one, hour in zip(every, hours, strict=True)) / total
            )
            found[name] = {"saving_percent": 100 * (1 - emitted / at_home), "mean_latency_ms": mean_ms}
        rows.append(
            {
                "limit_ms": limit_ms,
                "published_percent": published,
                "published_latency_ms": LATENCY_MS.get(limit_ms),
                **found,
                "took_s": time.monotonic() - begun,
            }
        )
        print(json.dumps(rows[-1]))
    result = {"at_home_g_per_unit": at_home / total, "hours": HOURS, "rows": rows}
    (ROOT / "bench" / "results" / "casper.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"at home {at_home / total:.3f} g per unit")


if __name__ == "__main__":
    main()
