"""Turn a mix of columns into a plan: keep the jobs that are not mixed, and choose anew for the others, beside them.

Source: Danna, Rothberg and Le Pape, "Exploring relaxation induced neighborhoods to improve MIP solutions", Mathematical Programming
102 (2005); the columns near the prices are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from greenwright.place.fleet import columns, insert
from greenwright.place.fleet.attractive import distinct, excess_g
from greenwright.place.fleet.bound import Bound
from greenwright.place.fleet.columns import Part, Relaxed
from greenwright.place.fleet.programme import Until
from greenwright.place.fleet.ways import Fleet, Pick

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STARTS_PER_JOB = 32
"""Of every job that is mixed, in the mean: those with the least excess."""
WHOLE = 1 - 1e-6
"""A column taken by as much is taken whole."""
GAP_SHARE = 2e-4


def rounded(fleet: Fleet, proof: Bound, pool: Sequence[Pick], mixed: Relaxed, *, until: Until) -> list[Pick | None]:
    """The best plan found that keeps what ``mixed`` takes whole of ``pool``."""
    import numpy as np

    picks: list[Pick | None] = [None] * fleet.job_count
    free = fleet.capacity.copy()
    for index in (mixed.taken_share > WHOLE).nonzero()[0].tolist():
        pick = pool[index]
        picks[fleet.ways[pick.way].job] = pick
        insert.take(fleet, free, pick, -1)
    left = np.array([job for job in fleet.jobs.tolist() if picks[job] is None], dtype=np.intp)
    if len(left):
        part = Part(fleet=fleet, jobs=left, capacity=free)
        near = _near(fleet, proof, left, [pick for pick in pool if fleet.ways[pick.way].job in set(left.tolist())])
        found = columns.chosen(part, near, until=until, gap_share=GAP_SHARE)
        for job in left.tolist() if found else []:
            picks[job] = found.picks[job] if found else None
    return insert.improved(fleet, picks)


def _near(fleet: Fleet, proof: Bound, jobs: NDArray[np.intp], known: Sequence[Pick]) -> list[Pick]:
    """The starts of these jobs with the least excess, and the columns known."""
    import numpy as np

    excess = excess_g(fleet, proof)
    excess[~np.isin([way.job for way in fleet.ways], jobs)] = np.inf
    most = min(STARTS_PER_JOB * len(jobs), excess.size - 1)
    within = np.isfinite(excess) & (excess <= np.partition(excess.ravel(), most)[most])
    return distinct([*known, *(fleet.start(int(way), int(slot)) for way, slot in zip(*within.nonzero(), strict=True))])
