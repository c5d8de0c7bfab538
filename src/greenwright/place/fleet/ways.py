"""The jobs of a fleet as arrays: every way to run every job, and what each start of it costs at given prices of capacity."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from greenwright.place.contract import EPSILON, Schedule, Task, single, whole_and_rest
from greenwright.place.policies import cheapest_hours

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from greenwright.place.contract import Array

    Indices = NDArray[np.intp]

BLOCKED = 1e15
"""Price of a slot that is not to be used."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Way:
    """One way to run one job: a task of one level, drawing on one pool of nodes."""

    job: int
    pool: int
    node_count: int
    task: Task
    moved_g: float = 0.0
    """Once, whenever it runs, in the unit of the task's prices."""

    @property
    def pausable(self) -> bool:
        """Whether it may be spread over more than one stretch."""
        return self.task.interruptible and float(self.task.run_slots[0]) > 1 + EPSILON


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A way with its hours. It holds its nodes for every slot it touches, also for the last, which it may leave early."""

    way: int
    slots: tuple[int, ...]
    rest_share: float
    """Of the last slot, that it runs."""
    price_g: float


@dataclass(kw_only=True, eq=False)
class Fleet:
    """All ways of all jobs, the ways of a job side by side; ``capacity`` (pools, slots) in nodes."""

    ways: Sequence[Way]
    job_count: int
    capacity: Array
    starts_price: Array = field(init=False)
    """(ways, slots): the price of an unpaused run from each slot on; infinite where it may not start."""
    touched: Indices = field(init=False)
    rest_share: Array = field(init=False)
    first_way: Indices = field(init=False)
    """(jobs,): index of the first way of each job that has any."""
    jobs: Indices = field(init=False)
    """(jobs,): which job that is."""

    def __post_init__(self) -> None:
        import numpy as np

        lengths = [whole_and_rest(float(way.task.run_slots[0])) for way in self.ways]
        self.touched = np.array([touched for touched, _ in lengths], dtype=np.intp)
        self.rest_share = np.array([rest for _, rest in lengths])
        owners = np.array([way.job for way in self.ways], dtype=np.intp)
        self.jobs, self.first_way = np.unique(owners, return_index=True)
        self.starts_price = np.full((len(self.ways), self.slot_count), np.inf)
        for index, way in enumerate(self.ways):
            self._price_starts(index, way)

    def _price_starts(self, index: int, way: Way) -> None:
        import numpy as np

        task, touched, rest = way.task, int(self.touched[index]), float(self.rest_share[index])
        latest = math.floor(task.deadline_s / task.step_s - (touched - 1 + rest) + EPSILON)
        starts = np.arange(task.first, min(latest, self.slot_count - touched) + 1)
        sums = np.concatenate([[0.0], np.cumsum(task.price_g[0])])
        whole = sums[starts + touched - 1] - sums[starts]
        self.starts_price[index, starts] = whole + rest * task.price_g[0, starts + touched - 1] + way.moved_g

    @property
    def slot_count(self) -> int:
        """Slots in the plan."""
        return int(self.capacity.shape[1])

    @cached_property
    def nodes(self) -> Array:
        """(ways,): nodes that each way holds while it runs."""
        import numpy as np

        return np.array([float(way.node_count) for way in self.ways])

    @cached_property
    def pools(self) -> Indices:
        """(ways,): where each way runs."""
        import numpy as np

        return np.array([way.pool for way in self.ways], dtype=np.intp)

    @cached_property
    def ends(self) -> Indices:
        """(ways, slots): the slot after the last of a run from each slot on."""
        import numpy as np

        ends: Indices = np.minimum(np.arange(self.slot_count)[None, :] + self.touched[:, None], self.slot_count)
        return ends

    @cached_property
    def left_out_g(self) -> float:
        """What leaving a job out costs: more than all that any choice could save."""
        import numpy as np

        dear = np.where(np.isfinite(self.starts_price), self.starts_price, 0.0).max(axis=1)
        return 1.0 + 2.0 * float(np.maximum.reduceat(dear, self.first_way).sum())

    def cheapest(self, floors: Array) -> Array:
        """(jobs,): no job costs less than this, placed or left out, where its ways cost at least ``floors``."""
        import numpy as np

        result: Array = np.minimum(np.minimum.reduceat(floors, self.first_way), self.left_out_g)
        return result

    @cached_property
    def pausable(self) -> Indices:
        """The ways that may be spread over several stretches."""
        import numpy as np

        return np.array([index for index, way in enumerate(self.ways) if way.pausable], dtype=np.intp)

    def reduced(self, capacity_price: Array) -> Array:
        """(ways, slots): the price of every unpaused start, with what it pays for the nodes it holds."""
        import numpy as np

        sums = np.concatenate([np.zeros((len(capacity_price), 1)), np.cumsum(capacity_price, axis=1)], axis=1)[self.pools]
        held = np.take_along_axis(sums, self.ends, axis=1) - sums[:, :-1]
        result: Array = self.starts_price + self.nodes[:, None] * held
        return result

    def floors(self, capacity_price: Array, reduced: Array) -> Array:
        """(ways,): no schedule of a way is cheaper than this at these prices; pauses are taken to be free."""
        import numpy as np

        floors: Array = reduced.min(axis=1)
        if len(self.pausable):
            floors[self.pausable] = np.minimum(floors[self.pausable], self._paused_floors(capacity_price))
        return floors

    def _paused_floors(self, capacity_price: Array) -> Array:
        import numpy as np

        chosen = self.pausable
        slots = np.arange(self.slot_count)
        firsts = np.array([self.ways[way].task.first for way in chosen])
        lasts = np.array([self.ways[way].task.last for way in chosen])
        prices = self._slot_prices[chosen] + self.nodes[chosen, None] * capacity_price[self.pools[chosen]]
        usable = (slots >= firsts[:, None]) & (slots < lasts[:, None])
        ordered = np.sort(np.where(usable, prices, np.inf), axis=1)
        sums = np.concatenate([np.zeros((len(chosen), 1)), np.cumsum(ordered, axis=1)], axis=1)
        row, whole = np.arange(len(chosen)), self.touched[chosen] - 1
        found: Array = sums[row, whole] + self.rest_share[chosen] * ordered[row, whole] + self._moved[chosen]
        return np.where(np.isfinite(self.starts_price[chosen]).any(axis=1), found, np.inf)

    @cached_property
    def _slot_prices(self) -> Array:
        import numpy as np

        return np.stack([way.task.price_g[0] for way in self.ways])

    @cached_property
    def _moved(self) -> Array:
        import numpy as np

        return np.array([way.moved_g for way in self.ways])

    def start(self, way: int, slot: int) -> Pick:
        """The unpaused run of a way from a slot on."""
        slots = tuple(range(slot, slot + int(self.touched[way])))
        return Pick(way=way, slots=slots, rest_share=float(self.rest_share[way]), price_g=float(self.starts_price[way, slot]))

    def paused(self, way: int, slot_price: Array) -> Pick | None:
        """The best schedule with pauses at the given prices of whole slots, charged what it really costs."""
        laid = cheapest_hours.schedules(replace(self.ways[way].task, price_g=slot_price[None, :]))
        if not laid or laid[-1].price_g >= BLOCKED / 2:
            return None
        slots = laid[-1].slots
        return self.pick(way, slots, float(laid[-1].running_share[0, slots[-1]]))

    def pick(self, way: int, slots: Sequence[int], rest_share: float) -> Pick:
        """A way in these slots, at what that costs."""
        price_g = single(self.ways[way].task, list(slots), rest_share).price_g + self.ways[way].moved_g
        return Pick(way=way, slots=tuple(slots), rest_share=rest_share, price_g=price_g)

    def schedule(self, pick: Pick) -> Schedule:
        """The hours of a pick."""
        return single(self.ways[pick.way].task, list(pick.slots), pick.rest_share)

    def held(self, pick: Pick) -> tuple[int, list[int], int]:
        """The pool, the slots and the number of nodes that a pick holds."""
        way = self.ways[pick.way]
        return way.pool, list(pick.slots), way.node_count

    def of_job(self, position: int) -> range:
        """The ways of the job at this position of ``jobs``."""
        end = self.first_way[position + 1] if position + 1 < len(self.first_way) else len(self.ways)
        return range(int(self.first_way[position]), int(end))
