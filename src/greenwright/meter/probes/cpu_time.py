"""CPU energy from CPU time, where no counter can be read: seconds on the CPU times watts from the catalogue.

Only what this work adds is modelled. Neighbours on the machine do not change it; idle power is not in it.

Source: https://www.cloudcarbonfootprint.org/docs/methodology (watts per virtual CPU between idle and full load).
"""

from __future__ import annotations

from pathlib import Path

from greenwright.catalogue.load import Factor, factors
from greenwright.meter import clock
from greenwright.meter.contract import Counter, Meta, Missing
from greenwright.records import Grade, Reading

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
    factor = _factor(root)
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
        )
    ]


def missing(root: Path = Path("/")) -> list[Missing]:
    """The power of this CPU, where the catalogue does not know it."""
    if _factor(root).key != "unknown":
        return []
    names = sorted(_names(root)) or ["an unreadable /proc/cpuinfo"]
    why = f"the catalogue has no entry for {', '.join(names)}"
    return [Missing(what="power of this CPU", why=why, mend="add an entry to catalogue/data/cpu_power.toml")]


def read(counter: Counter) -> Reading:
    """Look once."""
    return Reading(counter=counter.id, energy_j=clock.cpu_s() * counter.handle, at_s=clock.now_s())


def _factor(root: Path) -> Factor:
    known, names = factors("cpu_power"), _names(root)
    return next((factor for factor in known.values() if names & set(factor.match)), known["unknown"])


def _names(root: Path) -> set[str]:
    """The names of the first CPU: its model name and its numbers, with and without stepping."""
    try:
        first, _, _ = (root / "proc/cpuinfo").read_text().partition("\n\n")
    except OSError:
        return set()
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in first.splitlines())}
    names = {facts.get("model name", "")}
    if "cpu family" in facts:
        numbers = f"{facts.get('vendor_id')} {facts['cpu family']}/{facts.get('model')}"
        names |= {numbers, f"{numbers}/{facts.get('stepping')}"}
    if "CPU part" in facts:
        names.add(f"{facts.get('CPU implementer')}/{facts['CPU part']}")
    return names - {""}
