"""Spot machines: how often to save, what interruptions waste, and when to stop gambling on the deadline.

Source: Young (1974), "A first order approximation to the optimum checkpoint interval"; Daly (2006), "A higher order estimate of the
optimum checkpoint interval for restart dumps", https://doi.org/10.1016/j.future.2004.11.016; Wu et al. (2024), "Can't Be Late",
https://www.usenix.org/conference/nsdi24/presentation/wu-zhanghao.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What saving and starting again take."""

    checkpoint_s: float
    restart_s: float
    """Getting a machine's software up and loading the last checkpoint."""


def daly_s(interrupted_every_s: float, costs: Costs) -> float:
    """The interval to higher order; as long as the time between interruptions where saving takes half of that or more."""
    mean_s, save_s = interrupted_every_s, costs.checkpoint_s
    if save_s >= mean_s / 2:
        return mean_s
    part = math.sqrt(save_s / (2 * mean_s))
    return math.sqrt(2 * save_s * mean_s) * (1 + part / 3 + part**2 / 9) - save_s


def waste_share(interval_s: float, interrupted_every_s: float, costs: Costs) -> float:
    """Part of the running time that is no progress, where interruptions come at random at a constant rate.

    ``T / W = (M / τ) e^(R / M) (e^((τ + C) / M) − 1)``; waste is ``1 − W / T``.
    """
    mean_s = interrupted_every_s
    if math.isinf(mean_s):
        return costs.checkpoint_s / (interval_s + costs.checkpoint_s)
    exponent = (interval_s + costs.checkpoint_s) / mean_s
    stretched = mean_s / interval_s * math.exp(costs.restart_s / mean_s) * math.expm1(min(exponent, 700.0))
    return 1 - 1 / stretched


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What running on a trace of ups and downs came to."""

    useful_s: float
    up_s: float
    """The machine was there."""
    interruption_count: int

    @property
    def waste_share(self) -> float:
        """Part of the time up that was no progress."""
        return 1 - self.useful_s / self.up_s if self.up_s else 0.0


def stretches(ups: Iterable[tuple[bool, float]]) -> Iterator[tuple[bool, float]]:
    """The same ups and downs, neighbours of one kind joined."""
    state: bool | None = None
    length_s = 0.0
    for up, duration_s in ups:
        if up is state:
            length_s += duration_s
            continue
        if state is not None:
            yield state, length_s
        state, length_s = up, duration_s
    if state is not None:
        yield state, length_s


def interrupted_every_s(ups: Iterable[tuple[bool, float]]) -> float:
    """Mean time up per interruption; infinite where there was none."""
    joined = list(stretches(ups))
    up_s = math.fsum(duration_s for up, duration_s in joined if up)
    ends = sum(up for up, _ in joined[:-1])
    return up_s / ends if ends else math.inf


def simulate(ups: Iterable[tuple[bool, float]], interval_s: float, costs: Costs) -> Outcome:
    """Run through the whole trace: load, work, save after every interval; work since the last save dies with the machine."""
    joined = list(stretches(ups))
    useful_s = up_s = 0.0
    count = 0
    for number, (up, duration_s) in enumerate(joined):
        if not up:
            continue
        up_s += duration_s
        worked_s = max(0.0, duration_s - (costs.restart_s if count or number else 0.0))
        saved = math.floor(worked_s / (interval_s + costs.checkpoint_s))
        taken = number < len(joined) - 1
        count += taken
        useful_s += saved * interval_s
        if not taken:
            useful_s += min(interval_s, worked_s - saved * (interval_s + costs.checkpoint_s))
    return Outcome(useful_s=useful_s, up_s=up_s, interruption_count=count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a job with a deadline ended."""

    finish_s: float
    spot_s: float
    on_demand_s: float
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Work with a deadline, and how often it saves."""

    work_s: float
    deadline_s: float
    interval_s: float
    costs: Costs

    def falls_back_at_s(self, saved_s: float) -> float:
        """The last moment at which a machine that is not taken away can start and still hold the deadline."""
        return self.deadline_s - (self.work_s - saved_s) - self.costs.restart_s


def run_by_deadline(ups: Iterable[tuple[bool, float]], order: Order) -> Finished:
    """Work on spot while it lasts, and on demand from the moment that the slack is used up."""
    at_s = saved_s = spot_s = 0.0
    for up, duration_s in stretches(ups):
        end_s = min(at_s + duration_s, max(at_s, order.falls_back_at_s(saved_s)))
        if up:
            saved_s, stopped_s = _worked(at_s, at_s + duration_s, saved_s, order)
            spot_s += stopped_s - at_s
            if saved_s >= order.work_s:
                return _finished(stopped_s, spot_s, 0.0, order)
            end_s = min(at_s + duration_s, stopped_s)
        if end_s < at_s + duration_s:
            at_s = end_s
            break
        at_s = end_s
    needed_s = order.work_s - saved_s + order.costs.restart_s
    return _finished(max(at_s, order.falls_back_at_s(saved_s)) + needed_s, spot_s, needed_s, order)


def _worked(at_s: float, end_s: float, saved_s: float, order: Order) -> tuple[float, float]:
    """What is saved, and when it stopped: the work was done, the machine was taken, or the slack was used up."""
    at_s += order.costs.restart_s
    while True:
        part_s = min(order.interval_s, order.work_s - saved_s)
        until_s = min(end_s, order.falls_back_at_s(saved_s))
        if part_s >= order.work_s - saved_s and at_s + part_s <= until_s:
            return order.work_s, at_s + part_s
        if at_s + part_s + order.costs.checkpoint_s > until_s:
            return saved_s, until_s
        at_s += part_s + order.costs.checkpoint_s
        saved_s += part_s


def _finished(finish_s: float, spot_s: float, on_demand_s: float, order: Order) -> Finished:
    late = finish_s > order.deadline_s * (1 + 1e-9)
    return Finished(finish_s=finish_s, spot_s=spot_s, on_demand_s=on_demand_s, late=late)
