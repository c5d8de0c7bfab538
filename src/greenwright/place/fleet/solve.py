"""Place a fleet: exact where it is small, else columns near the optimum by price, chosen by HiGHS; always with a bound.

1. Small fleets go to HiGHS whole. 2. Larger ones: prices for capacity by subgradient steps, sharpened by linear programmes over
columns; these prices give the bound. 3. Plans by insertion along those prices. 4. An integer programme over every column that could
still be in a better plan: one whose reduced cost is within the gap. If those are all there are, the plan is optimal.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from greenwright.place.contract import EPSILON, Schedule
from greenwright.place.fleet import bound, columns, compact, insert, neighbours
from greenwright.place.fleet.attractive import attractive, distinct
from greenwright.place.fleet.bound import Bound
from greenwright.place.fleet.ways import Fleet, Pick, Way

if TYPE_CHECKING:
    from greenwright.place.contract import Array

WHOLE_COLUMNS = 4_000
"""Fleets without pauses of at most this many starts are solved whole."""
COMPACT_VARIABLES = 2_500
"""Fleets with pauses of at most this many integer variables are solved whole."""
SOME_COLUMNS = (2_000, 8_000)
"""Columns that the integer programme is given, beside the plan's own: first few, then more."""
STEPS = 100
"""Subgradient steps."""
COLUMN_ROUNDS = 5
"""Linear programmes at most, each over the columns that the last one's prices made attractive."""
PRICING_SHARE = 0.4
"""Of the time, for prices and the bound; the rest is for plans."""
GOOD_GAP_SHARE = 1e-4
"""Below this the plan is as good as the best."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """A way with its hours for every job that could be placed, and how far from the best the plan may be."""

    placed: list[tuple[Way, Schedule] | None]
    reached_g: float
    bound_g: float
    method: str

    @property
    def gap_share(self) -> float:
        """(reached − bound) / reached; 0 where the plan is proven best."""
        return max(0.0, (self.reached_g - self.bound_g) / self.reached_g) if self.reached_g > 0 else 0.0


def solve(ways: Sequence[Way], job_count: int, capacity: Array, *, limit_s: float = 30.0) -> Solution:
    """The best plan found within about ``limit_s``; ``ways`` of a job stand side by side, ``capacity`` is (pools, slots).

    A job is left out where no way of it fits at all, or where there is no room for it beside the others.
    """
    fleet = Fleet(ways=[way for way in ways if _could_run(way, capacity)], job_count=job_count, capacity=capacity)
    if not len(fleet.jobs):
        return _solution(fleet, [None] * job_count, 0.0, "nothing to place")
    return _whole(fleet, limit_s) or _priced(fleet, limit_s)


def _could_run(way: Way, capacity: Array) -> bool:
    task = way.task
    needed_s = float(task.run_slots[0]) * task.step_s
    room_s = min(task.deadline_s, capacity.shape[1] * task.step_s) - task.first * task.step_s
    fits = needed_s <= room_s * (1 + EPSILON) and way.node_count <= capacity[way.pool].max()
    return bool(fits)


def total_g(fleet: Fleet, picks: Iterable[Pick | None]) -> float:
    """What a plan costs, jobs left out included at their price."""
    placed = [pick for pick in picks if pick is not None]
    return sum(pick.price_g for pick in placed) + (len(fleet.jobs) - len(placed)) * columns.left_out_g(fleet)


def _whole(fleet: Fleet, limit_s: float) -> Solution | None:
    """Every possible plan handed to HiGHS, where that is little enough."""
    import numpy as np

    if len(fleet.pausable):
        if compact.size(fleet) > COMPACT_VARIABLES:
            return None
        found = compact.chosen(fleet, limit_s=limit_s, gap_share=0.0)
    else:
        ways, slots = np.isfinite(fleet.starts_price).nonzero()
        if len(ways) > WHOLE_COLUMNS:
            return None
        every = [fleet.start(int(way), int(slot)) for way, slot in zip(ways, slots, strict=True)]
        found = columns.chosen(columns.whole(fleet), every, limit_s=limit_s, gap_share=0.0)
    return _solution(fleet, found.picks, found.bound_g, "HiGHS, whole") if found else None


def _priced(fleet: Fleet, limit_s: float) -> Solution:
    import numpy as np

    begun_s = time.monotonic()
    until_s = begun_s + limit_s
    nothing = np.zeros_like(fleet.capacity)
    best = _better(
        fleet, [insert.inserted(fleet, nothing, order(fleet)) for order in (insert.tightest_first, insert.dearest_first)]
    )
    proof = bound.subgradient(fleet, total_g(fleet, best), STEPS, begun_s + PRICING_SHARE / 2 * limit_s)
    best = _better(fleet, [best, insert.inserted(fleet, proof.capacity_price, insert.tightest_first(fleet))])
    pool = [pick for pick in best if pick]
    proof = _sharpened(fleet, proof, pool, begun_s + PRICING_SHARE * limit_s)
    best, proven_g = _chosen(fleet, proof, best, until_s)
    best = neighbours.improved(fleet, best, proof, until_s=until_s, gap_share=GOOD_GAP_SHARE)
    return _solution(fleet, best, proven_g, "prices, columns and neighbourhoods, HiGHS")


def _chosen(fleet: Fleet, proof: Bound, best: list[Pick | None], until_s: float) -> tuple[list[Pick | None], float]:
    """HiGHS over few columns, then over more: where these are all that a better plan could use, its bound holds for every plan."""
    proven_g = proof.value_g
    for most in SOME_COLUMNS:
        reached_g, left_s = total_g(fleet, best), until_s - time.monotonic()
        if left_s <= 0 or reached_g - proven_g <= GOOD_GAP_SHARE * reached_g:
            break
        near, complete = _near(fleet, proof, reached_g, [pick for pick in best if pick], most)
        found = columns.chosen(columns.whole(fleet), near, limit_s=left_s / 2, gap_share=GOOD_GAP_SHARE / 2)
        if found is None:
            continue
        best = _better(fleet, [best, found.picks, insert.improved(fleet, found.picks)])
        if complete:
            proven_g = max(proven_g, min(found.bound_g, total_g(fleet, best)))
    return best, proven_g


def _sharpened(fleet: Fleet, proof: Bound, pool: list[Pick], until_s: float) -> Bound:
    """Linear programmes over more and more columns: their prices prove more than subgradient steps do."""
    for _ in range(COLUMN_ROUNDS):
        pool = distinct([*pool, *attractive(fleet, proof.capacity_price)])
        solved = columns.relaxed(columns.whole(fleet), pool)
        now = bound.at(fleet, solved.capacity_price)
        for weight in (1.0, 0.5, 0.2):  # the prices of few columns swing; a mean with the best known ones often proves more
            mixed = weight * solved.capacity_price + (1 - weight) * proof.capacity_price
            now = max(now, bound.at(fleet, mixed), key=lambda one: one.value_g)
        proof = max(proof, now, key=lambda one: one.value_g)
        pool = distinct([*pool, *attractive(fleet, solved.capacity_price)])
        if solved.value_g - proof.value_g <= GOOD_GAP_SHARE * abs(solved.value_g) or time.monotonic() > until_s:
            break
    return proof


def _near(fleet: Fleet, proof: Bound, reached_g: float, known: Sequence[Pick], most: int) -> tuple[list[Pick], bool]:
    """Every start that a better plan could still use, by its reduced cost; and whether those are all columns there are."""
    import numpy as np

    reduced = fleet.reduced(proof.capacity_price)
    floors = fleet.floors(proof.capacity_price, reduced)
    cheapest = np.minimum.reduceat(floors, fleet.first_way)
    counts = np.diff([*fleet.first_way.tolist(), len(fleet.ways)])
    excess = reduced - np.where(np.isfinite(cheapest), cheapest, 0.0).repeat(counts)[:, None]
    within = excess <= reached_g - proof.value_g + 1e-9
    complete = not len(fleet.pausable) and int(within.sum()) <= most
    if int(within.sum()) > most:
        within &= excess <= np.partition(excess.ravel(), most)[most]
    starts = [fleet.start(int(way), int(slot)) for way, slot in zip(*within.nonzero(), strict=True)]
    return distinct([*known, *starts]), complete


def _better(fleet: Fleet, plans: Sequence[list[Pick | None]]) -> list[Pick | None]:
    return min(plans, key=lambda picks: total_g(fleet, picks))


def _solution(fleet: Fleet, picks: list[Pick | None], bound_g: float, method: str) -> Solution:
    placed = [(fleet.ways[pick.way], fleet.schedule(pick)) if pick else None for pick in picks]
    return Solution(placed=placed, reached_g=total_g(fleet, picks) if len(fleet.jobs) else 0.0, bound_g=bound_g, method=method)
