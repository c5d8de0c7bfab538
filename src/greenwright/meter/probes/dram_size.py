"""Memory energy from its size, where the CPU is counted and its memory is not: gigabytes times watts, times time.

Source: https://github.com/cloud-carbon-footprint/ccf-coefficients and the others named in catalogue/data/dram_power.toml
"""

from __future__ import annotations

from pathlib import Path

from greenwright.catalogue.load import factors
from greenwright.meter import clock
from greenwright.meter.contract import Counter, Meta, Missing
from greenwright.records.energy import Reading
from greenwright.records.quantities import Grade
from greenwright.units import BYTES_PER_GB, BYTES_PER_KIB

META = Meta(
    id="dram_size",
    title="Size of the memory times its power per gigabyte",
    covers="all memory of the machine, whoever uses it, idle or not",
    leaves_out="how busy it is",
    grade=Grade.MODELLED,
    update_s=1e-6,
    source="https://github.com/cloud-carbon-footprint/ccf-coefficients",
    fallback=True,
)


def find(root: Path = Path("/")) -> list[Counter]:
    """One counter, where the size of the memory is known."""
    size_bytes = _size_bytes(root)
    if size_bytes is None:
        return []
    factor = factors("dram_power")["any"]
    size_gb = size_bytes / BYTES_PER_GB
    return [
        Counter(
            id="dram_size",
            component="dram",
            handle=factor.value * size_gb,
            covers=f"{size_gb:.0f} GB of memory, idle or not",
            low_ratio=factor.low / factor.value,
            high_ratio=factor.high / factor.value,
            source=f"{size_gb:.0f} GB x {factor.value} W ({factor.low}-{factor.high} W) a gigabyte: {factor.source}",
        )
    ]


def missing(root: Path = Path("/")) -> list[Missing]:
    """That the size is not known."""
    if _size_bytes(root) is not None:
        return []
    return [Missing(what="size of the memory", why="/proc/meminfo does not say")]


def read(counter: Counter) -> Reading:
    """Look once: the power never changes, so joules are those since the clock began."""
    now_s = clock.now_s()
    return Reading(counter=counter.id, energy_j=counter.handle * now_s, at_s=now_s)


def _size_bytes(root: Path) -> int | None:
    try:
        lines = (root / "proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * BYTES_PER_KIB for line in lines if line.startswith("MemTotal:"))
    except (OSError, StopIteration, ValueError, IndexError):
        return None
