"""Choose one column per job within capacity, by HiGHS: as a linear programme for prices, as an integer one for plans.

A column is a way with its hours. A job that fits nowhere may be left out at a price above all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from greenwright.place.contract import Array
    from greenwright.place.fleet.ways import Fleet, Indices, Pick


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Some of a fleet's jobs, and the nodes left for them."""

    fleet: Fleet
    jobs: Indices
    capacity: Array


def whole(fleet: Fleet) -> Part:
    """All jobs, and all nodes."""
    return Part(fleet=fleet, jobs=fleet.jobs, capacity=fleet.capacity)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Relaxed:
    """The optimum where columns may be mixed."""

    value_g: float
    capacity_price: Array
    taken_share: Array
    """(columns,): how much of each column the optimum takes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chosen:
    """The best integer choice found, and what HiGHS proves about these columns."""

    picks: list[Pick | None]
    bound_g: float


def relaxed(part: Part, columns: Sequence[Pick]) -> Relaxed:
    """The linear programme over ``columns``, and what capacity is worth in it."""
    import numpy as np
    from scipy.optimize import linprog

    price, one_each, held, limit, which = _rows(part, columns)
    solved = linprog(price, A_ub=held, b_ub=limit, A_eq=one_each, b_eq=np.ones(len(part.jobs)), method="highs")
    assert solved.status == 0, solved.message  # leaving out is always allowed
    capacity_price = np.zeros_like(part.capacity)
    if len(limit):
        capacity_price[which] = np.maximum(0.0, -solved.ineqlin.marginals)
    return Relaxed(value_g=float(solved.fun), capacity_price=capacity_price, taken_share=solved.x[: len(columns)])


def chosen(part: Part, columns: Sequence[Pick], *, limit_s: float, gap_share: float) -> Chosen | None:
    """The integer programme over ``columns``; None where the time ended before any choice was found."""
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp

    price, one_each, held, limit, _ = _rows(part, columns)
    constraints = [LinearConstraint(one_each, 1, 1)]
    if len(limit):
        constraints.append(LinearConstraint(held, -np.inf, limit))
    solved = milp(
        price,
        integrality=np.ones(len(price)),
        bounds=Bounds(0, 1),
        constraints=constraints,
        options={"time_limit": limit_s, "mip_rel_gap": gap_share},
    )
    if solved.x is None:
        return None
    fleet = part.fleet
    picks: list[Pick | None] = [None] * fleet.job_count
    for index in (solved.x[: len(columns)] > 0.5).nonzero()[0]:  # noqa: PLR2004 - a half is neither
        picks[fleet.ways[columns[index].way].job] = columns[index]
    return Chosen(picks=picks, bound_g=float(solved.mip_dual_bound))


def left_out_g(fleet: Fleet) -> float:
    """What leaving a job out costs: more than all that any choice could save."""
    import numpy as np

    dear = np.where(np.isfinite(fleet.starts_price), fleet.starts_price, 0.0).max(axis=1)
    return 1.0 + 2.0 * float(np.maximum.reduceat(dear, fleet.first_way).sum())


def _rows(part: Part, columns: Sequence[Pick]) -> tuple[Any, ...]:
    """Prices, "one column per job", "no more nodes than there are", the limits, and which slots those are."""
    import numpy as np
    from scipy.sparse import coo_matrix, csr_matrix, eye, hstack

    fleet, jobs, count = part.fleet, part.jobs, len(columns)
    job_of = np.searchsorted(jobs, np.array([fleet.ways[column.way].job for column in columns], dtype=np.intp))
    price = np.concatenate([[column.price_g for column in columns], np.full(len(jobs), left_out_g(fleet))])
    own = csr_matrix((np.ones(count), (job_of, np.arange(count))), shape=(len(jobs), count))
    ways = np.array([column.way for column in columns], dtype=np.intp)
    lengths = np.array([len(column.slots) for column in columns], dtype=np.intp)
    slots = np.array([slot for column in columns for slot in column.slots], dtype=np.intp)
    rows = np.repeat(fleet.pools[ways], lengths) * fleet.slot_count + slots
    nodes = np.repeat(fleet.nodes[ways], lengths)
    limits = part.capacity.ravel()
    held = coo_matrix((nodes, (rows, np.repeat(np.arange(count), lengths))), shape=(len(limits), len(price))).tocsr()
    binding = np.asarray(held.sum(axis=1)).ravel() > limits
    which = np.unravel_index(binding.nonzero()[0], part.capacity.shape)
    return price, hstack([own, eye(len(jobs))], format="csr"), held[binding], limits[binding], which
