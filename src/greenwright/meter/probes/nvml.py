"""GPU energy from NVIDIA's driver: its energy counter, and power sampled where a GPU keeps none.

Where both can be read each look takes both, so that every window checks one against the other. Both are those of the GPU: the
module scope of Grace Hopper (``NVML_POWER_SCOPE_MODULE``) holds a processor that the kernel counts, too, and is never asked for.

Source: https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceQueries.html (nvmlDeviceGetTotalEnergyConsumption, in
millijoules since the driver was loaded, Volta and newer; nvmlDeviceGetPowerUsage, in milliwatts, within 5 %, on Ampere and
newer but GA100 the mean of one second)
"""

from __future__ import annotations

from pathlib import Path

from greenwright.errors import CannotHereError
from greenwright.meter import clock, nvidia
from greenwright.meter.contract import Counter, Meta, Missing
from greenwright.meter.nvidia import Gpu
from greenwright.records.energy import Reading
from greenwright.records.quantities import Grade
from greenwright.units import J_PER_MJ, W_PER_MW

META = Meta(
    id="nvml",
    title="NVIDIA GPU energy counter, or its power",
    covers="whole GPU boards: chip, memory, regulators; with MIG, every instance on the board",
    leaves_out="CPU, memory of the host, fans of the case, losses of the power supply",
    grade=Grade.COUNTER,
    update_s=0.1,
    source="https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceQueries.html",
)

_WHAT = "GPU energy counter"
_ENERGY = "nvmlDeviceGetTotalEnergyConsumption"
_POWER = "nvmlDeviceGetPowerUsage"
_ERROR_SHARE = 0.05
"""What NVIDIA states for power."""


def find(root: Path = Path("/")) -> list[Counter]:
    """One counter per GPU that this process may use and that keeps one, or shows its power."""
    return _look(root)[0]


def missing(root: Path = Path("/")) -> list[Missing]:
    """Why there is no GPU counter, or which GPUs have none."""
    return _look(root)[1]


def read(counter: Counter) -> Reading:
    """Look once.

    Raises:
        CannotHereError: the driver no longer answers for this GPU.
    """
    gpu, has_energy, has_power = counter.handle
    energy_mj = gpu.ask(_ENERGY) if has_energy else None
    power_mw = gpu.ask(_POWER) if has_power else None
    if energy_mj is None and power_mw is None:
        raise CannotHereError(f"{counter.id} no longer shows joules or watts; see nvidia-smi, then measure again")
    return Reading(
        counter=counter.id,
        at_s=clock.now_s(),
        energy_j=None if energy_mj is None else energy_mj * J_PER_MJ,
        power_w=None if power_mw is None else power_mw * W_PER_MW,
    )


def _look(root: Path) -> tuple[list[Counter], list[Missing]]:
    found: list[Counter] = []
    absent: list[Missing] = []
    try:
        for gpu in nvidia.gpus(root):
            _sort(gpu, found, absent)
    except CannotHereError as error:
        absent.append(Missing(what=_WHAT, why=str(error), mend=nvidia.mend_of(error), applies=nvidia.has_driver(root)))
    return found, absent


def _sort(gpu: Gpu, found: list[Counter], absent: list[Missing]) -> None:
    """Put one GPU among the counters, and among the missing where it lacks what others have."""
    try:
        energy_mj, power_mw = gpu.ask(_ENERGY), gpu.ask(_POWER)
    except CannotHereError as error:
        absent.append(Missing(what=_WHAT, why=str(error), mend="nvidia-smi   # shows the same fault"))
        return
    # A counter that stands at 0 while the GPU draws power is one that the driver offers and does not keep.
    has_energy, has_power = bool(energy_mj) or (energy_mj == 0 and not power_mw), power_mw is not None
    if not has_energy:
        absent.append(Missing(what=_WHAT, why=_why(gpu, stands=energy_mj == 0, has_power=has_power)))
    if has_energy or has_power:
        found.append(_counter(gpu, has_energy=has_energy, has_power=has_power))


def _why(gpu: Gpu, *, stands: bool, has_power: bool) -> str:
    why = f"GPU {gpu.index} keeps no energy counter (older than Volta, or a virtual GPU)"
    if stands:
        why = f"the energy counter of GPU {gpu.index} stands at 0"
    return f"{why}; its power is sampled in its place" if has_power else why


def _counter(gpu: Gpu, *, has_energy: bool, has_power: bool) -> Counter:
    covers = f"whole board of GPU {gpu.index}, {gpu.name}"
    if (gpu.ask("nvmlDeviceGetMigMode") or (0, 0))[0]:
        covers += ", with all its MIG instances, whoever uses them"
    handle = (gpu, has_energy, has_power)
    if has_energy:
        source = f"NVML energy counter of {gpu.name}"
        return Counter(id=f"nvml:{gpu.index}", component="gpu", device=gpu.uuid, handle=handle, covers=covers, source=source)
    return Counter(
        id=f"nvml:{gpu.index}",
        component="gpu",
        device=gpu.uuid,
        handle=handle,
        covers=covers,
        low_ratio=1 - _ERROR_SHARE,
        high_ratio=1 + _ERROR_SHARE,
        source=f"NVML power of {gpu.name}, sampled, within {_ERROR_SHARE:.0%}",
        grade=Grade.SAMPLED,
        sample_s=META.update_s,
    )
