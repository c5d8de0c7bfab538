"""A run: what was measured from start to end of a job, where, and by which of its processes."""

from __future__ import annotations

from dataclasses import dataclass

from greenwright.records.energy import Part, Window
from greenwright.records.quantities import Interval, Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The process that measured, and its place in a job of several processes on several machines."""

    boot_id: str
    """Of this start of this machine: two looks with one boot id share a clock and counters."""
    host: str
    pid: int
    process_started: int = 0
    """In clock ticks since boot: with ``pid`` it names one process for ever."""
    job: str = ""
    """What all processes of the job agree on, such as "slurm-123.0"; "" for a process that is a job of its own."""
    rank: int = 0
    local_rank: int = 0
    rank_count: int = 1
    local_count: int = 1
    """Processes of the job on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How much one counter had gained in a window by a certain time."""

    at_s: float
    """Monotonic clock of its boot."""
    energy_j: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """How one counter's joules grew over one window, so that runs which overlap can be merged."""

    counter: str
    covers: str
    component: str
    own: bool
    """It sees one process alone; False: the machine, whichever process looks."""
    energy_j: Quantity
    """At the last look."""
    looks: tuple[Look, ...]
    """From the opening of the window on; at least two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a run used at a boundary, and cost the world. What was measured stays as it was; overheads stand beside it."""

    boundary: str
    """"device", "it", "facility" or "with embodied"."""
    energy_j: Quantity
    """At the boundary."""
    device_j: Quantity
    it_j: Quantity
    facility_j: Quantity
    place: str
    """The world where nobody said where it ran."""
    location_g: Quantity | None = None
    """Operational CO2e, by the average intensity of the grid."""
    embodied_g: Quantity | None = None
    site_water_l: Quantity | None = None
    """Of IT energy, never of the facility's."""
    grid_water_l: Quantity | None = None
    pue_ratio: Quantity | None = None
    country: str = ""
    """Two letters."""
    leaves_out: tuple[str, ...] = ()
    """What belongs to the boundary and is not in the numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One job, or one process of it, with the windows that were measured in it."""

    id: str
    name: str
    place: Place
    started_at: str
    """UTC, ISO 8601."""
    windows: tuple[Window, ...]
    """In the order they ended: the whole of it last."""
    command: tuple[str, ...] = ()
    """Empty for a run measured from inside."""
    exit_code: int | None = None
    finished: bool = True
    """False: it was cut off, and what is here ends at the last look before that."""
    interval_s: float | None = None
    """How often it was looked at: at most so much is lost of a run that was cut off."""
    traces: tuple[Trace, ...] = ()
    account: Account | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineTotal:
    """What one machine used, each of its joules counted once however many processes looked."""

    boot_id: str
    host: str
    rank_count: int
    """Runs that took part."""
    energy_j: Quantity
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Several runs as one: processes of a job, machines of a cluster, or one job restarted."""

    name: str
    energy_j: Quantity
    machines: tuple[MachineTotal, ...]
    runs: tuple[str, ...]
    counted_twice_j: float
    """What adding up the runs would have counted more than once."""
    finished: bool
    """False where one of the runs was cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """One command measured several times."""

    run: Run
    """Its windows are the repeats, in order."""
    energy_j: Quantity
    """The median repeat; its range is that of the counters, which repetition does not narrow."""
    spread: Interval | None
    """Of the median, from the repeats alone; None for fewer than an interval needs."""
    detectable_share: float | None
    """The smallest difference that comparing with as many repeats of something else would find; None without a spread."""
