"""The planner against brute force, against its own constraints, and at size, with the gap that it proves.

``python bench/planner.py [small] [constraints] [large]`` runs all three, or those named, and writes ``bench/results/planner.json``.

The large instances are drawn, not real: jobs of 1 node and 0.3 to 24 h (log-normal, median 3.3 h), each released in the first half of
the hours, with 6 to 48 h to spare; regions of 50 to 600 g/kWh with a daily swing of 35 % and noise. ``load`` is node hours asked for
over node hours there are, the same number of nodes, rounded up, in every region and hour. Their time is that of the processor, of which
one core is used: what a clock shows on a machine that does nothing else, whatever its neighbours do. ``took_s`` is what the clock showed.
"""

from __future__ import annotations

import importlib.util
import json
import math
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from greenwright.place.contract import Task
from greenwright.place.fleet.solve import solve
from greenwright.place.fleet.ways import Way
from greenwright.testing.schedules import cheapest_fleet

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "bench" / "results" / "planner.json"
H = 3600.0


def of_tests(name: str) -> Any:
    """The random cases are those of the tests."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / "place" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def small(count: int = 1_000) -> dict[str, Any]:
    """Fleets of one to three jobs against every plan there is."""
    a_fleet = of_tests("fleet/test_solve").a_fleet
    wrong, feasible, widest = 0, 0, 0.0
    for seed in range(count):
        ways, jobs, capacity = a_fleet(random.Random(10_000 + seed))
        best = cheapest_fleet(ways, jobs, capacity)
        found = solve(ways, jobs, capacity)
        if math.isfinite(best) != all(found.placed):
            wrong += 1
        elif math.isfinite(best):
            feasible += 1
            gap = (found.reached_g - best) / best if best else 0.0
            widest = max(widest, gap)
            wrong += gap > 1e-6
    return {"cases": count, "feasible": feasible, "wrong": wrong, "widest_gap_share": widest}


def constraints(count: int = 10_000) -> dict[str, Any]:
    """Random jobs with release, deadline, capacity, residency, latency, budget and pauses."""
    cases = of_tests("test_planner")
    rng = random.Random(20_000)
    planned = broken = worse = 0
    for _ in range(count):
        job, sites, outlooks = cases.a_random_case(rng)
        found = cases.planned(job, sites, outlooks)
        planned += found.choice is not None
        broken += bool(cases.breaches(found, job, sites))
        worse += found.choice is not None and found.saving_share < 0 and cases.base_was_allowed(found, job, sites)
    return {"cases": count, "planned": planned, "breaches": broken, "worse_than_now_and_here": worse}


def drawn(jobs: int, regions: int, hours: int, load: float, seed: int) -> tuple[list[Way], np.ndarray[Any, Any]]:
    rng = np.random.default_rng(seed)
    clock = np.arange(hours)
    swing = [1 + 0.35 * np.sin((clock + rng.uniform(0, 24)) / 24 * 2 * np.pi) for _ in range(regions)]
    noise = [np.convolve(rng.normal(0, 0.1, hours + 5), np.ones(6) / 6, "valid") for _ in range(regions)]
    intensity = [np.maximum(5, rng.uniform(50, 600) * (one + other)) for one, other in zip(swing, noise, strict=True)]
    ways, asked = [], 0.0
    for job in range(jobs):
        run = min(24.0, max(0.3, float(rng.lognormal(1.2, 0.7))))
        first = int(rng.integers(0, hours // 2))
        deadline_s = H * min(float(hours), first + run + float(rng.uniform(6, 48)))
        kw = float(rng.uniform(0.3, 0.7))
        asked += run
        for region in range(regions):
            task = Task(
                price_g=intensity[region][None] * kw,
                work_share=np.array([1 / run]),
                step_s=H,
                first=first,
                deadline_s=deadline_s,
                interruptible=False,
            )
            ways.append(Way(job=job, pool=region, node_count=1, task=task, moved_g=float(rng.uniform(0, 200))))
    return ways, np.full((regions, hours), float(math.ceil(asked / (regions * hours) / load)))


LARGE = (
    (200, 8, 96, 0.35, 0),
    (1_000, 5, 168, 0.5, 0),
    (200, 8, 96, 0.2, 0),
    (200, 8, 96, 0.35, 1),
    (1_000, 5, 168, 0.25, 0),
    (200, 8, 96, 0.95, 2),
    (200, 8, 96, 0.7, 0),
    (200, 8, 96, 0.7, 1),
    (200, 8, 96, 0.2, 1),
    (1_000, 5, 168, 0.5, 1),
)
LIMIT_S = 28.0


def large() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for jobs, regions, hours, load, seed in LARGE:
        ways, capacity = drawn(jobs, regions, hours, load, seed)
        begun, busy = time.monotonic(), time.process_time()
        found = solve(ways, jobs, capacity, limit_s=LIMIT_S, clock=time.process_time)
        rows.append(
            {
                "jobs": jobs,
                "regions": regions,
                "hours": hours,
                "load": load,
                "seed": seed,
                "nodes_per_region": float(capacity[0, 0]),
                "placed": sum(one is not None for one in found.placed),
                "gap_share": found.gap_share,
                "cpu_s": time.process_time() - busy,
                "took_s": time.monotonic() - begun,
                "method": found.method,
            }
        )
        print(json.dumps(rows[-1]), flush=True)
        _write("large", rows)
    return rows


def _write(name: str, found: Any) -> None:
    """Beside what is there: parts may run apart."""
    kept = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.is_file() else {}
    RESULT.write_text(json.dumps(kept | {name: found}, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parts: dict[str, Callable[[], Any]] = {"small": small, "constraints": constraints, "large": large}
    for name in sys.argv[1:] or parts:
        found = parts[name]()
        print(name, json.dumps(found), flush=True)
        _write(name, found)


if __name__ == "__main__":
    main()
