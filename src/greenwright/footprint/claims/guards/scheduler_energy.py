"""A scheduler's ConsumedEnergy often leaves the GPUs out, belongs to a shared node, or is missing."""

from __future__ import annotations

import re

from greenwright.footprint.claims.contract import Meta, finding
from greenwright.footprint.claims.slurm import device_count, device_seconds, energy_j
from greenwright.records.claims import ClaimDocument, ClaimFinding, Severity

META = Meta(
    id="scheduler-energy",
    title="A scheduler's energy leaves out the GPUs",
    source="https://slurm.schedmd.com/sacct.html#OPT_ConsumedEnergy",
)
IDLE_W_PER_GPU = 30.0
"""No data-centre GPU that is switched on draws less, and its node more."""


def find(document: ClaimDocument) -> list[ClaimFinding]:
    """Jobs whose energy is below what their GPUs draw at rest, and jobs without any."""
    jobs = [record for record in document.records if _has_energy(record.cells)]
    gpu = [(record, energy_j(record.cells), device_seconds(record.cells)) for record in jobs if device_count(record.cells)]
    low = [
        (record, joules, seconds) for record, joules, seconds in gpu if joules and seconds and joules / seconds < IDLE_W_PER_GPU
    ]
    missing = [record for record, joules, seconds in gpu if not joules and seconds]
    found = []
    if low:
        record, joules, seconds = min(low, key=lambda item: item[1] / item[2])
        least = f"the least is {joules / seconds:.3g} W a GPU"
        says = f"{len(low)} of {len(gpu)} GPU jobs have less energy than their GPUs draw at rest; {least}"
        found.append(finding(META, record.where, says, "take it as the host's part only, and measure the GPUs apart (DCGM)"))
    if missing:
        says = f"{len(missing)} of {len(gpu)} GPU jobs that ran have no ConsumedEnergy"
        mend = "leave them out of means, count them as unknown, and say which share of GPU-hours the energy covers"
        found.append(finding(META, missing[0].where, says, mend, Severity.DOUBTFUL))
    return found


def _has_energy(cells: dict[str, str]) -> bool:
    return any(re.match(r"ConsumedEnergy", name) for name in cells) and any(
        name.lower().startswith("elapsed") for name in cells
    )
