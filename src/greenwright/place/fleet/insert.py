"""Place jobs one by one where there is room, then move each again while that helps: a plan to start from, never a proof."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from greenwright.place.fleet.ways import BLOCKED, Fleet, Pick

if TYPE_CHECKING:
    from greenwright.place.contract import Array

ROUNDS = 4
"""Times that every job is taken out and put back; later rounds hardly ever move one."""


def inserted(fleet: Fleet, capacity_price: Array, order: Sequence[int]) -> list[Pick | None]:
    """One pick per job, in the order given, each at its cheapest under ``capacity_price``; None where there was no room."""
    free = fleet.capacity.copy()
    reduced = fleet.reduced(capacity_price)
    picks: list[Pick | None] = [None] * fleet.job_count
    for job in order:
        picks[job] = best_pick(fleet, job, free, reduced, capacity_price)
        take(fleet, free, picks[job], -1)
    return improved(fleet, picks)


def improved(fleet: Fleet, picks: Sequence[Pick | None]) -> list[Pick | None]:
    """The same plan with every job moved to where it costs least, others staying, until no job moves."""
    import numpy as np

    now = list(picks)
    free = fleet.capacity.copy()
    for pick in now:
        take(fleet, free, pick, -1)
    nothing = np.zeros_like(fleet.capacity)
    for _ in range(ROUNDS):
        moved = False
        for job in fleet.jobs.tolist():
            before = now[job]
            take(fleet, free, before, +1)
            after = best_pick(fleet, job, free, fleet.starts_price, nothing)
            if before is None or (after is not None and after.price_g < before.price_g - 1e-9):
                now[job] = after
                moved = moved or after is not None
            take(fleet, free, now[job], -1)
        if not moved:
            break
    return now


def tightest_first(fleet: Fleet) -> list[int]:
    """Jobs with the least room to move first: few starts, many node hours."""
    import numpy as np

    starts = np.isfinite(fleet.starts_price).sum(axis=1)
    room = np.add.reduceat(starts, fleet.first_way)
    size = np.maximum.reduceat(fleet.nodes * fleet.touched, fleet.first_way)
    return [int(job) for job in fleet.jobs[np.argsort(room / size, kind="stable")]]


def dearest_first(fleet: Fleet) -> list[int]:
    """Jobs that lose most by a bad start first."""
    import numpy as np

    dear = np.where(np.isfinite(fleet.starts_price), fleet.starts_price, -np.inf).max(axis=1)
    loss = np.maximum.reduceat(dear, fleet.first_way) - np.minimum.reduceat(fleet.starts_price.min(axis=1), fleet.first_way)
    return [int(job) for job in fleet.jobs[np.argsort(-loss, kind="stable")]]


def best_pick(fleet: Fleet, job: int, free: Array, reduced: Array, capacity_price: Array) -> Pick | None:
    """The cheapest way and hours of a job for which there is room."""
    import numpy as np

    ways = fleet.of_job(int(np.searchsorted(fleet.jobs, job)))
    first, end = ways.start, ways.stop
    blocked = free[fleet.pools[first:end]] < fleet.nodes[first:end, None] - 1e-9
    sums = np.concatenate([np.zeros((end - first, 1)), np.cumsum(blocked, axis=1)], axis=1)
    in_the_way = np.take_along_axis(sums, fleet.ends[first:end], axis=1) - sums[:, :-1]
    open_price = np.where(in_the_way > 0, np.inf, reduced[first:end])
    way, slot = np.unravel_index(int(np.argmin(open_price)), open_price.shape)
    found = fleet.start(first + int(way), int(slot)) if np.isfinite(open_price[way, slot]) else None
    best = float(open_price[way, slot]) if found else math.inf
    for index in range(first, end):
        one = fleet.ways[index]
        if one.pausable:
            worth = one.task.price_g[0] + one.node_count * capacity_price[one.pool]
            paused = fleet.paused(index, np.where(blocked[index - first], BLOCKED, worth))
            if paused and (price := _with_capacity(fleet, paused, capacity_price)) < best - 1e-12:
                found, best = paused, price
    return found


def _with_capacity(fleet: Fleet, pick: Pick, capacity_price: Array) -> float:
    pool, slots, nodes = fleet.held(pick)
    return pick.price_g + nodes * float(capacity_price[pool, slots].sum())


def take(fleet: Fleet, free: Array, pick: Pick | None, sign: int) -> None:
    """Hold the nodes of a pick (-1), or give them back (+1)."""
    if pick is not None:
        pool, slots, nodes = fleet.held(pick)
        free[pool, slots] += sign * nodes
