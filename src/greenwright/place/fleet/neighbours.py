"""Improve a plan a few jobs at a time: free the jobs that pay most above their best and those around them, and place these anew.

Source: Shaw, "Using constraint programming and local search methods to solve vehicle routing problems" (1998), as a large
neighbourhood search; each neighbourhood is an integer programme of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from greenwright.place.fleet import columns
from greenwright.place.fleet.bound import Bound
from greenwright.place.fleet.programme import Until
from greenwright.place.fleet.ways import Fleet, Pick

if TYPE_CHECKING:
    import numpy as np

    from greenwright.place.contract import Array

FREED = 30
"""Jobs placed anew at once."""
STARTS_PER_JOB = 30
EACH_S = 2.0
"""Longest that one neighbourhood is looked at."""
FRUITLESS = 40
"""Neighbourhoods in a row without a gain, after which there is nothing left to find this way."""


def improved(fleet: Fleet, picks: Sequence[Pick | None], proof: Bound, *, until: Until, gap_share: float) -> list[Pick | None]:
    """The plan after as many neighbourhoods as the time allows, or until it is within ``gap_share`` of the bound."""
    import numpy as np

    now = list(picks)
    rng = np.random.default_rng(0)
    reduced = fleet.reduced(proof.capacity_price)
    cheapest = fleet.cheapest(fleet.floors(proof.capacity_price, reduced))
    fruitless = 0
    while until.left_s > 0 and fruitless < FRUITLESS:
        total = sum(pick.price_g for pick in now if pick)
        if all(now[job] for job in fleet.jobs) and total - proof.value_g <= gap_share * total:
            break
        freed = _freed(fleet, now, proof, cheapest, rng)
        within_g = total - proof.value_g if all(now[job] for job in fleet.jobs) else np.inf
        better = _placed_anew(fleet, now, freed, reduced, cheapest, within_g, until)
        fruitless = 0 if better else fruitless + 1
        now = better or now
    return now


def _freed(fleet: Fleet, picks: Sequence[Pick | None], proof: Bound, cheapest: Array, rng: np.random.Generator) -> list[int]:
    """Positions of jobs: one that pays much above its best, drawn by how much, and those that hold the nodes around it in time."""
    import numpy as np

    excess = np.array([_excess(fleet, picks[job], proof, best) for job, best in zip(fleet.jobs, cheapest, strict=True)])
    weight = excess + 1e-3 * excess.max() + 1e-12
    centre = int(rng.choice(len(excess), p=weight / weight.sum()))
    middle = _middles(fleet, picks)
    distance = np.abs(middle - middle[centre]) * rng.uniform(0.5, 1.5, len(middle)) - 12.0 * (weight / weight.max())
    distance[centre] = -np.inf
    return [int(one) for one in np.argsort(distance)[:FREED]]


def _excess(fleet: Fleet, pick: Pick | None, proof: Bound, best_g: float) -> float:
    if pick is None:
        return abs(best_g) + 1.0
    pool, slots, nodes = fleet.held(pick)
    return max(0.0, pick.price_g + nodes * float(proof.capacity_price[pool, slots].sum()) - best_g)


def _middles(fleet: Fleet, picks: Sequence[Pick | None]) -> Array:
    import numpy as np

    found = []
    for job, first in zip(fleet.jobs.tolist(), fleet.first_way.tolist(), strict=True):
        pick = picks[job]
        slots = pick.slots if pick else [fleet.ways[first].task.first, fleet.ways[first].task.last]
        found.append((slots[0] + slots[-1]) / 2)
    return np.array(found)


def _placed_anew(  # noqa: PLR0913, PLR0917 - the plan, what to free, and the prices that say which columns may help
    fleet: Fleet,
    picks: list[Pick | None],
    freed: Sequence[int],
    reduced: Array,
    cheapest: Array,
    within_g: float,
    until: Until,
) -> list[Pick | None] | None:
    """The plan with the freed jobs placed best, others staying; None where that is no better."""
    import numpy as np

    free = fleet.capacity.copy()
    jobs = {int(fleet.jobs[position]) for position in freed}
    for job, pick in enumerate(picks):
        if pick and job not in jobs:
            pool, slots, nodes = fleet.held(pick)
            free[pool, slots] -= nodes
    part = columns.Part(fleet=fleet, jobs=np.array(sorted(jobs)), capacity=free)
    columns_near: list[Pick] = []
    for position in freed:
        ways = fleet.of_job(position)
        flat = reduced[ways.start : ways.stop].ravel() - cheapest[position]
        most = min(STARTS_PER_JOB, len(flat))
        order = np.argpartition(flat, most - 1)[:most]
        columns_near += [
            fleet.start(ways.start + int(place) // fleet.slot_count, int(place) % fleet.slot_count)
            for place in order
            if flat[place] <= within_g + 1e-9 and np.isfinite(flat[place])
        ]
    before = [picks[job] for job in sorted(jobs)]
    columns_near += [pick for pick in before if pick]
    found = columns.chosen(part, columns_near, known=before, until=until.at_most(EACH_S), gap_share=1e-6)
    if found is None:
        return None
    after = [found.picks[job] for job in sorted(jobs)]
    if _worth(after) >= _worth(before) - 1e-6:
        return None
    result = list(picks)
    for job in jobs:
        result[job] = found.picks[job]
    return result


def _worth(picks: Sequence[Pick | None]) -> float:
    return sum(pick.price_g if pick else 1e12 for pick in picks)
