"""GPU energy from the counter that NVIDIA's driver keeps.

Source: https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceQueries.html (nvmlDeviceGetTotalEnergyConsumption)
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from greenwright.errors import CannotHereError
from greenwright.meter import clock
from greenwright.meter.contract import Counter, Meta, Missing
from greenwright.records import Grade, Reading
from greenwright.units import J_PER_MJ

META = Meta(
    id="nvml",
    title="NVIDIA GPU energy counter",
    covers="whole GPU boards: chip, memory, regulators; with MIG, every instance on the board",
    leaves_out="CPU, memory of the host, fans of the case, losses of the power supply",
    grade=Grade.COUNTER,
    update_s=0.1,
    source="https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceQueries.html",
)

_WHAT = "GPU energy counter"
_DRIVER_FILES = ("dev/nvidiactl", "dev/dxg")


def load_library() -> Any:
    """``pynvml``, initialised. A test puts its own in place of this function."""
    import pynvml

    pynvml.nvmlInit()
    return pynvml


def find(root: Path = Path("/")) -> list[Counter]:
    """One counter per GPU that this process may see and whose driver counts energy."""
    return _look(root)[0]


def missing(root: Path = Path("/")) -> list[Missing]:
    """Why there is no GPU counter, or which GPUs have none."""
    return _look(root)[1]


def read(counter: Counter) -> Reading:
    """Look once.

    Raises:
        CannotHereError: the driver no longer answers for this GPU.
    """
    library, device = counter.handle
    try:
        energy_mj = library.nvmlDeviceGetTotalEnergyConsumption(device)
    except library.NVMLError as error:
        raise CannotHereError(f"{counter.id} no longer answers ({error}); see nvidia-smi, then measure again") from error
    return Reading(counter=counter.id, energy_j=energy_mj * J_PER_MJ, at_s=clock.now_s())


def _look(root: Path) -> tuple[list[Counter], list[Missing]]:
    # Without a driver's device file nothing can answer, and pynvml costs 50 ms to import.
    if not any((root / file).exists() for file in _DRIVER_FILES):
        return [], [Missing(what=_WHAT, why="no NVIDIA driver is loaded here (no /dev/nvidiactl)")]
    try:
        library = load_library()
    except ImportError:
        return [], [Missing(what=_WHAT, why="pynvml is not installed", mend='pip install "greenwright[nvml]"')]
    except Exception as error:  # noqa: BLE001 - NVMLError lives in the library that did not load
        return [], [Missing(what=_WHAT, why=f"NVML does not start: {error}", mend="nvidia-smi   # shows the same fault")]
    found: list[Counter] = []
    absent: list[Missing] = []
    for index in range(library.nvmlDeviceGetCount()):
        _sort(library, index, found, absent)
    return found, absent


def _sort(library: Any, index: int, found: list[Counter], absent: list[Missing]) -> None:
    """Put one GPU where it belongs: among the counters, among the missing, or nowhere if it is hidden from us."""
    try:
        device = library.nvmlDeviceGetHandleByIndex(index)
        uuid = _text(library.nvmlDeviceGetUUID(device))
        if not _visible(index, uuid, os.environ.get("CUDA_VISIBLE_DEVICES")):
            return
        name = _text(library.nvmlDeviceGetName(device))
        library.nvmlDeviceGetTotalEnergyConsumption(device)
    except library.NVMLError as error:
        why = f"GPU {index}: {error}"
        if error.value == library.NVML_ERROR_NOT_SUPPORTED:
            why = f"GPU {index} keeps no energy counter (older than Volta, or a virtual GPU)"
        absent.append(Missing(what=_WHAT, why=why))
        return
    found.append(
        Counter(
            id=f"nvml:{index}",
            component="gpu",
            device=uuid,
            handle=(library, device),
            covers=f"whole board of GPU {index}, {name}",
            source=f"NVML energy counter of {name}",
        )
    )


def _visible(index: int, uuid: str, wanted: str | None) -> bool:
    """Whether CUDA_VISIBLE_DEVICES lets this process use the GPU; a MIG instance does not name its board, so all stay."""
    if wanted is None:
        return True
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    return any(name == str(index) or name.startswith("MIG") or (len(name) > 4 and uuid.startswith(name)) for name in names)  # noqa: PLR2004 - "GPU-" alone names none


def _text(answer: str | bytes) -> str:
    return answer.decode() if isinstance(answer, bytes) else answer
