"""What every process did in a while: CPU time from /proc, GPU work from NVIDIA's driver; and their part of the energy."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from greenwright.errors import BadInputError, CannotHereError
from greenwright.meter import nvidia
from greenwright.meter.attribution import attribute
from greenwright.meter.baseline import cpu_ticks
from greenwright.meter.contract import Counter
from greenwright.meter.cpu_model import busy_power
from greenwright.meter.session import Meter
from greenwright.records.attribution import Attribution, Use
from greenwright.records.energy import Part
from greenwright.records.quantities import Grade, Quantity

GROUPS = ("process", "cgroup")
MODELLED = "cpu_time of all"
"""The part that stands in where no counter covers the CPU."""
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Process:
    """One line of /proc/<pid>/stat, and whose it is."""

    key: tuple[int, int]
    """Its number and when it started: numbers come back."""
    parent: int
    own_s: float
    ended_children_s: float
    group: str


def watch(
    duration_s: float,
    *,
    by: str = "process",
    root: Path = Path("/"),
    meter: Meter | None = None,
    wait: Callable[[float], object] = time.sleep,
) -> Attribution:
    """Who uses this machine's energy, over the next ``duration_s``.

    Where no counter covers the CPU, the CPU time of the whole machine is multiplied by the model's power: idling is then not
    in it.

    Args:
        duration_s: How long to look.
        by: "process" or "cgroup".
        root: Where the files of the machine are.
        meter: The meter to use; a new one for devices if None.
        wait: What passes the time; a test puts its own.

    Raises:
        BadInputError: another ``by``.
        CannotHereError: no /proc.
    """
    if by not in GROUPS:
        raise BadInputError(f"by is {by!r}; give one of {', '.join(GROUPS)}")
    meter = meter or Meter(root=root, devices_only=True)
    gpus = _gpus(root)
    before, busy_before = _processes(root, by), cpu_ticks(root)[0]
    if not before:
        raise CannotHereError(f"{root / 'proc'} shows no processes; this needs Linux, and in a container the host's /proc")
    with meter.window("processes") as opened:
        wait(duration_s)
    after, busy_s = _processes(root, by), (cpu_ticks(root)[0] - busy_before) / _TICKS_PER_S
    window = opened.result
    own = {source.counter.id for source in meter.sources if source.counter.marginal}
    parts = [part for part in window.parts if part.counter not in own]
    if len(parts) < len(window.parts):
        parts.append(_modelled(root, busy_s))
    uses = _uses(before, after, _gpu_work_shares(gpus, [source.counter for source in meter.sources], after, window.duration_s))
    return attribute(parts, uses, duration_s=window.duration_s, busy_s=busy_s, idle=meter.facts.idle, straight=(MODELLED,))


def _modelled(root: Path, busy_s: float) -> Part:
    factor = busy_power(root)
    energy_j = Quantity(
        value=busy_s * factor.value,
        low=busy_s * factor.low,
        high=busy_s * factor.high,
        grade=Grade.ASSUMED if factor.key == "unknown" else Grade.MODELLED,
        source=f"CPU time of all processes x {factor.value} W ({factor.low}-{factor.high} W) for {factor.title}: {factor.source}",
    )
    return Part(counter=MODELLED, covers="what all processes add to an idle machine", energy_j=energy_j, component="cpu")


def _uses(before: list[_Process], after: list[_Process], gpu_share: dict[str, dict[str, float]]) -> list[Use]:
    """CPU time by group. What ended meanwhile is in the time of the parent that waited for it, without what it had before."""
    was = {one.key: one for one in before}
    alive = {one.key for one in after}
    gone_s: dict[int, float] = {}
    for one in before:
        if one.key not in alive:
            gone_s[one.parent] = gone_s.get(one.parent, 0.0) + one.own_s + one.ended_children_s
    spent_s: dict[str, float] = {}
    for one in after:
        then = was.get(one.key)
        own_s = one.own_s - (then.own_s if then else 0.0)
        ended_s = one.ended_children_s - (then.ended_children_s if then else 0.0) - gone_s.get(one.key[0], 0.0)
        spent_s[one.group] = spent_s.get(one.group, 0.0) + own_s + max(0.0, ended_s)
    names = [name for name, cpu_s in spent_s.items() if cpu_s > 0 or name in gpu_share]
    return [Use(name=name, cpu_s=spent_s[name], gpu_share=gpu_share.get(name, {})) for name in names]


def _processes(root: Path, by: str) -> list[_Process]:
    found = (_process(folder, by) for folder in (root / "proc").glob("[0-9]*"))
    return [one for one in found if one is not None]


def _process(folder: Path, by: str) -> _Process | None:
    try:
        name, _, rest = (folder / "stat").read_text().partition(" (")[2].rpartition(")")
        group = f"{folder.name} {name}" if by == "process" else _cgroup(folder)
    except OSError:
        return None  # it ended while we looked
    fields = rest.split()
    ticks = [int(number) for number in fields[11:15]]
    return _Process(
        key=(int(folder.name), int(fields[19])),
        parent=int(fields[1]),
        own_s=(ticks[0] + ticks[1]) / _TICKS_PER_S,
        ended_children_s=(ticks[2] + ticks[3]) / _TICKS_PER_S,
        group=group,
    )


def _cgroup(folder: Path) -> str:
    lines = (folder / "cgroup").read_text().splitlines()
    return next((line.removeprefix("0::") for line in lines if line.startswith("0::")), lines[0] if lines else "/")


def _gpus(root: Path) -> list[nvidia.Gpu]:
    try:
        return list(nvidia.gpus(root))
    except CannotHereError:
        return []


def _gpu_work_shares(
    gpus: list[nvidia.Gpu], counters: list[Counter], after: list[_Process], duration_s: float
) -> dict[str, dict[str, float]]:
    """Each group's part of what a GPU did, by the id of its counter. A GPU that does not say is left out: unattributed."""
    groups = {one.key[0]: one.group for one in after}
    ids = {counter.device: counter.id for counter in counters if counter.component == "gpu"}
    shares: dict[str, dict[str, float]] = {}
    for gpu in gpus:
        work = _gpu_work(gpu, duration_s)
        every = sum(work.values())
        for pid, amount in work.items():
            if every > 0 and pid in groups and gpu.uuid in ids:
                known = shares.setdefault(groups[pid], {})
                known[ids[gpu.uuid]] = known.get(ids[gpu.uuid], 0.0) + amount / every
    return shares


def _gpu_work(gpu: nvidia.Gpu, duration_s: float) -> dict[int, float]:
    """Utilisation of the multiprocessors by process, summed over the driver's samples of the window."""
    since_us = round((time.time() - duration_s) * 1e6)
    try:
        samples = gpu.ask("nvmlDeviceGetProcessUtilization", since_us) or []
    except CannotHereError:
        return {}
    work: dict[int, float] = {}
    for sample in samples:
        work[sample.pid] = work.get(sample.pid, 0.0) + sample.smUtil
    return work
