"""What a reader and a finding are: modules with ``META`` and functions.

**A reader** knows one kind of source. ``recognise(look)`` says whether this is one, from its columns, its first rows or its first
text. ``jobs(raw, look)`` turns its table into jobs (``jobs.job_table`` fills what it does not know), as an expression: nothing is
read before the audit asks. A reader whose sources are no tables has ``load(look)``, which makes one. ``notes(look)`` says what it
assumed; ``facts(raw, jobs)``, where there is one, adds up what the source states of itself.

**A finding** knows one kind of waste. ``META.needs`` names the columns without which it cannot look. ``part(jobs, given)`` says, for
each job, which part of its energy is at stake, from 0 to 1; all parts are added up in one pass. One that must compare jobs with one
another has ``alike(jobs, given)`` in its place: the jobs that it is about, with a column ``part``. ``judge(stake, given)`` says it in
words, with what to do; or None.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from greenwright.records.quantities import Grade, Quantity

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

    from greenwright.audit.look import Look
    from greenwright.records.audit import Impact


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderMeta:
    """What is true of a reader before it reads."""

    id: str
    title: str
    """What such a source is called, for people."""
    says: str
    """What it knows of a job."""
    leaves_out: str
    """What it cannot know."""
    source: str
    """Where the format is described."""
    folds: bool = False
    """Whether several rows become one job, so that its table is worth keeping."""


class Reader(Protocol):
    """A module that reads one kind of source."""

    META: ReaderMeta

    def recognise(self, seen: Look) -> bool:
        """Whether this is one."""

    def jobs(self, raw: ir.Table, seen: Look) -> ir.Table:
        """Its jobs: every column of ``records.jobs``, ``problem`` and ``row_text``."""

    def notes(self, seen: Look) -> tuple[str, ...]:
        """What it assumed."""


class LoadingReader(Reader, Protocol):
    """One whose sources are no tables."""

    def load(self, seen: Look) -> pa.Table:
        """The table they amount to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingMeta:
    """What is true of a finding before it looks."""

    id: str
    title: str
    """The failing state, as people would say it."""
    needs: tuple[str, ...]
    """Columns without which it cannot look."""
    wants: str
    """What to hand in so that it can, for people."""
    action: str
    """The strategy or command that acts on it."""
    effort: str
    """small, medium or large."""
    low_share: float
    saving_share: float
    high_share: float
    """Of the energy at stake, what acting on it can be expected to save."""
    grade: Grade
    source: str
    """Where these shares come from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake:
    """What one finding is about, added up."""

    job_count: int
    gpu_s: float
    energy_j: Quantity
    carbon_g: Quantity | None
    costs: dict[str, float] = field(default_factory=dict)
    where: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a finding may know beside the jobs."""

    total: Impact
    hardware: dict[str, Chip] = field(default_factory=dict)
    """By the resolved name."""
    places: dict[str, Spot] = field(default_factory=dict)
    """By the resolved name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """An accelerator as findings see it."""

    name: str
    year: int | None
    flop_per_j: float | None
    """At its peak, in 16 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place as findings see it."""

    name: str
    provider: str
    intensity_g_per_kwh: Quantity
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a finding says once its stake is known."""

    says: str
    advice: str
    saving_share: float
    low_share: float
    high_share: float
    """Of what is at stake."""
    saves_carbon_only: bool = False
    basis: str = ""
    """Where other than ``META.source`` says."""


class Finding(Protocol):
    """A module that knows one kind of waste, by what it finds in each job."""

    META: FindingMeta
    part: Callable[[ir.Table, Given], ir.FloatingValue]
    judge: Callable[[Stake, Given], Verdict | None]
