"""What a row of Slurm's ``sacct`` says: seconds, GPUs, joules."""

from __future__ import annotations

import re
from collections.abc import Mapping

from greenwright.footprint.claims.reading.amounts import number

_ELAPSED = re.compile(r"^(?:(?P<days>\d+)-)?(?:(?P<hours>\d+):)?(?P<minutes>\d+):(?P<seconds>\d+)(?:\.\d+)?$")
_MODEL = re.compile(r"^(?:A100|H100|H200|V100|P100|T4|L40S?|L4|MI\d{3})(?:[_ -]?\w+)?$")
"""A column of how many GPUs of one model a job had."""
_PREFIX = {"K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "": 1.0}

Cells = Mapping[str, str]


def elapsed_s(text: str) -> float | None:
    """``[DD-[HH:]]MM:SS`` as seconds, with its days; None for anything else."""
    match = _ELAPSED.match(text.strip())
    if match is None:
        return None
    return (
        86_400.0 * int(match["days"] or 0)
        + 3_600.0 * int(match["hours"] or 0)
        + 60.0 * int(match["minutes"])
        + int(match["seconds"])
    )


def device_count(cells: Cells) -> int:
    """GPUs of a job, from AllocTRES or a column of their number; 0 where none is named."""
    for name in ("AllocTRES", "AllocTres", "ReqTRES", "AllocGRES"):
        counts = re.findall(r"gres/gpu(?::\w+)?[=:](\d+)", cells.get(name, ""))
        if counts:
            return max(map(int, counts))
    by_model = [number(value) for name, value in cells.items() if _MODEL.match(name)]
    if by_model:
        return int(sum(read[0] for read in by_model if read))
    plain = next(
        (value for name, value in cells.items() if re.search(r"^(?:n_?)?gpus?(?:_count)?$|AllocGPUS", name, re.IGNORECASE)), ""
    )
    read = number(plain) if plain else None
    return int(read[0]) if read else 0


def job_s(cells: Cells) -> float | None:
    """Seconds that a job ran, by the clock."""
    raw = number(cells.get("ElapsedRaw", "")) if cells.get("ElapsedRaw") else None
    return raw[0] if raw else elapsed_s(cells.get("Elapsed", ""))


def device_seconds(cells: Cells) -> float | None:
    """GPU-seconds: by the clock, times the GPUs."""
    seconds = job_s(cells)
    return None if seconds is None else seconds * device_count(cells)


def energy_j(cells: Cells) -> float:
    """Joules of ConsumedEnergyRaw or ConsumedEnergy (``12.3K``); 0 where there are none."""
    for name in ("ConsumedEnergyRaw", "ConsumedEnergy"):
        match = re.match(r"^\s*([\d.]+)\s*([KMGT]?)", cells.get(name, ""))
        if match and float(match[1]) > 0:
            return float(match[1]) * _PREFIX[match[2]]
    return 0.0
