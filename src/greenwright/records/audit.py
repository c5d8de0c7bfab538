"""What an audit found: what was read, its footprint from several sides, and where energy is wasted."""

from __future__ import annotations

from dataclasses import dataclass, field

from greenwright.records.claims import ClaimFinding
from greenwright.records.quantities import Quantity

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What some jobs took. What nobody can tell is None."""

    job_count: int
    gpu_s: float
    """Seconds on the wall times accelerators held."""
    cpu_s: float
    """Seconds on the wall times logical processors held."""
    it_energy_j: Quantity | None
    """Of the computers."""
    energy_j: Quantity | None
    """Of the hall: the computers' times PUE."""
    carbon_g: Quantity | None
    """CO2e of that energy, location-based, yearly averages unless hours were given."""
    water_l: Quantity | None
    """Evaporated on site and in power plants."""
    embodied_g: Quantity | None
    """CO2e of making the accelerators, by their share of life."""
    costs: dict[str, float] = field(default_factory=dict)
    """Money by currency, which is never added across currencies."""
    measured_share: float = 0.0
    """Of the computers' energy: what counters and samples said, not models."""
    known_share: float = 0.0
    """Of the jobs: those whose energy could be told at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The jobs that share one value of a dimension: one team, one month."""

    name: str
    impact: Impact


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The whole, cut along one dimension, the largest energy first."""

    dimension: str
    """team, project, model, hardware, phase, month or place."""
    slices: tuple[Slice, ...]
    other_count: int = 0
    """How many more values there are, beyond those listed."""
    other: Impact | None = None
    """Their sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Rows that could not be used, for one reason."""

    reason: str
    row_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRead:
    """One source: what it is, and what became of every row."""

    source: str
    reader: str
    title: str
    """What the reader takes it for."""
    row_count: int
    used_count: int
    """Rows that became jobs, or a part of one."""
    folded_count: int
    """Rows that others stand for: steps of a job, earlier rows of a running total."""
    rejected_count: int
    job_count: int
    rejections: tuple[Rejection, ...] = ()
    aside: str = ""
    """The file that the rejected rows were written to."""
    notes: tuple[str, ...] = ()
    """What the reader assumed, and what to know about such sources."""
    facts: dict[str, float] = field(default_factory=dict)
    """What the source itself states, added up: see the page on audits for the names."""
    gpu_s_by_device: dict[str, float] = field(default_factory=dict)
    """As the source spells its accelerators."""
    doubts: tuple[ClaimFinding, ...] = ()
    """Accounting mistakes that it brings with it, and what was done about each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Realised:
    """What a change of one kind really saved, from the ledger."""

    action: str
    """The strategy or command."""
    saving_share: float
    low_share: float
    high_share: float
    case_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Opportunity:
    """What to do about a finding, and what that can be expected to save."""

    action: str
    """What acts on it: "greenwright place", or "static-int8", a strategy."""
    advice: str
    """One or two sentences."""
    effort: str
    """small, medium or large."""
    saving_j: Quantity
    """Of the hall, over the time that was audited."""
    saving_g: Quantity | None
    saving_share: float
    """Of all energy audited; of all carbon where only carbon is saved."""
    basis: str
    """Where the expected part comes from."""
    realised: tuple[Realised, ...] = ()
    """What changes of the same kind saved in this ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotspot:
    """Work that takes energy and need not, or not as much."""

    id: str
    title: str
    says: str
    """What was found, in one sentence with its numbers."""
    job_count: int
    gpu_s: float
    energy_j: Quantity
    """At stake: the part of the hall's energy that the finding is about."""
    carbon_g: Quantity | None
    energy_share: float
    """Of all energy audited."""
    costs: dict[str, float] = field(default_factory=dict)
    where: tuple[tuple[str, float], ...] = ()
    """The values that hold most of it, with their shares of what is at stake."""
    opportunity: Opportunity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """A check that could not look, and what it would need."""

    id: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedFactor:
    """A number from outside that took part."""

    name: str
    amount: Quantity
    unit: str
    used_for: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """Everything an audit found: pages are drawn from this alone."""

    headline: str
    sources: tuple[SourceRead, ...]
    total: Impact
    sides: tuple[Side, ...]
    hotspots: tuple[Hotspot, ...]
    """The largest expected saving first."""
    clear: tuple[str, ...]
    """Titles of checks that looked and found nothing."""
    unasked: tuple[Unasked, ...]
    factors: tuple[UsedFactor, ...]
    warnings: tuple[str, ...]
    first_day: str = ""
    """Of the work; "" for logs without a calendar."""
    last_day: str = ""
    engine: str = "duckdb"
    """What computed it."""
    created_at: str = ""
    greenwright_version: str = ""
    schema_version: int = SCHEMA_VERSION
