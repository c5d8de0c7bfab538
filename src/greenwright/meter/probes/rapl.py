"""CPU and memory energy from the counters that Linux shows as powercap files.

Packages and their memory are read. Cores and graphics lie inside the package; ``psys`` holds the package, so it stands in
only where there is no package; ``intel-rapl-mmio`` shows the same counters once more. None of these is ever added.

Source: https://docs.kernel.org/power/powercap/powercap.html
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from greenwright.errors import CannotHereError
from greenwright.meter import clock
from greenwright.meter.contract import Counter, Meta, Missing
from greenwright.meter.files import KeptOpen
from greenwright.records.energy import Reading
from greenwright.records.quantities import Grade
from greenwright.units import J_PER_UJ

if TYPE_CHECKING:
    from collections.abc import Callable

META = Meta(
    id="rapl",
    title="CPU energy counter (RAPL)",
    covers="CPU packages: cores, caches, memory controller, built-in graphics; memory where it has a counter",
    leaves_out="GPUs, disks, fans, network, losses of the power supply",
    grade=Grade.COUNTER,
    update_s=0.001,
    source="https://docs.kernel.org/power/powercap/powercap.html",
)

_POWERCAP = Path("sys/class/powercap")
_COVERS = {
    "cpu": "all processes on CPU {name}",
    "dram": "memory of {name}",
    "node": "the whole platform ({name})",
}


def find(root: Path = Path("/")) -> list[Counter]:
    """One counter per package and per memory zone that can be read now."""
    readable = [zone for zone in _zones(root) if _why_unreadable(zone) is None]
    kinds = {zone: _component(zone) for zone in readable}
    if "cpu" in kinds.values():
        kinds = {zone: kind for zone, kind in kinds.items() if kind != "node"}
    counters = [_counter(zone, kind) for zone, kind in kinds.items()]
    return [counter for number, counter in enumerate(counters) if not _mirrored(counter, counters[:number])]


def missing(root: Path = Path("/")) -> list[Missing]:
    """Zones that cannot be read; or why the kernel shows none; or that memory has no counter."""
    zones = _zones(root)
    if not zones:
        return [_why_none(root)]
    refused = {zone.name: why for zone in zones if (why := _why_unreadable(zone))}
    if refused:
        mend = "sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj   # until the next start"
        return [Missing(what=f"CPU energy counter ({', '.join(refused)})", why=next(iter(refused.values())), mend=mend)]
    if "dram" not in map(_component, zones):
        return [Missing(what="memory energy counter", why="this CPU has none: its power is modelled by its size")]
    return []


def read(counter: Counter) -> Reading:
    """Look once.

    Raises:
        CannotHereError: the file can no longer be read.
    """
    file, wrap_j = counter.handle
    try:
        energy_uj = file.integer()
    except (OSError, ValueError) as error:
        raise CannotHereError(f"{file} cannot be read any more ({error}); see `greenwright doctor`") from error
    return Reading(counter=counter.id, energy_j=energy_uj * J_PER_UJ, at_s=clock.now_s(), wrap_j=wrap_j)


def _zones(root: Path) -> list[Path]:
    """Every zone that could be counted, readable or not; the glob leaves ``intel-rapl-mmio`` out."""
    return [zone for zone in sorted((root / _POWERCAP).glob("intel-rapl:*")) if _component(zone)]


def _component(zone: Path) -> str:
    name = _name(zone)
    if name.startswith("package"):
        return "cpu"
    return {"dram": "dram", "psys": "node"}.get(name, "")


def _name(zone: Path) -> str:
    try:
        return (zone / "name").read_text().strip()
    except OSError:
        return ""


def _counter(zone: Path, component: str) -> Counter:
    name = _name(zone)
    if component == "dram":
        name = _name(zone.with_name(zone.name.rpartition(":")[0])) or zone.name
    return Counter(
        id=f"rapl:{zone.name.removeprefix('intel-rapl:')}:{_name(zone)}",
        component=component,
        device=name,
        handle=(KeptOpen(zone / "energy_uj"), KeptOpen(zone / "max_energy_range_uj").integer() * J_PER_UJ),
        covers=_COVERS[component].format(name=name),
        source=f"RAPL {_name(zone)}, {_POWERCAP}/{zone.name}",
    )


def _mirrored(counter: Counter, earlier: list[Counter], look: Callable[[Counter], Reading] = read) -> bool:
    """Whether an earlier counter of this kind is the same one: looked at before and after, it encloses this one.

    Dies of one AMD package may each show the counter of the package. Two counters that are really two agree to a
    microjoule in about one of 10^9 looks.
    """
    for other in earlier:
        if other.component == counter.component:
            before_j, this_j, after_j = (look(one).energy_j or 0.0 for one in (other, counter, other))
            if before_j <= this_j <= after_j:
                return True
    return False


def _why_unreadable(zone: Path) -> str | None:
    try:
        KeptOpen(zone / "energy_uj").integer()
        KeptOpen(zone / "max_energy_range_uj").integer()
    except PermissionError:
        return "only root may read energy_uj since Linux 5.10 (CVE-2020-8694)"
    except (OSError, ValueError) as error:
        return f"{zone.name}/energy_uj cannot be read: {error}"
    return None


def _why_none(root: Path) -> Missing:
    what = "CPU energy counter"
    if _is_virtual(root):
        why = "this is a virtual machine, and its host shows it no counters"
        return Missing(what=what, why=why, mend="measure on bare metal", is_command=False)
    if any((root / mark).exists() for mark in (".dockerenv", "run/.containerenv")):
        mend = "docker run -v /sys:/host/sys:ro …, then Meter(root=Path('/host'))"
        return Missing(what=what, why="containers hide /sys/devices/virtual/powercap (GHSA-jq35-85cj-fj4p)", mend=mend)
    return Missing(what=what, why="the kernel shows no intel-rapl zones", mend="sudo modprobe intel_rapl_msr")


def _is_virtual(root: Path) -> bool:
    try:
        cpuinfo = (root / "proc/cpuinfo").read_text()
    except OSError:
        return False
    return any(line.startswith("flags") and "hypervisor" in line.split() for line in cpuinfo.splitlines())
