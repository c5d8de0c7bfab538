"""A bound that no plan can beat, and what capacity is worth: Lagrange prices for nodes, found by subgradient steps.

Source: Held, Wolfe and Crowder, "Validation of subgradient optimization", Mathematical Programming 6 (1974).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from greenwright.place.contract import Array
    from greenwright.place.fleet.programme import Until
    from greenwright.place.fleet.ways import Fleet

PATIENCE = 8
"""Steps without a better bound before they are halved."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bound:
    """The best bound found, and the prices that prove it."""

    value_g: float
    capacity_price: Array
    """(pools, slots): never negative."""


def at(fleet: Fleet, capacity_price: Array) -> Bound:
    """What the jobs would pay at these prices if each chose for itself, less what capacity would earn: a lower bound for any."""
    import numpy as np

    floors = fleet.floors(capacity_price, fleet.reduced(capacity_price))
    cheapest = fleet.cheapest(floors)
    value = float(cheapest.sum() - (capacity_price * np.where(capacity_price > 0, fleet.capacity, 0.0)).sum())
    return Bound(value_g=value, capacity_price=capacity_price)


def subgradient(fleet: Fleet, reached_g: float, step_count: int, until: Until) -> Bound:
    """Raise prices where too much is asked for, lower them where little is, and keep the best bound."""
    import numpy as np

    price = np.zeros_like(fleet.capacity)
    best = at(fleet, price)
    pace, idle = 1.0, 0
    for _ in range(step_count):
        over = _asked(fleet, price) - fleet.capacity
        over[(over < 0) & (price <= 0)] = 0.0
        length = float((over[np.isfinite(over)] ** 2).sum())
        now = at(fleet, price)
        if length <= 0 or reached_g - now.value_g <= 0:
            return max(best, now, key=lambda one: one.value_g)
        best, idle = (now, 0) if now.value_g > best.value_g else (best, idle + 1)
        if idle >= PATIENCE:
            pace, idle, price = pace / 2, 0, best.capacity_price
            over = _asked(fleet, price) - fleet.capacity
            over[(over < 0) & (price <= 0)] = 0.0
            length = float((over[np.isfinite(over)] ** 2).sum())
        if pace < 1e-3 or until.left_s <= 0:  # noqa: PLR2004 - the steps no longer move anything
            break
        step = pace * max(reached_g - best.value_g, 1e-9) / max(length, 1e-9)
        price = np.maximum(0.0, price + step * np.where(np.isfinite(over), over, 0.0))
    return best


def _asked(fleet: Fleet, price: Array) -> Array:
    """(pools, slots): nodes that the jobs would take at these prices."""
    import numpy as np

    reduced = fleet.reduced(price)
    floors = fleet.floors(price, reduced)
    asked = np.zeros((len(fleet.capacity), fleet.slot_count + 1))
    pausable = set(fleet.pausable.tolist())
    for position in range(len(fleet.jobs)):
        ways = fleet.of_job(position)
        way = ways.start + int(np.argmin(floors[ways.start : ways.stop]))
        pool, nodes = fleet.pools[way], fleet.nodes[way]
        if way in pausable and floors[way] < reduced[way].min() - 1e-9:
            task = fleet.ways[way].task
            asking = (task.price_g[0] + nodes * price[pool])[task.first : task.last]
            used = task.first + np.argsort(asking, kind="stable")[: fleet.touched[way]]
            asked[pool, used] += nodes
        else:
            start = int(np.argmin(reduced[way]))
            asked[pool, start : start + fleet.touched[way]] += nodes
    return asked[:, :-1]
