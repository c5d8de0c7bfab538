"""Choose one column per job within capacity, by HiGHS: as a linear programme for prices, as an integer one for plans.

A column is a way with its hours. A job that fits nowhere may be left out at a price above all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from greenwright.place.fleet import programme
from greenwright.place.fleet.programme import Programme, Until

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

    made, which = _programme(part, columns, leaving=True)
    solved = programme.relaxed(made)
    capacity_price = np.zeros_like(part.capacity)
    capacity_price[which] = np.maximum(0.0, -solved.row_price[len(part.jobs) :])
    return Relaxed(value_g=solved.value, capacity_price=capacity_price, taken_share=solved.x[: len(columns)])


def chosen(
    part: Part, columns: Sequence[Pick], *, known: Sequence[Pick | None] = (), until: Until, gap_share: float
) -> Chosen | None:
    """The integer programme over ``columns``; None where the time ended before any choice was found.

    ``known`` is a plan to begin with, of columns among these. Where it places every job of the part, no better plan leaves one out,
    so none may be.
    """
    import numpy as np

    fleet = part.fleet
    begun = {(pick.way, pick.slots) for pick in known if pick}
    leaving = len(begun) < len(part.jobs)
    made, _ = _programme(part, columns, leaving=leaving)
    start = np.array([float((one.way, one.slots) in begun) for one in columns]) if begun and not leaving else None
    solved = programme.whole(made, start=start, until=until, gap_share=gap_share)
    if solved is None:
        return None
    picks: list[Pick | None] = [None] * fleet.job_count
    for index in (solved.x[: len(columns)] > 0.5).nonzero()[0].tolist():  # noqa: PLR2004 - a half is neither
        picks[fleet.ways[columns[index].way].job] = columns[index]
    return Chosen(picks=picks, bound_g=solved.proven_value)


def _programme(part: Part, columns: Sequence[Pick], *, leaving: bool) -> tuple[Programme, tuple[Indices, ...]]:
    """Prices, "one column per job", "no more nodes than there are" where that binds; and which pools and slots those are."""
    import numpy as np
    from scipy.sparse import coo_matrix, csr_matrix, eye, hstack, vstack

    fleet, jobs, count = part.fleet, part.jobs, len(columns)
    job_of = np.searchsorted(jobs, np.array([fleet.ways[column.way].job for column in columns], dtype=np.intp))
    extra = len(jobs) if leaving else 0
    price = np.concatenate([[column.price_g for column in columns], np.full(extra, fleet.left_out_g)])
    one_each = csr_matrix((np.ones(count), (job_of, np.arange(count))), shape=(len(jobs), count))
    if leaving:
        one_each = hstack([one_each, eye(len(jobs))], format="csr")
    ways = np.array([column.way for column in columns], dtype=np.intp)
    lengths = np.array([len(column.slots) for column in columns], dtype=np.intp)
    slots = np.array([slot for column in columns for slot in column.slots], dtype=np.intp)
    rows = np.repeat(fleet.pools[ways], lengths) * fleet.slot_count + slots
    nodes = np.repeat(fleet.nodes[ways], lengths)
    limits = part.capacity.ravel()
    held = coo_matrix((nodes, (rows, np.repeat(np.arange(count), lengths))), shape=(len(limits), len(price))).tocsr()
    binding = (np.asarray(held.sum(axis=1)).ravel() > limits).nonzero()[0]
    made = Programme(
        price=price,
        rows=vstack([one_each, held[binding]]),
        low=np.concatenate([np.ones(len(jobs)), np.full(len(binding), -np.inf)]),
        high=np.concatenate([np.ones(len(jobs)), limits[binding]]),
        upper=np.ones(len(price)),
        integral=np.ones(len(price), dtype=bool),
    )
    which: tuple[Indices, ...] = np.unravel_index(binding, part.capacity.shape)
    return made, which
