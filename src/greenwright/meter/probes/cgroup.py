"""CPU energy from the CPU time of a whole cgroup (version 2), where no counter can be read: a container, a Slurm job.

Children that still run are in it, and so is whoever else shares the cgroup: it is used only where the setting ``cpu_time`` is
"cgroup".

Source: https://docs.kernel.org/admin-guide/cgroup-v2.html (cpu.stat, usage_usec)
"""

from __future__ import annotations

from pathlib import Path

from greenwright import settings
from greenwright.errors import CannotHereError
from greenwright.meter import clock
from greenwright.meter.contract import Counter, Meta, Missing
from greenwright.meter.cpu_model import busy_power
from greenwright.records.energy import Reading
from greenwright.records.quantities import Grade
from greenwright.units import S_PER_US

META = Meta(
    id="cgroup",
    title="CPU time of this process's cgroup times the power of its CPU",
    covers="what all processes of the cgroup, running and ended, add to the power of CPU, memory, fans and supply",
    leaves_out="idle power, GPUs, disks, and processes outside the cgroup",
    grade=Grade.MODELLED,
    update_s=1e-3,
    source="https://docs.kernel.org/admin-guide/cgroup-v2.html",
    fallback=True,
)
_WHAT = "CPU time of the cgroup"


def find(root: Path = Path("/")) -> list[Counter]:
    """One counter, where the setting asks for it and the kernel keeps it."""
    file = _file(root)
    if settings.resolve().cpu_time != "cgroup" or file is None:
        return []
    factor = busy_power(root)
    return [
        Counter(
            id="cgroup",
            component="cpu",
            handle=(file, factor.value),
            covers=META.covers,
            low_ratio=factor.low / factor.value,
            high_ratio=factor.high / factor.value,
            source=f"CPU time of the cgroup x {factor.value} W ({factor.low}-{factor.high} W) for {factor.title}: {factor.source}",
            grade=Grade.ASSUMED if factor.key == "unknown" else Grade.MODELLED,
            marginal=True,
        )
    ]


def missing(root: Path = Path("/")) -> list[Missing]:
    """That it is not asked for, or that this machine has no cgroups of version 2."""
    if _file(root) is None:
        return [Missing(what=_WHAT, why="there are no cgroups of version 2 here (no cpu.stat with usage_usec)")]
    if settings.resolve().cpu_time == "cgroup":
        return []
    mend = "export GREENWRIGHT_CPU_TIME=cgroup"
    return [Missing(what=_WHAT, why="the CPU time of this process is used in its place", mend=mend, applies=False)]


def read(counter: Counter) -> Reading:
    """Look once.

    Raises:
        CannotHereError: the cgroup is gone.
    """
    file, power_w = counter.handle
    usage_s = _usage_s(file)
    if usage_s is None:
        raise CannotHereError(f"{file} cannot be read any more; see `greenwright doctor`")
    return Reading(counter=counter.id, energy_j=usage_s * power_w, at_s=clock.now_s())


def _file(root: Path) -> Path | None:
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return None
    own = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), None)
    if own is None:
        return None
    # In a container the kernel may name the cgroup as the host sees it, where only its own is mounted.
    places = (root / "sys/fs/cgroup" / own / "cpu.stat", root / "sys/fs/cgroup/cpu.stat")
    return next((file for file in places if _usage_s(file) is not None), None)


def _usage_s(file: Path) -> float | None:
    try:
        lines = file.read_text().splitlines()
        return next(int(line.split()[1]) * S_PER_US for line in lines if line.startswith("usage_usec"))
    except (OSError, StopIteration, ValueError, IndexError):
        return None
