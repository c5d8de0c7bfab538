"""The whole problem in one integer programme, slot by slot: exact also with pauses, for fleets of a few jobs.

Per way of a job and slot: ``whole`` (it runs through), ``last`` (it finishes here), ``part`` (how much of that slot it runs), and
``begins`` (a stretch starts). Running time grows with every pause: ``Σ whole + Σ part = run + resume × (Σ begins − chosen)``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from greenwright.place.fleet import programme
from greenwright.place.fleet.columns import Chosen
from greenwright.place.fleet.programme import Programme, Until
from greenwright.place.fleet.ways import Fleet, Pick

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


LEAST_REST_SHARE = 1e-6
"""Less than this of a slot is the solver's rounding."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Model:
    """Variables and rows, as they are added."""

    price: list[float] = field(default_factory=list)
    integral: list[bool] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    rows: list[dict[int, float]] = field(default_factory=list)
    limits: list[tuple[float, float]] = field(default_factory=list)

    def variable(self, price: float, *, integral: bool = True, upper: float = 1.0) -> int:
        self.price.append(price)
        self.integral.append(integral)
        self.upper.append(upper)
        return len(self.price) - 1

    def row(self, terms: dict[int, float], low: float, high: float) -> None:
        self.rows.append(terms)
        self.limits.append((low, high))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """Where the variables of one way lie, by slot."""

    whole: dict[int, int]
    last: dict[int, int]
    part: dict[int, int]


def size(fleet: Fleet) -> int:
    """Integer variables that the programme would have."""
    return 3 * sum(max(0, way.task.last - way.task.first) for way in fleet.ways)


def chosen(fleet: Fleet, *, until: Until, gap_share: float) -> Chosen | None:
    """The best plan; None where the time ended before any was found."""
    import numpy as np

    model = _Model()
    placed = _build(fleet, model)
    lows, highs = (np.array(limits) for limits in zip(*model.limits, strict=True))
    made = Programme(
        price=np.array(model.price),
        rows=_matrix(model),
        low=lows,
        high=highs,
        upper=np.array(model.upper),
        integral=np.array(model.integral),
    )
    solved = programme.whole(made, until=until, gap_share=gap_share)
    return Chosen(picks=_read(fleet, placed, solved.x), bound_g=solved.proven_value) if solved else None


def _build(fleet: Fleet, model: _Model) -> list[_Placed]:
    held: dict[tuple[int, int], dict[int, float]] = {}
    owners: dict[int, dict[int, float]] = {int(job): {model.variable(fleet.left_out_g): 1.0} for job in fleet.jobs}
    placed: list[_Placed] = []
    for way in fleet.ways:
        is_chosen = model.variable(way.moved_g)
        owners[way.job][is_chosen] = 1.0
        one = _add_way(fleet, model, len(placed), is_chosen)
        placed.append(one)
        for slots in (one.whole, one.last):
            for slot, variable in slots.items():
                held.setdefault((way.pool, slot), {})[variable] = float(way.node_count)
    for terms in owners.values():
        model.row(terms, 1, 1)
    for (pool, slot), terms in held.items():
        model.row(terms, -float("inf"), float(fleet.capacity[pool, slot]))
    return placed


def _add_way(fleet: Fleet, model: _Model, index: int, is_chosen: int) -> _Placed:
    task = fleet.ways[index].task
    price = task.price_g[0]
    slots = range(task.first, task.last)
    whole = {slot: model.variable(float(price[slot])) for slot in slots}
    last = {slot: model.variable(0.0) for slot in slots}
    part = {slot: model.variable(float(price[slot]), integral=False) for slot in slots}
    begins = {slot: model.variable(0.0) for slot in slots}
    resume = task.resume_s / task.step_s
    model.row(_ones(last) | {is_chosen: -1.0}, 0, 0)
    work = _ones(whole) | _ones(part) | dict.fromkeys(begins.values(), -resume)
    model.row(work | {is_chosen: resume - float(task.run_slots[0])}, 0, 0)
    most = float("inf") if task.interruptible else 1.0
    model.row(_ones(begins), 0, most)
    for slot in slots:
        usable = min(1.0, task.deadline_s / task.step_s - slot)
        model.row({part[slot]: 1.0, last[slot]: -usable}, -float("inf"), 0)
        ended = {last[before]: 1.0 for before in range(task.first, slot + 1)}
        model.row({whole[slot]: 1.0} | ended | {is_chosen: -1.0}, -float("inf"), 0)
        runs_before = {whole[slot - 1]: -1.0} if slot > task.first else {}
        model.row({whole[slot]: 1.0, last[slot]: 1.0, begins[slot]: -1.0} | runs_before, -float("inf"), 0)
    return _Placed(whole=whole, last=last, part=part)


def _ones(variables: dict[int, int]) -> dict[int, float]:
    return dict.fromkeys(variables.values(), 1.0)


def _matrix(model: _Model) -> object:
    from scipy.sparse import coo_matrix

    rows = [number for number, terms in enumerate(model.rows) for _ in terms]
    columns = [variable for terms in model.rows for variable in terms]
    values = [value for terms in model.rows for value in terms.values()]
    return coo_matrix((values, (rows, columns)), shape=(len(model.rows), len(model.price))).tocsr()


def _read(fleet: Fleet, placed: list[_Placed], found: NDArray[np.float64]) -> list[Pick | None]:
    picks: list[Pick | None] = [None] * fleet.job_count
    is_one: Callable[[int], bool] = lambda variable: bool(found[variable] > 0.5)  # noqa: E731, PLR2004 - a half is neither
    for index, (way, one) in enumerate(zip(fleet.ways, placed, strict=True)):
        ends = [slot for slot, variable in one.last.items() if is_one(variable)]
        if not ends:
            continue
        slots = [slot for slot, variable in one.whole.items() if is_one(variable)]
        rest = min(1.0, max(0.0, float(found[one.part[ends[0]]])))
        used, rest = ([*slots, ends[0]], rest) if rest > LEAST_REST_SHARE else (slots, 1.0)
        picks[way.job] = fleet.pick(index, used, rest)
    return picks
