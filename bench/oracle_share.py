"""How much of the oracle's saving our own forecast catches, on real grids: a 6 h job that may start within 24 h.

``python bench/oracle_share.py --data GRID`` walks through every series of the folder GRID month by month, forecasting each month
from what came before, prints the share caught beside that of the mean of the last seven days, with what it saves and what it costs,
and writes ``bench/results/oracle_share.json``. Each series is judged as a zone that nobody has seen: what habits start from is fitted
anew on all series but those of its own land. Zones with weather are judged with it and without.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from forecast_habits import land, seen, shared
from greenwright.grid.forecast.hours import Floats, Hours
from greenwright.grid.forecast.share import OracleShare, oracle_share
from greenwright.grid.forecast.walk import REMEMBERED_BLOCKS, Walk, follow, walk
from greenwright.meter.session import Meter
from series import every_series

HERE = Path(__file__).parent
EVERY_H = 6
FEWEST_WINDOWS = 100
TARGETS = {"US-CAL-CISO": 0.95, "DE": 0.85, "NL": 0.70, "US-TEX-ERCO": 0.70}
LEAST_SAVING_SHARE = -0.005
PROTOCOL = (
    "walks month by month and forecasts each month from what came before; what habits start from is fitted on all series but those of the "
    "zone's own land; the form of the model and its constants were chosen on 2020 (weather) and on the mean over all series (no weather), "
    "and the zones with weather are judged on 2021"
)


def coverage(walked: Walk, said: Any) -> float | None:
    """How often nine tenths held: ranges from the months before, in the months after."""
    errors, inside = walked.truth - said, []
    for block in np.unique(walked.blocks)[1:]:
        before = (walked.blocks < block) & (walked.blocks >= block - REMEMBERED_BLOCKS)
        known = before & np.isfinite(errors).all(axis=1)
        if not known.any():
            continue
        low, high = np.quantile(errors[known], (0.05, 0.95), axis=0)
        now = errors[walked.blocks == block]
        inside.append(((now >= low) & (now <= high))[np.isfinite(now)])
    return round(float(np.concatenate(inside).mean()), 3) if inside else None


def judged(  # noqa: PLR0913 - a zone, and what is asked of it
    name: str, hours: Hours, start: int | None, weights: Floats, *, job_h: int = 6, length: int = 24
) -> dict[str, Any]:
    """One zone."""
    with Meter(name=name) as meter:
        walked = walk(hours, length, EVERY_H, start, weights)
    said, followed = follow(walked, job_h)
    ours, habit = (oracle_share(walked.truth, one, job_h) for one in (said, walked.said["habit"]))
    energy_j = meter.result.energy_j
    return {
        "zone": name,
        "weather": bool(hours.weather.shape[1]),
        "ours": _rounded(ours),
        "mean_of_7_days": _rounded(habit),
        "range_holds": coverage(walked, said),
        "followed": {one: followed.count(one) for one in sorted(set(followed))},
        "energy_j": None if energy_j is None else round(energy_j.value, 1),
    }


def _rounded(share: OracleShare) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(share).items()}


def main() -> int:
    """Judge, print, write; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("GREENWRIGHT_DATA", str(HERE.parents[1] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default) / "grid", help="the folder of features/ and the series")
    folder = parser.parse_args().data
    began, rows, long = time.perf_counter(), [], []
    every = list(every_series(folder))
    sums = {name: one for name, hours, _ in every if (one := seen(name, hours)) is not None}
    print(f"{'':24}{'oracle':>8}{'ours':>8}{'7 days':>8}{'saves':>8}{'range':>7}{'energy':>10}")
    for name, hours, start in every:
        weights = shared(sums, land(name))
        views = [hours, _without_weather(hours)] if hours.weather.shape[1] else [hours]
        for view in views:
            row = judged(name, view, start, weights)
            if row["ours"]["windows_count"] >= FEWEST_WINDOWS:
                rows.append(row)
                _print(row)
            if start is not None:
                long.append(judged(name, view, start, weights, job_h=24, length=72))
    print("\na 24 h job in 72 h, in one piece:")
    for row in long:
        _print(row)
    missed = [row["zone"] for row in rows if row["weather"] and row["ours"]["captured_share"] < TARGETS.get(row["zone"], 0.0)]
    harmed = [row["zone"] for row in (*rows, *long) if row["ours"]["saving_share"] < LEAST_SAVING_SHARE]
    print(f"\nbelow its target: {missed or 'none'}; worse than running at once by more than 0.5 %: {harmed or 'none'}")
    result = {
        "protocol": PROTOCOL,
        "duration_s": round(time.perf_counter() - began, 1),
        "below_target": missed,
        "harmed": harmed,
        "job_6_h_in_24_h": rows,
        "job_24_h_in_72_h": long,
    }
    (HERE / "results" / "oracle_share.json").write_text(json.dumps(result, indent=1) + "\n")
    return 1 if missed or harmed else 0


def _without_weather(hours: Hours) -> Hours:
    return replace(hours, weather=np.empty((hours.count, 0)))


def _print(row: dict[str, Any]) -> None:
    ours, habit = row["ours"], row["mean_of_7_days"]["captured_share"]
    mark = " +sky" if row["weather"] else ""
    holds = "" if row["range_holds"] is None else f"{row['range_holds']:.0%}"
    energy = "" if row["energy_j"] is None else f"{row['energy_j']:.2g} J"
    print(
        f"{row['zone'] + mark:24}{ours['oracle_saving_share']:8.1%}{ours['captured_share']:8.3f}{habit:8.3f}"
        f"{ours['saving_share']:8.2%}{holds:>7}{energy:>10}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
