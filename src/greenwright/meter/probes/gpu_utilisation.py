"""GPU energy from utilisation, where a GPU shows neither joules nor watts: idle power, and a share of what is left to TDP.

Utilisation says how often any kernel ran, not how much of the chip was busy: the range is wide, and holds idling and TDP.

Source: https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceQueries.html (nvmlDeviceGetUtilizationRates: the share of the
last sample period in which kernels ran, the period being between 1/6 s and 1 s)
"""

from __future__ import annotations

from pathlib import Path

from greenwright.catalogue.load import Factor, factors
from greenwright.errors import CannotHereError
from greenwright.meter import clock, nvidia
from greenwright.meter.contract import Counter, Meta, Missing
from greenwright.meter.nvidia import Gpu
from greenwright.records.energy import Reading
from greenwright.records.quantities import Grade

META = Meta(
    id="gpu_utilisation",
    title="GPU utilisation times the power of its model",
    covers="whole GPU boards, idling included",
    leaves_out="how hard a kernel works the chip, which utilisation does not show; CPU, fans, supply",
    grade=Grade.MODELLED,
    update_s=0.2,
    source="https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceQueries.html",
    fallback=True,
)
SAMPLE_S = 0.5
IDLE_SHARE = 0.12
"""Idle power over TDP: 46 W of 400 W for an A100, in the catalogue's own source."""


def find(root: Path = Path("/")) -> list[Counter]:
    """One counter per GPU that says how busy it is."""
    return [_counter(gpu, _factor(gpu.name)) for gpu in _gpus(root) if _busy_share(gpu) is not None]


def missing(root: Path = Path("/")) -> list[Missing]:
    """GPUs that the catalogue does not know, whose power is then assumed; or that there is none to model."""
    found = _gpus(root)
    if not found:
        return [Missing(what="utilisation of a GPU", why="no NVIDIA GPU answers here")]
    return [
        Missing(
            what=f"power of GPU {gpu.index}",
            why=f"the catalogue has no entry for {gpu.name}",
            mend="add an entry to catalogue/data/gpu_power.toml",
        )
        for gpu in found
        if _factor(gpu.name).key == "unknown"
    ]


def read(counter: Counter) -> Reading:
    """Look once.

    Raises:
        CannotHereError: the driver no longer answers for this GPU.
    """
    gpu, tdp_w = counter.handle
    busy_share = _busy_share(gpu)
    if busy_share is None:
        raise CannotHereError(f"{counter.id} no longer says how busy it is; see nvidia-smi, then measure again")
    power_w = tdp_w * (IDLE_SHARE + (1 - IDLE_SHARE) * busy_share)
    return Reading(counter=counter.id, at_s=clock.now_s(), power_w=power_w)


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


def _factor(name: str) -> Factor:
    """The entry with the longest name that the GPU's own begins with, or holds: "NVIDIA A100-SXM4-80GB" is an "A100-SXM4"."""
    known = factors("gpu_power")
    fitting = [(len(text), factor) for factor in known.values() for text in factor.match if text in name]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else known["unknown"]


def _counter(gpu: Gpu, factor: Factor) -> Counter:
    return Counter(
        id=f"gpu_utilisation:{gpu.index}",
        component="gpu",
        device=gpu.uuid,
        handle=(gpu, factor.value),
        covers=f"whole board of GPU {gpu.index}, {gpu.name}",
        low_ratio=factor.low / factor.value,
        high_ratio=factor.high / factor.value,
        source=f"utilisation x {factor.value} W ({factor.low}-{factor.high} W) for {factor.title}: {factor.source}",
        grade=Grade.ASSUMED if factor.key == "unknown" else Grade.MODELLED,
        sample_s=SAMPLE_S,
    )
