"""How much of the oracle's saving our own forecast catches, on real grids: a 6 h job that may start within 24 h.

``python bench/oracle_share.py --data GRID`` walks through every series of the folder GRID month by month, forecasting each month
from what came before, prints the share caught beside that of the mean of the last seven days, with what it saves and what it costs,
and writes ``bench/results/oracle_share.json``. Nothing is tuned to a zone. Zones marked * were looked at while the method was made;
the others were not.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from greenwright.grid.forecast.hours import Hours, as_hours
from greenwright.grid.forecast.share import OracleShare, oracle_share
from greenwright.grid.forecast.walk import REMEMBERED_BLOCKS, Walk, follow, walk
from greenwright.grid.series import HOUR_S, hourly, parse_time_s, regular
from greenwright.grid.weather_file import weather
from greenwright.meter.session import Meter
from greenwright.records.grid import Boundary, Intensity, Signal
from greenwright.records.quantities import Grade

HERE = Path(__file__).parent
EVERY_H = 6
FEWEST_WINDOWS = 100
TARGETS = {"US-CAL-CISO": 0.95, "DE": 0.85, "NL": 0.70, "US-TEX-ERCO": 0.70}
LEAST_SAVING_SHARE = -0.005
SEEN = ("live ", "hourly BR", "hourly, direct BR")
"""What these series begin with: their results were looked at while the method was made."""
FILES = (
    ("live", "emaps_live_2021_2022.csv.gz", "utc_hour", "gco2_per_kwh"),
    ("hourly", "emaps_hourly.csv.gz", "utc_hour", "gco2_per_kwh"),
    ("hourly, direct", "emaps_hourly.csv.gz", "utc_hour", "direct_gco2_per_kwh"),
    ("2020", "lwa_2020_30min.csv.gz", "time", "gco2_per_kwh"),
    ("NESO", "gb_neso_2023H1_30min.csv.gz", "utc_time", "gco2_per_kwh"),
)


def with_weather(folder: Path) -> Iterator[tuple[str, Hours, int]]:
    """The five zones with weather, tested on 2021."""
    for path in sorted((folder / "features").glob("*.csv.gz")):
        zone = path.name.removesuffix(".csv.gz")
        with gzip.open(path, "rt") as stream:
            points = [(parse_time_s(row["utc_hour"]), _number(row["gco2_per_kwh"])) for row in csv.DictReader(stream)]
        hours = as_hours(_series(zone, points), weather(path))
        yield zone, hours, round(datetime(2021, 1, 1, tzinfo=UTC).timestamp() / HOUR_S) - hours.first


def without(folder: Path) -> Iterator[tuple[str, Hours, None]]:
    """Every other series, from its fourth week on, by its own history alone."""
    for name, file, when, what in FILES:
        found: dict[str, list[tuple[float, float | None]]] = {}
        with gzip.open(folder / file, "rt") as stream:
            for row in csv.DictReader(stream):
                found.setdefault(row["region"], []).append((parse_time_s(row[when]), _number(row[what])))
        for zone, points in found.items():
            known = [point for point in points if point[1] is not None]
            if len(known) > 24 * 60:
                yield f"{name} {zone}", as_hours(hourly(_series(zone, known))), None


def _number(text: str) -> float | None:
    return float(text) if text else None


def _series(zone: str, points: list[tuple[float, float | None]]) -> Intensity:
    start_s, step_s, values, notes = regular(points)
    return Intensity(
        zone=zone,
        start_s=start_s,
        step_s=step_s,
        values_g_per_kwh=values,
        signal=Signal.AVERAGE,
        boundary=Boundary.LIFE_CYCLE,
        grade=Grade.MODELLED,
        source="the files of the bench",
        fetched_s=0.0,
        notes=notes,
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


def judged(name: str, hours: Hours, start: int | None, job_h: int, length: int) -> dict[str, Any]:
    """One zone."""
    with Meter(name=name) as meter:
        walked = walk(hours, length, EVERY_H, start)
    said, followed = follow(walked, job_h)
    ours, habit = (oracle_share(walked.truth, one, job_h) for one in (said, walked.said["habit"]))
    energy_j = meter.result.energy_j
    return {
        "zone": name,
        "weather": bool(hours.weather.shape[1]),
        "looked_at": bool(hours.weather.shape[1]) or name.startswith(SEEN),
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
    print(f"{'':24}{'oracle':>8}{'ours':>8}{'7 days':>8}{'saves':>8}{'range':>7}{'energy':>10}")
    for name, hours, start in [*with_weather(folder), *without(folder)]:
        row = judged(name, hours, start, 6, 24)
        if row["ours"]["windows_count"] < FEWEST_WINDOWS:
            continue
        rows.append(row)
        _print(row)
        if start is not None:
            long.append(judged(name, hours, start, 24, 72))
    print("\na 24 h job in 72 h, in one piece:")
    for row in long:
        _print(row)
    missed = [row["zone"] for row in rows if row["weather"] and row["ours"]["captured_share"] < TARGETS.get(row["zone"], 0.0)]
    harmed = [row["zone"] for row in (*rows, *long) if row["ours"]["saving_share"] < LEAST_SAVING_SHARE]
    print(f"\nbelow its target: {missed or 'none'}; worse than running at once by more than 0.5 %: {harmed or 'none'}")
    result = {
        "duration_s": round(time.perf_counter() - began, 1),
        "below_target": missed,
        "harmed": harmed,
        "job_6_h_in_24_h": rows,
        "job_24_h_in_72_h": long,
    }
    (HERE / "results" / "oracle_share.json").write_text(json.dumps(result, indent=1) + "\n")
    return 1 if missed or harmed else 0


def _print(row: dict[str, Any]) -> None:
    ours, habit = row["ours"], row["mean_of_7_days"]["captured_share"]
    mark = "*" if row["looked_at"] else ""
    holds = "" if row["range_holds"] is None else f"{row['range_holds']:.0%}"
    energy = "" if row["energy_j"] is None else f"{row['energy_j']:.2g} J"
    print(
        f"{row['zone'] + mark:24}{ours['oracle_saving_share']:8.1%}{ours['captured_share']:8.3f}{habit:8.3f}"
        f"{ours['saving_share']:8.2%}{holds:>7}{energy:>10}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
