"""Spot machines on real traces: predicted waste against simulated, and deadlines kept by falling back to on-demand.

``python bench/spot.py [DATA]`` writes ``bench/results/spot.json``. DATA is the folder with ``spot_traces.csv``.
"""

from __future__ import annotations

import csv
import json
import math
import os
import random
import sys
from pathlib import Path
from typing import Any

from greenwright.place import spot

ROOT = Path(__file__).parents[1]
COSTS = spot.Costs(checkpoint_s=60, restart_s=180)
JOBS = 200
"""Random jobs per trace: work of 2 to 24 h, slack of 20 to 200 % of it."""


def data() -> Path:
    return Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("GREENWRIGHT_DATA", ROOT.parent / "shared" / "data"))


def trace(row: dict[str, str]) -> list[tuple[bool, float]]:
    """Whether all nodes were up, and for how long."""
    gap_s, nodes = float(row["gap_seconds"]), int(row["nodes"])
    runs = [part.split("x") for part in row["rle"].split()]
    if row["kind"] == "preemption" or nodes > 1:
        return [(int(value) >= nodes, int(count) * gap_s) for value, count in runs]
    return [(int(value) >= 1, int(count) * gap_s) for value, count in runs]


def from_moment(ups: list[tuple[bool, float]], start_s: float) -> list[tuple[bool, float]]:
    left = start_s
    for index, (up, duration_s) in enumerate(ups):
        if left < duration_s:
            return [(up, duration_s - left), *ups[index + 1 :]]
        left -= duration_s
    return []


def main() -> None:
    rng = random.Random(0)
    rows: list[dict[str, Any]] = []
    with (data() / "spot_traces.csv").open(encoding="utf-8") as file:
        traces = [(row, trace(row)) for row in csv.DictReader(file)]
    missed = judged = 0
    for row, ups in traces:
        mean_s = spot.interrupted_every_s(ups)
        length_s = sum(duration_s for _, duration_s in ups)
        made: dict[str, Any] = {"zone": row["zone"], "instance": row["instance"], "start": row["start"]}
        interval_s = spot.daly_s(mean_s, COSTS) if math.isfinite(mean_s) else 3600.0
        if math.isfinite(mean_s):
            seen = spot.simulate(ups, interval_s, COSTS)
            predicted = spot.waste_share(interval_s, mean_s, COSTS)
            best = min(
                spot.simulate(ups, factor * interval_s, COSTS).waste_share
                for factor in (0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 2.8, 4)
            )
            made |= {
                "mean_h": mean_s / 3600,
                "interval_s": interval_s,
                "predicted_waste": predicted,
                "simulated_waste": seen.waste_share,
                "points_apart": 100 * abs(predicted - seen.waste_share),
                "best_fixed_waste": best,
            }
        late = 0
        on_demand = []
        for _ in range(JOBS):
            work_s = rng.uniform(2, 24) * 3600
            order = spot.Order(work_s=work_s, deadline_s=work_s * rng.uniform(1.2, 3.0), interval_s=interval_s, costs=COSTS)
            ended = spot.run_by_deadline(from_moment(ups, rng.uniform(0, max(0.0, length_s - order.deadline_s))), order)
            late += ended.late
            on_demand.append(ended.on_demand_s / work_s)
        missed, judged = missed + late, judged + JOBS
        made |= {"jobs": JOBS, "late": late, "mean_on_demand_share": sum(on_demand) / JOBS}
        rows.append(made)
        print(json.dumps(made))
    apart = [one["points_apart"] for one in rows if "points_apart" in one]
    result = {
        "traces_with_interruptions": len(apart),
        "within_3_points": sum(one <= 3 for one in apart),
        "late": missed,
        "jobs": judged,
        "rows": rows,
    }
    (ROOT / "bench" / "results" / "spot.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print({key: value for key, value in result.items() if key != "rows"})


if __name__ == "__main__":
    main()
