"""Placement: the work, the sites where it may run, and the plan that says where, when, on what and how wide."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from greenwright.records.quantities import Quantity


class PriceClass(StrEnum):
    """How a machine is rented."""

    ON_DEMAND = "on-demand"
    SPOT = "spot"
    """Cheaper, and taken away when somebody else pays more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Width:
    """One width that a job may run at, measured against its narrowest."""

    node_count: int
    speed_ratio: float
    """Work per second over that of the narrowest width."""
    power_ratio: float
    """Power of all nodes over that of the narrowest width."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What the whole work takes on one device at the narrowest width."""

    device: str
    energy_j: Quantity
    """Of the computers, without the hall around them."""
    run_s: float
    embodied_g_per_s: Quantity | None = None
    """Of one node: its making, spread over its life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work that may move, wait, pause or spread. Times count from the beginning of the plan."""

    name: str
    demands: tuple[Demand, ...]
    """One for every device it may run on."""
    release_s: float = 0.0
    deadline_s: float
    interruptible: bool = False
    checkpoint_s: float = 0.0
    restart_s: float = 0.0
    widths: tuple[Width, ...] = (Width(node_count=1, speed_ratio=1.0, power_ratio=1.0),)
    data_bytes: float = 0.0
    data_home: str = ""
    """The site the data lies at; nothing moves where this is the site."""
    latency_limit_s: float | None = None
    """From where the users are to the site and back."""
    residency: tuple[str, ...] = ()
    """Countries, by two letters, or "EU": the work may be nowhere else; empty: anywhere."""
    sites: tuple[str, ...] = ()
    """The sites allowed; empty: all."""
    price_classes: tuple[PriceClass, ...] = (PriceClass.ON_DEMAND,)
    max_cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a node of one device costs at a site, in one price class."""

    device: str
    price_class: PriceClass = PriceClass.ON_DEMAND
    usd_per_s: Quantity | None = None
    """None: nobody knows."""
    interrupted_every_s: float | None = None
    """Mean time between interruptions of a spot machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where work can run."""

    key: str
    """"aws/eu-west-1" or a name of yours."""
    zone: str = ""
    """Of the grid: what the intensities are found by."""
    country: str = ""
    bloc: str = ""
    pue: Quantity
    water_l_per_kwh: Quantity | None = None
    """Per kWh of the computers: on site, and at power plants."""
    latency_s: Quantity | None = None
    """From where the users are, there and back."""
    rates: tuple[Rate, ...] = ()
    """Empty: any device, at a price nobody knows."""
    capacity_count: int | None = None
    """Nodes that may run at once; None: as many as wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A time without a pause."""

    start_s: float
    end_s: float
    node_count: float
    """Mean over the stretch: a job that widens within it has a fraction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a plan, or running now and here, comes to."""

    carbon_g: Quantity
    """Operation, the making of the hardware by its time used, and moving the data."""
    energy_j: Quantity
    """At the meter of the hall."""
    cost_usd: Quantity | None
    water_l: Quantity | None
    finish_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Where, when, on what and how wide, with what it comes to."""

    site: str
    device: str
    price_class: PriceClass
    node_count: int
    """The widest it gets."""
    policy: str
    """By which policy the hours were picked."""
    stretches: tuple[Stretch, ...]
    pause_count: int
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """A constraint that stands in the way, and how far it would have to give."""

    constraint: str
    said: str
    """An order: "Allow 3.5 h more: finish by 14 h instead of 10.5 h"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatMap:
    """Grams per kWh at the meter of each hall: site by slot."""

    sites: tuple[str, ...]
    step_s: float
    intensity_g_per_kwh: tuple[tuple[float, ...], ...]
    """A row per site, a value per slot, times the hall's PUE."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One job's plan, against running it now and here."""

    job: str
    starts_at: str
    """UTC, ISO 8601: what all seconds count from."""
    verdict: str
    choice: Choice | None
    """None: no way of running it holds every constraint; ``relaxations`` says what to give."""
    now_here: Choice | None
    """The baseline; None where "here" cannot run it at all."""
    saving_share: float
    """Of the carbon, on the median forecast; 0 where there is no benefit."""
    benefits: bool
    front: tuple[Choice, ...] = ()
    """Choices that no other beats on carbon, cost and finish at once, by carbon."""
    relaxations: tuple[Relaxation, ...] = ()
    notes: tuple[str, ...] = ()
    """What was assumed or left out."""
    heat: HeatMap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One job of a fleet, placed."""

    job: str
    choice: Choice | None
    """None: nothing was left that holds its constraints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPlan:
    """Many jobs that share sites, placed together."""

    starts_at: str
    placed: tuple[Placed, ...]
    carbon_g: Quantity
    now_here_g: float
    """All jobs run on arrival, each at its own "here", as if there were no limits."""
    bound_g: float
    """No plan whatever can be below this: grams, with money counted in as grams where it has a worth."""
    reached_g: float
    """What this plan is, counted alike."""
    gap_share: float
    """How far the plan may be from the best there is: (reached − bound) / reached."""
    method: str
    duration_s: float
    """That the planning took."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One time that a command ran: until it was done, paused, taken away or failed."""

    price_class: PriceClass
    started_at: str
    """UTC, ISO 8601."""
    duration_s: float
    energy_j: Quantity
    carbon_g: Quantity
    start_s: float
    """Starting and loading, before there was progress; 0 for the first."""
    lost_s: float
    """Work that was not saved when it ended."""
    ended: str
    """"done", "paused", "taken", "stopped", "failed", or "lost" where the runner itself was killed."""
    exit_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """A command that ran when the grid was clean, from the first wait to the end."""

    command: tuple[str, ...]
    started_at: str
    deadline_at: str
    verdict: str
    done: bool
    late: bool
    exit_code: int
    attempts: tuple[Attempt, ...]
    waited_s: float
    energy_j: Quantity | None
    carbon_g: Quantity | None
    restart_j: float
    """Of that: starting again, and work done twice."""
    now_g: float | None
    """The same energy at the intensity of the hours in which it would have run at once."""
    fell_back: bool
    """The slack was used up: it ran on, or on demand, without looking at the grid any more."""
    replanned_count: int = 0
    """How often a new forecast changed the plan while it waited."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHour:
    """Where the requests of one hour are answered."""

    at_s: float
    """Seconds since 1970."""
    answered_count: tuple[tuple[float, ...], ...]
    """Requests from each region (rows) answered in each (columns)."""
    emitted_g: float
    latency_s: float
    """Mean over the hour's requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePlan:
    """Where a service answers its requests, hour by hour, against answering each where it arises."""

    regions: tuple[str, ...]
    hours: tuple[ServiceHour, ...]
    emitted_g: float
    at_home_g: float
    saving_share: float
    latency_s: float
    """Mean over all requests."""
    at_home_latency_s: float
