"""Columns worth having at given prices of capacity."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from greenwright.place.fleet.bound import Bound
from greenwright.place.fleet.ways import Fleet, Pick

if TYPE_CHECKING:
    from greenwright.place.contract import Array

COLUMNS_PER_JOB = 12


def attractive(fleet: Fleet, capacity_price: Array, positions: Iterable[int] | None = None) -> list[Pick]:
    """The cheapest columns of every job, or of the jobs at these positions."""
    import numpy as np

    reduced = fleet.reduced(capacity_price)
    floors = fleet.floors(capacity_price, reduced)
    found: list[Pick] = []
    pausable = set(fleet.pausable.tolist())
    for position in range(len(fleet.jobs)) if positions is None else positions:
        first, end = fleet.of_job(position).start, fleet.of_job(position).stop
        flat = reduced[first:end].ravel()
        most = min(COLUMNS_PER_JOB, len(flat))
        best = [place for place in np.argpartition(flat, most - 1)[:most].tolist() if np.isfinite(flat[place])]
        found += [fleet.start(first + place // fleet.slot_count, place % fleet.slot_count) for place in best]
        way = first + int(np.argmin(floors[first:end]))
        if way in pausable:
            one = fleet.ways[way]
            paused = fleet.paused(way, one.task.price_g[0] + one.node_count * capacity_price[one.pool])
            found.extend([paused] if paused else [])
    return found


def distinct(picks: Iterable[Pick]) -> list[Pick]:
    """Each column once."""
    return list({(pick.way, pick.slots): pick for pick in picks}.values())


def excess_g(fleet: Fleet, proof: Bound) -> Array:
    """(ways, slots): by how much a plan with this unpaused start is above the bound at least; infinite where none may be."""
    import numpy as np

    reduced = fleet.reduced(proof.capacity_price)
    counts = np.diff([*fleet.first_way.tolist(), len(fleet.ways)])
    result: Array = reduced - fleet.cheapest(fleet.floors(proof.capacity_price, reduced)).repeat(counts)[:, None]
    return result
