"""GPU energy from utilisation, where a GPU shows neither joules nor watts: idle power, and a share of what is left to its limit.

Utilisation says how often any kernel ran, not how much of the chip was busy: one that waits for its neighbours keeps a board at
100 % that draws a fifth of its limit. The range is that wide. It was drawn around public readings, which the tests hold it to:
``tests/meter/probes/gpu_readings.csv``.

Source: https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceQueries.html (nvmlDeviceGetUtilizationRates: the share of the
last sample period in which kernels ran, the period being between 1/6 s and 1 s)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from greenwright.errors import CannotHereError
from greenwright.meter import clock, nvidia
from greenwright.meter.contract import Counter, Meta, Missing
from greenwright.meter.nvidia import Gpu
from greenwright.records.energy import Reading
from greenwright.records.quantities import Grade
from greenwright.units import W_PER_MW

META = Meta(
    id="gpu_utilisation",
    title="GPU utilisation times the power limit of the board",
    covers="whole GPU boards, idling included",
    leaves_out="how hard a kernel works the chip, which utilisation does not show; CPU, fans, supply",
    grade=Grade.MODELLED,
    update_s=0.2,
    source="https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceQueries.html",
    fallback=True,
)
SAMPLE_S = 0.5
IDLE_SHARE = 0.12
"""Idle power over the limit: 46 of 400 W for an A100, as Cloud Carbon Footprint has it."""
BUSY_SHARE = 0.7
"""Power at full utilisation over the limit: the middle of the readings."""
LOW_SHARES = (0.04, 0.2)
HIGH_SHARES = (0.45, 1.1)
"""Least and most power over the limit, idle and at full utilisation; a line between. Limits may be raised, and power overshoots."""
UNKNOWN_LIMIT_W = (300.0, 40.0, 1400.0)
"""Of a GPU that does not say and that nobody knows: the middle, the least and the most of the GPUs in the catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The most that a board may draw."""

    power_w: float
    low_w: float
    high_w: float
    said_by: str
    is_known: bool = True


def find(root: Path = Path("/")) -> list[Counter]:
    """One counter per GPU that says how busy it is."""
    return [_counter(gpu, limit_of(gpu)) for gpu in _gpus(root) if _busy_share(gpu) is not None]


def missing(root: Path = Path("/")) -> list[Missing]:
    """GPUs that the catalogue does not know, whose power is then assumed; or that there is none to model."""
    found = _gpus(root)
    if not found:
        return [Missing(what="utilisation of a GPU", why="no NVIDIA GPU answers here")]
    return [
        Missing(
            what=f"power of GPU {gpu.index}",
            why=f"it does not say its power limit, and the catalogue has no entry for {gpu.name}",
            mend="greenwright catalogue accelerators   # those it knows; rows of your own go into a table of that name",
        )
        for gpu in found
        if not limit_of(gpu).is_known
    ]


def read(counter: Counter) -> Reading:
    """Look once.

    Raises:
        CannotHereError: the driver no longer answers for this GPU.
    """
    gpu, limit_w = counter.handle
    busy_share = _busy_share(gpu)
    if busy_share is None:
        raise CannotHereError(f"{counter.id} no longer says how busy it is; see nvidia-smi, then measure again")
    return Reading(counter=counter.id, at_s=clock.now_s(), power_w=limit_w * _between(busy_share, IDLE_SHARE, BUSY_SHARE))


def bounds_w(power_w: float, limit: Limit) -> tuple[float, float]:
    """Between which watts the power truly lies, where the model says so many."""
    busy_share = (power_w / limit.power_w - IDLE_SHARE) / (BUSY_SHARE - IDLE_SHARE)
    return limit.low_w * _between(busy_share, *LOW_SHARES), limit.high_w * _between(busy_share, *HIGH_SHARES)


def limit_of(gpu: Gpu) -> Limit:
    """What the board says itself; or what the catalogue knows of its kind; or what such boards may draw."""
    try:
        limit_mw = gpu.ask("nvmlDeviceGetPowerManagementLimit")
    except CannotHereError:
        limit_mw = None
    if limit_mw:
        return _limit(limit_mw * W_PER_MW, "the board says itself")
    from greenwright.catalogue.devices import device  # reads a table; few GPUs need it

    known = device(gpu.name)
    if known is not None and known.busy_w is not None:
        return _limit(known.busy_w.value, f"the limit of {known.name}: {known.source.title}")
    usual_w, low_w, high_w = UNKNOWN_LIMIT_W
    return Limit(power_w=usual_w, low_w=low_w, high_w=high_w, said_by="assumed: nobody knows this GPU", is_known=False)


def _limit(power_w: float, said_by: str) -> Limit:
    return Limit(power_w=power_w, low_w=power_w, high_w=power_w, said_by=said_by)


def _between(busy_share: float, idle_share: float, full_share: float) -> float:
    return idle_share + (full_share - idle_share) * busy_share


def _gpus(root: Path) -> list[Gpu]:
    try:
        return list(nvidia.gpus(root))
    except CannotHereError:
        return []


def _busy_share(gpu: Gpu) -> float | None:
    try:
        rates = gpu.ask("nvmlDeviceGetUtilizationRates")
    except CannotHereError:
        return None
    return None if rates is None else float(rates.gpu) / 100


def _counter(gpu: Gpu, limit: Limit) -> Counter:
    return Counter(
        id=f"gpu_utilisation:{gpu.index}",
        component="gpu",
        device=gpu.uuid,
        handle=(gpu, limit.power_w),
        covers=f"whole board of GPU {gpu.index}, {gpu.name}",
        bounds_w=partial(bounds_w, limit=limit),
        source=f"utilisation x {limit.power_w:.4g} W for {gpu.name} ({limit.said_by}); {META.source}",
        grade=Grade.MODELLED if limit.is_known else Grade.ASSUMED,
        sample_s=SAMPLE_S,
    )
