"""Every way to run a job: site by device by price class by width, each as a task for the policies, with what it breaches."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from greenwright import units
from greenwright.place import spot
from greenwright.place.contract import EPSILON, Task
from greenwright.place.outlook import Outlook
from greenwright.records.placement import Demand, Job, PriceClass, Rate, Site, Width
from greenwright.records.quantities import Quantity

if TYPE_CHECKING:
    from greenwright.place.contract import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What moving data between sites takes."""

    energy_j_per_byte: Quantity
    bytes_per_s: float
    usd_per_byte: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A constraint that an option does not hold."""

    constraint: str
    amount: float
    """How far it is missed, to compare options by; 1 where there is no distance."""
    said: str
    """What to do about it, as an order."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Option:
    """One way to run a job. ``task`` prices it in grams."""

    site: Site
    demand: Demand
    rate: Rate
    widths: tuple[Width, ...]
    """One, or several where it may change while it runs."""
    outlook: Outlook
    task: Task
    power_w: Array
    """(levels,): of the computers, what each level adds."""
    node_count: Array
    """(levels,): what each level adds."""
    moved_g: Quantity
    """For bringing the data."""
    moved_j: Quantity
    moved_usd: float
    waste_share: float = 0.0
    """Of a spot machine's running time, lost to interruptions and checkpoints."""
    breaches: tuple[Breach, ...] = ()

    @property
    def run_s(self) -> float:
        """Running time of the whole work without a pause, at the widest."""
        return self.task.step_s / float(self.task.work_share.sum())


def options(
    job: Job, sites: Sequence[Site], outlooks: Mapping[str, Outlook], network: Network, *, step_s: float
) -> Iterator[Option]:
    """Every option, admissible or not; ``outlooks`` by site."""
    home = next((site for site in sites if site.key == job.data_home), None)
    for site in sites:
        for demand in job.demands:
            for rate in _rates(site, demand):
                if rate.price_class is PriceClass.SPOT and not job.interruptible:
                    continue
                for widths in _width_choices(job):
                    yield _option(job, site, demand, rate, widths, outlooks, network, home, step_s)


def _rates(site: Site, demand: Demand) -> list[Rate]:
    if not site.rates:
        return [Rate(device=demand.device)]
    return [rate for rate in site.rates if rate.device in {demand.device, ""}]


def _width_choices(job: Job) -> list[tuple[Width, ...]]:
    fixed: list[tuple[Width, ...]] = [(width,) for width in job.widths]
    return [*fixed, job.widths] if job.interruptible and len(job.widths) > 1 else fixed


def _option(  # noqa: PLR0913, PLR0917 - what a row of the product is made of
    job: Job,
    site: Site,
    demand: Demand,
    rate: Rate,
    widths: tuple[Width, ...],
    outlooks: Mapping[str, Outlook],
    network: Network,
    home: Site | None,
    step_s: float,
) -> Option:
    import numpy as np

    outlook = outlooks[site.key]
    waste = _waste(job, rate)
    speed = np.diff([0.0, *(width.speed_ratio for width in widths)])
    nodes = np.diff([0.0, *(float(width.node_count) for width in widths)])
    base_w = demand.energy_j.value / demand.run_s
    power_w = base_w * np.diff([0.0, *(width.power_ratio for width in widths)])
    embodied = demand.embodied_g_per_s.value if demand.embodied_g_per_s else 0.0
    grams = outlook.median_g_per_kwh * site.pue.value / units.J_PER_KWH
    moving = bool(job.data_bytes) and site.key != job.data_home
    ready_s = job.release_s + (job.data_bytes / network.bytes_per_s if moving else 0.0)
    task = Task(
        price_g=np.outer(power_w * step_s, grams) + (nodes * embodied * step_s)[:, None],
        work_share=speed * step_s / demand.run_s * (1 - waste),
        step_s=step_s,
        first=math.ceil(ready_s / step_s - EPSILON),
        deadline_s=job.deadline_s,
        interruptible=job.interruptible,
        resume_s=job.checkpoint_s + job.restart_s,
    )
    moved_j = _scaled(network.energy_j_per_byte, job.data_bytes if moving else 0.0)
    option = Option(
        site=site,
        demand=demand,
        rate=rate,
        widths=widths,
        outlook=outlook,
        task=task,
        power_w=power_w,
        node_count=nodes,
        moved_g=_moved_g(moved_j, outlook, outlooks.get(home.key) if home else None),
        moved_j=moved_j,
        moved_usd=network.usd_per_byte * job.data_bytes if moving else 0.0,
        waste_share=waste,
    )
    return replace(option, breaches=tuple(_breaches(job, option)))


def _waste(job: Job, rate: Rate) -> float:
    """Of spot time: what checkpoints and interruptions eat at the Young-Daly interval."""
    if rate.price_class is not PriceClass.SPOT or rate.interrupted_every_s is None:
        return 0.0
    costs = spot.Costs(checkpoint_s=max(job.checkpoint_s, 1.0), restart_s=job.restart_s)
    return spot.waste_share(spot.daly_s(rate.interrupted_every_s, costs), rate.interrupted_every_s, costs)


def _scaled(quantity: Quantity, count: float) -> Quantity:
    return replace(quantity, value=quantity.value * count, low=quantity.low * count, high=quantity.high * count)


def _moved_g(moved_j: Quantity, there: Outlook, home: Outlook | None) -> Quantity:
    """The network's energy at the mean of both ends, over the hours known."""
    ends = [there, home or there]

    def mean(values: list[Array]) -> float:
        return math.fsum(float(one.mean()) for one in values) / len(values) / units.J_PER_KWH

    return replace(
        moved_j,
        value=moved_j.value * mean([end.median_g_per_kwh for end in ends]),
        low=moved_j.low * mean([end.low_g_per_kwh for end in ends]),
        high=moved_j.high * mean([end.high_g_per_kwh for end in ends]),
    )


def _breaches(job: Job, option: Option) -> Iterator[Breach]:
    site = option.site
    if job.sites and site.key not in job.sites:
        yield Breach(constraint="sites", amount=1, said=f"Allow the site {site.key}")
    if job.residency and not {site.country, site.bloc} & set(job.residency):
        where = site.country or "an unknown country"
        yield Breach(constraint="residency", amount=1, said=f"Allow residency in {where} ({site.key})")
    if option.rate.price_class not in job.price_classes:
        kind = option.rate.price_class.value
        yield Breach(constraint="price class", amount=1, said=f"Allow {kind} machines ({site.key})")
    yield from _latency(job, site)
    widest = option.widths[-1].node_count
    if site.capacity_count is not None and widest > site.capacity_count:
        yield Breach(
            constraint="capacity",
            amount=widest - site.capacity_count,
            said=f"Raise the capacity of {site.key} from {site.capacity_count} to {widest} nodes",
        )
    yield from _deadline(job, option)
    yield from _budget(job, option)


def _latency(job: Job, site: Site) -> Iterator[Breach]:
    if job.latency_limit_s is None:
        return
    if site.latency_s is None:
        yield Breach(
            constraint="latency", amount=math.inf, said=f"Say how far {site.key} is from the users: its latency is unknown"
        )
    elif site.latency_s.value > job.latency_limit_s:
        over_s = site.latency_s.value - job.latency_limit_s
        said = f"Raise the latency limit by {over_s * 1e3:.0f} ms to {site.latency_s.value * 1e3:.0f} ms ({site.key})"
        yield Breach(constraint="latency", amount=over_s, said=said)


def _budget(job: Job, option: Option) -> Iterator[Breach]:
    """What it costs at least: running without a pause."""
    if job.max_cost_usd is None:
        return
    if option.rate.usd_per_s is None:
        yield Breach(
            constraint="max_cost",
            amount=math.inf,
            said=f"Give a price for {option.demand.device or 'nodes'} at {option.site.key}",
        )
        return
    cost_usd = option.rate.usd_per_s.value * float(option.node_count[0]) * option.task.step_s * float(option.task.run_slots[0])
    cost_usd += option.moved_usd
    if cost_usd > job.max_cost_usd * (1 + EPSILON) and len(option.widths) == 1:
        over_usd = cost_usd - job.max_cost_usd
        said = f"Raise the budget by {over_usd:.2f} USD to {cost_usd:.2f} USD ({option.site.key})"
        yield Breach(constraint="max_cost", amount=over_usd, said=said)


def _deadline(job: Job, option: Option) -> Iterator[Breach]:
    task = option.task
    finish_s = task.first * task.step_s + option.run_s
    known_s = task.price_g.shape[1] * task.step_s
    if finish_s > task.deadline_s * (1 + EPSILON):
        over_s = finish_s - task.deadline_s
        said = f"Allow {over_s / 3600:.2g} h more: finish by {finish_s / 3600:.1f} h instead of {job.deadline_s / 3600:.1f} h"
        yield Breach(constraint="deadline", amount=over_s, said=f"{said} ({option.site.key})")
    if finish_s > known_s * (1 + EPSILON):
        over_s = finish_s - known_s
        said = f"Give an outlook that is {over_s / 3600:.2g} h longer: it ends after {known_s / 3600:.1f} h ({option.site.key})"
        yield Breach(constraint="outlook", amount=over_s, said=said)
