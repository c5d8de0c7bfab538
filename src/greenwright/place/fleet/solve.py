"""Place a fleet: exact where it is small, else columns near the optimum by price, chosen by HiGHS; always with a bound.

1. Small fleets go to HiGHS whole. 2. Larger ones: prices for capacity by subgradient steps, sharpened by linear programmes over
columns; these prices give the bound. 3. Plans by insertion along those prices, and by rounding the last programme's mix. 4. Integer
programmes over the columns whose reduced cost is least, begun with the best plan. A plan that uses any other column costs at least the
bound and that column's reduced cost, so what HiGHS proves about these raises the bound for all. 5. Neighbourhoods, while there is time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from greenwright.place.contract import EPSILON, Schedule
from greenwright.place.fleet import bound, columns, compact, insert, neighbours
from greenwright.place.fleet.attractive import attractive, distinct, excess_g
from greenwright.place.fleet.bound import Bound
from greenwright.place.fleet.columns import Relaxed
from greenwright.place.fleet.programme import Clock, Until
from greenwright.place.fleet.rounding import rounded
from greenwright.place.fleet.ways import Fleet, Pick, Way

if TYPE_CHECKING:
    from greenwright.place.contract import Array

WHOLE_COLUMNS = 4_000
"""Fleets without pauses of at most this many starts are solved whole."""
COMPACT_VARIABLES = 2_500
"""Fleets with pauses of at most this many integer variables are solved whole."""
NEAR_PER_JOB = (8, 18, 40)
"""Columns a job that integer programmes are given, beside the plan's own: few first, and more where these were solved in time."""
STEPS = 100
"""Subgradient steps."""
COLUMN_ROUNDS = 8
"""Linear programmes at most, each over the columns that the last one's prices made attractive."""
PRICING_SHARE = 0.4
"""Of the time at most, for prices and the bound; the rest is for plans."""
FEW_SHARE = 0.6
"""Of what is left, for the first of these."""
ROUNDING_SHARE = 0.2
"""Of what is left then, for a first plan near the linear programme."""
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


def solve(
    ways: Sequence[Way], job_count: int, capacity: Array, *, limit_s: float = 30.0, clock: Clock = time.monotonic
) -> Solution:
    """The best plan found within about ``limit_s``; ``ways`` of a job stand side by side, ``capacity`` is (pools, slots).

    A job is left out where no way of it fits at all, or where there is no room for it beside the others. The time is that of
    ``clock``.
    """
    until = Until(at_s=clock() + limit_s, clock=clock)
    fleet = Fleet(ways=[way for way in ways if _could_run(way, capacity)], job_count=job_count, capacity=capacity)
    if not len(fleet.jobs):
        return _solution(fleet, [None] * job_count, 0.0, "nothing to place")
    return _whole(fleet, until) or _priced(fleet, until)


def _could_run(way: Way, capacity: Array) -> bool:
    task = way.task
    needed_s = float(task.run_slots[0]) * task.step_s
    room_s = min(task.deadline_s, capacity.shape[1] * task.step_s) - task.first * task.step_s
    fits = needed_s <= room_s * (1 + EPSILON) and way.node_count <= capacity[way.pool].max()
    return bool(fits)


def total_g(fleet: Fleet, picks: Iterable[Pick | None]) -> float:
    """What a plan costs, jobs left out included at their price."""
    placed = [pick for pick in picks if pick is not None]
    return sum(pick.price_g for pick in placed) + (len(fleet.jobs) - len(placed)) * fleet.left_out_g


def _whole(fleet: Fleet, until: Until) -> Solution | None:
    """Every possible plan handed to HiGHS, where that is little enough."""
    import numpy as np

    if len(fleet.pausable):
        if compact.size(fleet) > COMPACT_VARIABLES:
            return None
        found = compact.chosen(fleet, until=until, gap_share=0.0)
    else:
        ways, slots = np.isfinite(fleet.starts_price).nonzero()
        if len(ways) > WHOLE_COLUMNS:
            return None
        every = [fleet.start(int(way), int(slot)) for way, slot in zip(ways, slots, strict=True)]
        found = columns.chosen(columns.whole(fleet), every, until=until, gap_share=0.0)
    return _solution(fleet, found.picks, found.bound_g, "HiGHS, whole") if found else None


def _priced(fleet: Fleet, until: Until) -> Solution:
    import numpy as np

    nothing = np.zeros_like(fleet.capacity)
    best = _better(
        fleet, [insert.inserted(fleet, nothing, order(fleet)) for order in (insert.tightest_first, insert.dearest_first)]
    )
    pricing = until.part(PRICING_SHARE)
    proof = bound.subgradient(fleet, total_g(fleet, best), STEPS, pricing.part(0.5))
    best = _better(fleet, [best, insert.inserted(fleet, proof.capacity_price, insert.tightest_first(fleet))])
    proof, pool, mixed = _sharpened(fleet, proof, [pick for pick in best if pick], pricing)
    best = _better(fleet, [best, rounded(fleet, proof, pool, mixed, until=until.part(ROUNDING_SHARE))])
    best, proven_g = _chosen(fleet, proof, best, until)
    best = neighbours.improved(fleet, best, replace(proof, value_g=proven_g), until=until, gap_share=GOOD_GAP_SHARE)
    return _solution(fleet, best, proven_g, "prices, columns and neighbourhoods, HiGHS")


def _chosen(fleet: Fleet, proof: Bound, best: list[Pick | None], until: Until) -> tuple[list[Pick | None], float]:
    """HiGHS over the columns with the least excess, then over more; and the bound that follows for every plan.

    A plan that uses another column costs at least the prices' bound and that column's excess. One that does not is no better than
    what HiGHS proves.
    """
    proven_g = proof.value_g
    for number, per_job in enumerate(NEAR_PER_JOB):
        reached_g = total_g(fleet, best)
        if until.left_s <= 0 or reached_g - proven_g <= GOOD_GAP_SHARE * reached_g:
            break
        known = [pick for pick in best if pick]
        share = until if number else until.part(FEW_SHARE)
        near, beyond_g = _near(fleet, proof, reached_g, known, per_job * len(fleet.jobs))
        found = columns.chosen(columns.whole(fleet), near, known=known, until=share, gap_share=GOOD_GAP_SHARE / 2)
        if found is None:
            continue
        best = _better(fleet, [best, found.picks, insert.improved(fleet, found.picks)])
        proven_g = max(proven_g, min(found.bound_g, proof.value_g + beyond_g, total_g(fleet, best)))
    return best, proven_g


def _sharpened(fleet: Fleet, proof: Bound, pool: list[Pick], until: Until) -> tuple[Bound, list[Pick], Relaxed]:
    """Linear programmes over more and more columns: their prices prove more than subgradient steps do.

    Returned with the last programme's columns and its mix of them.
    """
    for number in range(1, COLUMN_ROUNDS + 1):
        pool = distinct([*pool, *attractive(fleet, proof.capacity_price)])
        solved = columns.relaxed(columns.whole(fleet), pool)
        now = bound.at(fleet, solved.capacity_price)
        for weight in (1.0, 0.5, 0.2):  # the prices of few columns swing; a mean with the best known ones often proves more
            mixed = weight * solved.capacity_price + (1 - weight) * proof.capacity_price
            now = max(now, bound.at(fleet, mixed), key=lambda one: one.value_g)
        proof = max(proof, now, key=lambda one: one.value_g)
        gap_g = solved.value_g - proof.value_g
        if number == COLUMN_ROUNDS or gap_g <= GOOD_GAP_SHARE / 10 * abs(solved.value_g) or until.left_s <= 0:
            break
        pool = distinct([*pool, *attractive(fleet, solved.capacity_price)])
    return proof, pool, solved


def _near(fleet: Fleet, proof: Bound, reached_g: float, known: Sequence[Pick], most: int) -> tuple[list[Pick], float]:
    """Starts that a better plan could use, ``most`` of them, least excess first; and the least excess of what is not among them."""
    import numpy as np

    excess = excess_g(fleet, proof)
    within = excess <= reached_g - proof.value_g + 1e-9
    beyond_g = np.inf
    if int(within.sum()) > most:
        beyond_g = float(np.partition(excess.ravel(), most)[most])
        within = excess < beyond_g
    if len(fleet.pausable):
        beyond_g = 0.0  # of schedules with pauses only some are known
    starts = [fleet.start(int(way), int(slot)) for way, slot in zip(*within.nonzero(), strict=True)]
    return distinct([*known, *starts]), beyond_g


def _better(fleet: Fleet, plans: Sequence[list[Pick | None]]) -> list[Pick | None]:
    return min(plans, key=lambda picks: total_g(fleet, picks))


def _solution(fleet: Fleet, picks: list[Pick | None], bound_g: float, method: str) -> Solution:
    placed = [(fleet.ways[pick.way], fleet.schedule(pick)) if pick else None for pick in picks]
    return Solution(placed=placed, reached_g=total_g(fleet, picks) if len(fleet.jobs) else 0.0, bound_g=bound_g, method=method)
