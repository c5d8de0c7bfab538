"""Plan many jobs that share sites: options become ways, the fleet's solver picks, and each pick is told as a choice."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from greenwright.errors import BadInputError
from greenwright.place.contract import Schedule, Task
from greenwright.place.figures import choice
from greenwright.place.fleet.solve import Solution, solve
from greenwright.place.fleet.ways import Way
from greenwright.place.making import Setting
from greenwright.place.options import Option, options
from greenwright.place.planner import Preference, now_here
from greenwright.records.placement import FleetPlan, Placed
from greenwright.records.quantities import Grade, Quantity, weakest

if TYPE_CHECKING:
    from greenwright.place.contract import Array


def together(made: Setting, *, limit_s: float = 30.0) -> FleetPlan:
    """One plan for all jobs of the setting.

    Raises:
        BadInputError: what is preferred is time, which has no sum over jobs.
    """
    if made.wish.prefer is Preference.TIME:
        raise BadInputError("prefer.for = 'time' orders one job's choices; for many jobs give 'carbon' or 'cost'")
    begun_s = time.monotonic()
    every = [list(options(job, made.sites, made.outlooks, made.network, step_s=made.step_s)) for job in made.jobs]
    ways, owners = _ways(made, every)
    solved = solve(ways, len(made.jobs), _capacity(made), limit_s=limit_s)
    placed = tuple(_placed(made, number, ways, owners, solved) for number in range(len(made.jobs)))
    bases = [now_here(job, found, here) for job, found, here in zip(made.jobs, every, made.heres, strict=True)]
    return FleetPlan(
        starts_at=made.starts_at.isoformat(timespec="seconds"),
        placed=placed,
        carbon_g=_carbon_g(placed),
        now_here_g=sum(base.carbon_g for base in bases if base),
        bound_g=solved.bound_g,
        reached_g=solved.reached_g,
        gap_share=solved.gap_share,
        method=solved.method,
        duration_s=time.monotonic() - begun_s,
        notes=(*made.notes, *_left_out(placed)),
    )


def _ways(made: Setting, every: Sequence[Sequence[Option]]) -> tuple[list[Way], list[Option]]:
    """Every admissible option of one width; jobs that may change width are planned at each of their widths."""
    pools = {site.key: number for number, site in enumerate(made.sites)}
    ways, owners = [], []
    for job, found in enumerate(every):
        for option in found:
            if option.breaches or len(option.widths) > 1:
                continue
            ways.append(
                Way(
                    job=job,
                    pool=pools[option.site.key],
                    node_count=option.widths[0].node_count,
                    task=_priced(made, option),
                    moved_g=_worth_g(made, option.moved_g.value, option.moved_usd),
                )
            )
            owners.append(option)
    return ways, owners


def _priced(made: Setting, option: Option) -> Task:
    """The option's task with money counted in, at what it is said to be worth."""
    from dataclasses import replace

    rate = option.rate.usd_per_s
    usd = (rate.value if rate else 0.0) * float(option.node_count.sum()) * option.task.step_s
    if made.wish.prefer is Preference.COST:
        return replace(option.task, price_g=option.task.price_g * 1e-6 + usd)
    return replace(option.task, price_g=option.task.price_g + made.wish.g_per_usd * usd)


def _worth_g(made: Setting, carbon_g: float, cost_usd: float) -> float:
    if made.wish.prefer is Preference.COST:
        return carbon_g * 1e-6 + cost_usd
    return carbon_g + made.wish.g_per_usd * cost_usd


def _capacity(made: Setting) -> Array:
    import numpy as np

    boundless = sum(job.widths[-1].node_count for job in made.jobs)
    limits = [boundless if site.capacity_count is None else site.capacity_count for site in made.sites]
    return np.repeat(np.array(limits, dtype=float)[:, None], made.slot_count, axis=1)


def _placed(made: Setting, number: int, ways: Sequence[Way], owners: Sequence[Option], solved: Solution) -> Placed:
    found = solved.placed[number]
    if found is None:
        return Placed(job=made.jobs[number].name, choice=None)
    way, schedule = found
    option = owners[next(index for index, one in enumerate(ways) if one is way)]
    return Placed(job=made.jobs[number].name, choice=choice(option, _in_grams(option, schedule), solved.method))


def _in_grams(option: Option, schedule: Schedule) -> Schedule:
    from dataclasses import replace

    return replace(schedule, price_g=float((schedule.running_share * option.task.price_g).sum()))


def _carbon_g(placed: Sequence[Placed]) -> Quantity:
    known = [one.choice.figures.carbon_g for one in placed if one.choice]
    if not known:
        return Quantity(value=0.0, low=0.0, high=0.0, grade=Grade.ASSUMED, source="nothing was placed")
    return Quantity(
        value=sum(one.value for one in known),
        low=sum(one.low for one in known),
        high=sum(one.high for one in known),
        grade=weakest(one.grade for one in known),
        source="; ".join(dict.fromkeys(one.source for one in known)),
    )


def _left_out(placed: Sequence[Placed]) -> list[str]:
    left = [one.job for one in placed if one.choice is None]
    if not left:
        return []
    return [
        f"{len(left)} jobs found no place: {', '.join(left[:10])}. Plan each alone to see which constraint stands in the way."
    ]
