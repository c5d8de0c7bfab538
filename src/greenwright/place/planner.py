"""Plan one job: every admissible option, each laid out by every policy that applies; the best of them against now and here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from greenwright import registry
from greenwright.errors import BadInputError
from greenwright.place import relax
from greenwright.place.contract import EPSILON, Policy, Schedule
from greenwright.place.figures import choice, cost_usd
from greenwright.place.options import Breach, Network, Option, options
from greenwright.place.outlook import Outlook
from greenwright.records.placement import Choice, HeatMap, Job, Plan, Site

if TYPE_CHECKING:
    from greenwright.place.contract import Array

LEAST_SAVING_SHARE = 0.01
"""Less carbon saved than this, by the median forecast, is no benefit: stay where you are and start now."""


class Preference(StrEnum):
    """Which end of the front to pick."""

    CARBON = "carbon"
    COST = "cost"
    TIME = "time"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """An option with its hours, priced."""

    option: Option
    schedule: Schedule
    policy: str
    carbon_g: float
    cost_usd: float
    """Infinite where nobody knows: what is known is preferred."""

    @property
    def finish_s(self) -> float:
        """When it is done."""
        return self.schedule.finish_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is wanted of a plan."""

    prefer: Preference = Preference.CARBON
    g_per_usd: float = 0.0
    """Grams that one may emit to save one US dollar, where carbon is preferred."""


def plan(  # noqa: PLR0913 - what a plan is made of
    job: Job,
    sites: Sequence[Site],
    outlooks: Mapping[str, Outlook],
    *,
    here: str,
    network: Network,
    starts_at: datetime,
    step_s: float,
    wish: Wish | None = None,
    notes: Sequence[str] = (),
) -> Plan:
    """Where, when, on what and how wide, against running ``job`` now at the site ``here``.

    Raises:
        BadInputError: ``here`` is none of ``sites``.
    """
    wish = wish or Wish()
    every = list(options(job, sites, outlooks, network, step_s=step_s))
    base = now_here(job, every, here)
    admissible = [option for option in every if not option.breaches]
    pool = list(_front(_candidates(admissible)))
    afforded = [one for one in pool if job.max_cost_usd is None or one.cost_usd <= job.max_cost_usd]
    made = Plan(
        job=job.name,
        starts_at=starts_at.isoformat(timespec="seconds"),
        verdict="",
        choice=None,
        now_here=choice(base.option, base.schedule, base.policy) if base else None,
        saving_share=0.0,
        benefits=False,
        notes=tuple(notes),
        heat=heat(sites, outlooks, step_s),
    )
    if not afforded:
        return _infeasible(made, job, every, pool)
    best = _pick(afforded, wish)
    if base and wish.prefer is Preference.CARBON and _is_admissible(base, job):
        best = _stay(base, best, wish)
    front = sorted(_front([*afforded, best]), key=lambda one: (one.carbon_g, one.cost_usd, one.finish_s))
    return _with_verdict(
        replace(
            made,
            choice=choice(best.option, best.schedule, best.policy),
            front=tuple(choice(one.option, one.schedule, one.policy) for one in front),
        ),
        best,
        base,
    )


def _candidates(admissible: Sequence[Option]) -> Iterator[Candidate]:
    policies = [(name, cast("Policy", module)) for name, module in registry.load_all("policies").items()]
    for name, policy in policies:
        for option in admissible:
            for schedule in policy.schedules(option.task):
                yield candidate(option, schedule, name)


def candidate(option: Option, schedule: Schedule, policy: str) -> Candidate:
    """The option with its hours, and what they come to on the median forecast."""
    node_s = float((option.node_count @ schedule.running_share).sum()) * option.task.step_s
    known = cost_usd(option, node_s)
    return Candidate(
        option=option,
        schedule=schedule,
        policy=policy,
        carbon_g=schedule.price_g + option.moved_g.value,
        cost_usd=known.value if known else math.inf,
    )


def _front(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Those that no other beats or equals on carbon, cost and finish while differing in one."""
    kept: list[Candidate] = []
    for one in sorted(candidates, key=lambda one: (one.carbon_g, one.cost_usd, one.finish_s, one.schedule.pause_count)):
        if not any(other.cost_usd <= one.cost_usd and other.finish_s <= one.finish_s * (1 + EPSILON) for other in kept):
            kept.append(one)
    return kept


def _pick(front: Sequence[Candidate], wish: Wish) -> Candidate:
    if wish.prefer is Preference.COST:
        return min(front, key=lambda one: (one.cost_usd, one.carbon_g, one.finish_s))
    if wish.prefer is Preference.TIME:
        return min(front, key=lambda one: (one.finish_s, one.carbon_g, one.cost_usd))
    return min(front, key=lambda one: (_worth_g(one, wish), one.finish_s))


def _worth_g(one: Candidate, wish: Wish) -> float:
    return one.carbon_g + (wish.g_per_usd * one.cost_usd if wish.g_per_usd else 0.0)


def _stay(base: Candidate, best: Candidate, wish: Wish) -> Candidate:
    """Now and here, where moving or waiting would not save enough to be worth it."""
    gain_g = _worth_g(base, wish) - _worth_g(best, wish)
    return base if not gain_g > LEAST_SAVING_SHARE * base.carbon_g else best


def _is_admissible(base: Candidate, job: Job) -> bool:
    held = not base.option.breaches and base.finish_s <= job.deadline_s * (1 + EPSILON)
    return held and (job.max_cost_usd is None or base.cost_usd <= job.max_cost_usd)


def now_here(job: Job, every: Sequence[Option], here: str) -> Candidate | None:
    """The first way of running at ``here``: narrowest, first device, first price class, whatever it breaches; None if too long."""
    at_home = [option for option in every if option.site.key == here]
    if not at_home:
        raise BadInputError(f"the job is said to be at {here!r}, which is not among the sites; add it, or correct `here`")
    first = next((one for one in at_home if one.rate.price_class in job.price_classes), at_home[0])
    boundless = replace(first.task, deadline_s=first.task.price_g.shape[1] * first.task.step_s)
    laid = registry.load("policies", "run-now").schedules(boundless)
    return candidate(first, laid[0], "run-now") if laid else None


def heat(sites: Sequence[Site], outlooks: Mapping[str, Outlook], step_s: float) -> HeatMap:
    """Every site's grams per kWh of the computers, hour by hour."""
    rows: list[Array] = [outlooks[site.key].median_g_per_kwh * site.pue.value for site in sites]
    return HeatMap(
        sites=tuple(site.key for site in sites),
        step_s=step_s,
        intensity_g_per_kwh=tuple(tuple(round(float(value), 2) for value in row) for row in rows),
    )


def _infeasible(made: Plan, job: Job, every: Sequence[Option], pool: Sequence[Candidate]) -> Plan:
    """Say what stands in the way: the budget where there is a plan without it, else what the nearest options breach."""
    if pool:
        least = min(pool, key=lambda one: one.cost_usd)
        known = math.isfinite(least.cost_usd)
        limit = job.max_cost_usd or 0.0
        said = f"Raise the budget by {least.cost_usd - limit:.2f} USD to {least.cost_usd:.2f} USD" if known else "Give a price"
        breaches = [[Breach(constraint="max_cost", amount=1, said=f"{said} ({least.option.site.key})")]]
    else:
        breaches = [list(option.breaches) for option in every]
    relaxations = relax.relaxations(breaches)
    verdict = "No plan holds every constraint. " + " ".join(f"{one.said}." for one in relaxations)
    return replace(made, relaxations=tuple(relaxations), verdict=verdict.strip())


def _with_verdict(made: Plan, best: Candidate, base: Candidate | None) -> Plan:
    assert made.choice is not None
    if base is None:
        return replace(made, benefits=True, verdict=f"Run at {where(made.choice)}; here it could not run in the hours known.")
    saving = 1 - best.carbon_g / base.carbon_g if base.carbon_g else 0.0
    if best is base or abs(saving) < EPSILON:
        verdict = "No benefit: start now, here. No other hour, place or machine allowed saves enough to be worth it."
        return replace(made, verdict=verdict)
    words = f"saves {saving:.1%} of the carbon of" if saving >= 0 else f"emits {-saving:.1%} more than"
    return replace(
        made,
        saving_share=saving,
        benefits=saving >= LEAST_SAVING_SHARE,
        verdict=f"Run at {where(made.choice)}: it {words} running now, here.",
    )


def where(chosen: Choice) -> str:
    """The choice in a few words."""
    hours = f"from {chosen.stretches[0].start_s / 3600:.4g} h to {chosen.figures.finish_s / 3600:.4g} h from now"
    pauses = (
        f", with {chosen.pause_count} pauses" if chosen.pause_count > 1 else ", with one pause" if chosen.pause_count else ""
    )
    device = f" on {chosen.node_count} × {chosen.device}" if chosen.device else ""
    spot = " (spot)" if chosen.price_class == "spot" else ""
    return f"{chosen.site}{device}{spot} {hours}{pauses}"
