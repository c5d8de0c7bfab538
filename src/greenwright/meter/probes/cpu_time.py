"""CPU energy from CPU time, where no counter can be read: seconds on the CPU times watts from the catalogue.

Only what this work adds is modelled. Neighbours on the machine do not change it; idle power is not in it.

Source: https://www.cloudcarbonfootprint.org/docs/methodology (watts per virtual CPU between idle and full load).
"""

from __future__ import annotations

from pathlib import Path

from greenwright.meter import clock
from greenwright.meter.contract import Counter, Meta, Missing
from greenwright.meter.cpu_model import busy_power, missing_power
from greenwright.records.energy import Reading
from greenwright.records.quantities import Grade

META = Meta(
    id="cpu_time",
    title="CPU time of this process times the power of its CPU",
    covers="what this process and its ended children add to the power of CPU, memory, fans and supply",
    leaves_out="idle power, GPUs, disks, other processes, and children that are still running",
    grade=Grade.MODELLED,
    update_s=1e-6,
    source="https://www.cloudcarbonfootprint.org/docs/methodology",
    fallback=True,
)


def find(root: Path = Path("/")) -> list[Counter]:
    """One counter, always; for a CPU the catalogue does not know it is only assumed, with a wider range."""
    factor = busy_power(root)
    return [
        Counter(
            id="cpu_time",
            component="cpu",
            handle=factor.value,
            covers=META.covers,
            low_ratio=factor.low / factor.value,
            high_ratio=factor.high / factor.value,
            source=f"CPU time x {factor.value} W ({factor.low}-{factor.high} W) for {factor.title}: {factor.source}",
            grade=Grade.ASSUMED if factor.key == "unknown" else Grade.MODELLED,
            marginal=True,
        )
    ]


def missing(root: Path = Path("/")) -> list[Missing]:
    """The power of this CPU, where the catalogue does not know it."""
    return missing_power(root)


def read(counter: Counter) -> Reading:
    """Look once."""
    return Reading(counter=counter.id, energy_j=clock.cpu_s() * counter.handle, at_s=clock.now_s())
