"""Where this process stands in a job of many, and which process of a machine reads the counters that all of them share.

A counter of the machine is read by one process of a job, whoever comes first: it holds a name in the kernel's abstract socket
space, which the kernel frees when the process ends, however it ends. Nothing is left on disk. Another process that still measures
then takes over at its next look, so that what the machine uses until the last one ends is counted.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from greenwright.meter import clock
from greenwright.meter.sensors import Source
from greenwright.records.energy import Reading
from greenwright.records.runs import Place

if TYPE_CHECKING:
    import socket

    from greenwright.meter.contract import Counter, Meta, Missing

DEPTH = "GREENWRIGHT_DEPTH"
"""How many ``greenwright measure`` enclose this process: a measured program may measure itself, too."""
ELSEWHERE = "elsewhere:"
"""Begins the name of a counter that another process of the job reads; its joules here are those since this one took over."""
RETRY_S = 0.5
"""How often a process tries to take over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Launcher:
    """The variables in which one launcher tells a process where it stands."""

    job: tuple[str, ...]
    rank: str
    local_rank: str
    rank_count: str
    local_count: str


_LAUNCHERS = {
    "torchrun": _Launcher(
        job=("TORCHELASTIC_RUN_ID", "MASTER_ADDR", "MASTER_PORT"),
        rank="RANK",
        local_rank="LOCAL_RANK",
        rank_count="WORLD_SIZE",
        local_count="LOCAL_WORLD_SIZE",
    ),
    "slurm": _Launcher(
        job=("SLURM_JOB_ID", "SLURM_STEP_ID"),
        rank="SLURM_PROCID",
        local_rank="SLURM_LOCALID",
        rank_count="SLURM_STEP_NUM_TASKS",
        local_count="SLURM_STEP_TASKS_PER_NODE",
    ),
    "openmpi": _Launcher(
        job=("PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid"),
        rank="OMPI_COMM_WORLD_RANK",
        local_rank="OMPI_COMM_WORLD_LOCAL_RANK",
        rank_count="OMPI_COMM_WORLD_SIZE",
        local_count="OMPI_COMM_WORLD_LOCAL_SIZE",
    ),
}


def place(environment: Mapping[str, str] | None = None, root: Path = Path("/")) -> Place:
    """This process, and its rank where torchrun, Slurm or Open MPI started it."""
    known = os.environ if environment is None else environment
    alone = Place(boot_id=_boot_id(root), host=os.uname().nodename, pid=os.getpid(), process_started=started_ticks())
    for name, launcher in _LAUNCHERS.items():
        if launcher.rank in known and any(variable in known for variable in launcher.job):
            rank = _number(known, launcher.rank, 0)
            return replace(
                alone,
                job="-".join([name, *(known[variable] for variable in launcher.job if variable in known)]),
                rank=rank,
                local_rank=_number(known, launcher.local_rank, rank),
                rank_count=_number(known, launcher.rank_count, 1),
                local_count=_number(known, launcher.local_count, 1),
            )
    return alone


def run_id(one: Place, started_at: str) -> str:
    """A name for a run that no other has, in this or another place."""
    return f"{started_at[:23].translate(str.maketrans('', '', '-:.'))}-{one.host}-{one.pid}"


def _number(environment: Mapping[str, str], variable: str, default: int) -> int:
    """The first number in it: Slurm writes "4(x2)" for four tasks on each of two nodes."""
    digits = environment.get(variable, "").partition("(")[0].partition(",")[0]
    return int(digits) if digits.isdigit() else default


def _boot_id(root: Path) -> str:
    try:
        return (root / "proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def started_ticks(pid: int | str = "self") -> int:
    """When a process started, in clock ticks since boot; 0 where there is no such process."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return 0


def is_running(one: Place) -> bool:
    """Whether the process that measured is still there. One on another machine, or before a restart, is not."""
    return one.boot_id == _boot_id(Path("/")) and one.process_started == started_ticks(one.pid) != 0


class Seat:
    """The right to read a machine's counters for one job; freed by ``leave``, and by the kernel when the process ends."""

    def __init__(self, one: Place) -> None:
        self._socket: socket.socket | None = None
        self._name = f"\0greenwright/{os.getuid()}/{one.job}/{os.environ.get(DEPTH, '0')}" if one.job else ""
        self._asked_s = -math.inf
        self._has_left = False
        self.is_reader = True
        if one.job:
            self.is_reader = self._take()

    def leave(self) -> None:
        """Let another process read. More than once does no harm."""
        self._has_left = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()
            self._socket = None

    def reads_now(self) -> bool:
        """Whether this process reads, having taken over where the one that did has ended: asked at every look, tried now and then."""
        if not self.is_reader and not self._has_left and clock.now_s() - self._asked_s >= RETRY_S:
            self._asked_s = clock.now_s()
            self.is_reader = self._take()
        return self.is_reader

    def _take(self) -> bool:
        import socket  # only jobs of many processes need it

        taken = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            taken.bind(self._name)
        except OSError:
            taken.close()
            return False
        self._socket = taken
        return True


def once_per_machine(sources: Sequence[Source], seat: Seat) -> tuple[Source, ...]:
    """The same counters; those of the whole machine gain nothing where another process of the job reads them."""
    if seat.is_reader:
        return tuple(sources)
    return tuple(source if is_own(source) else _elsewhere(source, seat) for source in sources)


def is_own(source: Source) -> bool:
    """Whether a counter sees this process alone, so that every process of a job must read its own."""
    return source.counter.marginal


def _elsewhere(source: Source, seat: Seat) -> Source:
    told = replace(
        source.counter,
        id=f"{ELSEWHERE}{source.counter.id}",
        source=f"counted once, by another process of this job on this machine: {source.counter.source}",
    )
    return replace(source, probe=_Elsewhere(META=source.meta, source=source, seat=seat), counter=told)


@dataclass(slots=True, kw_only=True)
class _Elsewhere:
    """A probe whose counters stand still, until its process has to read them."""

    META: Meta
    source: Source
    seat: Seat
    _from_j: float | None = None
    """What the counter showed when this process took over."""

    def find(self, root: Path = Path("/")) -> list[Counter]:  # noqa: ARG002 - as every probe has it
        """Nothing of its own."""
        return []

    def missing(self, root: Path = Path("/")) -> list[Missing]:  # noqa: ARG002 - as every probe has it
        """Nothing is missing."""
        return []

    def read(self, counter: Counter) -> Reading:
        """Look once: no joules and no watts, or those since this process took over."""
        if not self.seat.reads_now():
            nothing_w = 0.0 if counter.sample_s is not None else None
            return Reading(
                counter=counter.id, at_s=clock.now_s(), energy_j=None if counter.sample_s else 0.0, power_w=nothing_w
            )
        shown = self.source.read()
        if shown.energy_j is None:
            return replace(shown, counter=counter.id)
        if self._from_j is None:
            self._from_j = shown.energy_j
        return replace(shown, counter=counter.id, energy_j=shown.energy_j - self._from_j)
