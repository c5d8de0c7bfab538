"""Which counters this machine has, which of them to use, and why others are missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from greenwright.meter.contract import Counter, Meta, Missing, Probe
    from greenwright.records.energy import Reading
    from greenwright.records.quantities import Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A counter with the probe that reads it."""

    probe: Probe
    counter: Counter
    in_use: bool = True
    """False where another counter covers the same, better."""

    @property
    def meta(self) -> Meta:
        """What is true of its probe: ``covers``, ``leaves_out``, ``update_s``, ``source``."""
        return self.probe.META

    @property
    def grade(self) -> Grade:
        """How good its joules are."""
        return self.counter.grade or self.probe.META.grade

    def read(self) -> Reading:
        """Look once."""
        return self.probe.read(self.counter)


def sensors(root: Path = Path("/"), probes: Sequence[Probe] | None = None) -> tuple[list[Source], list[Missing]]:
    """Every counter that can be read, those in use marked; and every one that could be here, with what mends it.

    A fallback that found nothing has nothing to say: what it stands in for says it.
    """
    members = built_in() if probes is None else probes
    found = [Source(probe=probe, counter=counter) for probe in members for counter in probe.find(root)]
    used = [source.counter.id for source in choose(found)]
    marked = [replace(source, in_use=source.counter.id in used) for source in found]
    speaking = [probe for probe in members if not probe.META.fallback or any(one.probe is probe for one in found)]
    return marked, [missing for probe in speaking for missing in probe.missing(root)]


def choose(found: Iterable[Source], *, devices_only: bool = False) -> list[Source]:
    """Counters that together hold no joule twice: hardware first, fallbacks where no hardware covers the component.

    A counter of the whole node holds all others, so it is used alone; not a coarse one, where there is any finer
    hardware. ``devices_only`` leaves the node out wherever there are finer counters or models.
    """
    hardware_first = sorted(found, key=lambda source: source.meta.fallback)
    node = [source for source in hardware_first if source.counter.component == "node" and not source.meta.fallback]
    devices = [source for source in hardware_first if source.counter.component != "node"]
    has_hardware = any(not source.meta.fallback for source in devices)
    fine = [source for source in node if not source.counter.coarse]
    if not (devices_only and devices) and (fine or (node and not has_hardware)):
        return (fine or node)[:1]
    chosen: list[Source] = []
    for source in devices:
        if not any(_overlap(source, other) for other in chosen) and _adds_up(source, chosen):
            chosen.append(source)
    return chosen


def choose_within(found: Iterable[Source], used: Sequence[Source]) -> list[Source]:
    """Counters of what ``used`` already holds: the devices, where a counter of the whole node is in use.

    Only hardware, and what tells the work itself apart, is worth showing beside a measured total.
    """
    if not any(source.counter.component == "node" for source in used):
        return []
    return choose([source for source in found if source.counter.component != "node"])


def built_in() -> list[Probe]:
    """Every probe of the family: ours, and those of installed plugins."""
    from greenwright import registry  # brings importlib.metadata, half of what importing a meter would cost

    # A module is the plugin; that it keeps the contract is checked by its contract test.
    return [cast("Probe", module) for module in registry.load_all("probes").values()]


def _overlap(one: Source, other: Source) -> bool:
    if one.counter.component != other.counter.component:
        return False
    devices = {one.counter.device, other.counter.device}
    return one.meta.fallback or len(devices) == 1 or "" in devices


def _adds_up(source: Source, chosen: Sequence[Source]) -> bool:
    """A model of all memory, idle or not, is not added to a model of what this work alone adds to its CPU and memory."""
    if source.counter.component != "dram" or not source.meta.fallback:
        return True
    return not any(other.counter.component == "cpu" and other.counter.marginal for other in chosen)
