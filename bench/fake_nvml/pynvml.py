"""Stands in for NVIDIA's bindings: GPUs whose joules are in the tree's truth file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class NVMLError(Exception):
    """As NVIDIA's."""

    def __init__(self, value: int = 0) -> None:
        super().__init__(value)
        self.value = value


class NVMLError_NotSupported(NVMLError):  # noqa: N801 - as NVIDIA spells it
    """As NVIDIA's."""


NVML_ERROR_NOT_SUPPORTED, NVML_ERROR_NOT_FOUND, NVML_ERROR_UNINITIALIZED = 3, 6, 1
NVML_TEMPERATURE_GPU = NVML_CLOCK_GRAPHICS = NVML_CLOCK_SM = NVML_CLOCK_MEM = 0


class _Memory:
    total, used, free = 80_000_000_000, 1_000_000_000, 79_000_000_000


class _Utilisation:
    gpu, memory = 50, 10


def _truth() -> dict[str, Any]:
    path = Path(os.environ.get("FAKE_TRUTH", "/none"))
    known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"gpus_mj": [], "gpus_w": []}
    return known


def nvmlInit(*_: Any) -> None:
    if not _truth()["gpus_mj"]:
        raise NVMLError(9)


nvmlInit_v2 = nvmlInitWithFlags = nvmlInit


def _nvmlGetFunctionPointer(name: str) -> Any:
    """Zeus takes its being there for the sign of NVIDIA's own bindings."""
    return globals()[name]


def nvmlShutdown() -> None:
    pass


def nvmlDeviceGetCount() -> int:
    return len(_truth()["gpus_mj"])


nvmlDeviceGetCount_v2 = nvmlDeviceGetCount


def nvmlDeviceGetHandleByIndex(index: int) -> int:
    return index


nvmlDeviceGetHandleByIndex_v2 = nvmlDeviceGetHandleByIndex


def nvmlDeviceGetTotalEnergyConsumption(handle: int) -> int:
    return int(_truth()["gpus_mj"][handle])


def nvmlDeviceGetPowerUsage(handle: int) -> int:
    return int(_truth()["gpus_w"][handle] * 1000)


def nvmlDeviceGetUUID(handle: int) -> str:
    return f"GPU-{handle}"


def nvmlDeviceGetName(_: int) -> str:
    return "NVIDIA H100"


def nvmlDeviceGetArchitecture(_: int) -> int:
    return 9


def nvmlDeviceGetMemoryInfo(_: int) -> Any:
    return _Memory()


def nvmlDeviceGetUtilizationRates(_: int) -> Any:
    return _Utilisation()


def nvmlSystemGetDriverVersion() -> str:
    return "560.0"


def nvmlDeviceGetMigMode(_: int) -> list[int]:
    return [0, 0]


def _always(value: Any) -> Any:
    return lambda *_: value


nvmlDeviceGetTemperature = _always(40)
nvmlDeviceGetComputeMode = _always(0)
nvmlDeviceGetComputeRunningProcesses = nvmlDeviceGetGraphicsRunningProcesses = _always([])
nvmlDeviceGetEnforcedPowerLimit = nvmlDeviceGetPowerManagementDefaultLimit = _always(700_000)
nvmlDeviceGetClockInfo = nvmlDeviceGetMaxClockInfo = _always(1000)
nvmlSystemGetCudaDriverVersion = _always(12_000)


class c_nvmlMemory_t(_Memory):  # noqa: N801
    """As NVIDIA's."""


def _absent(*_: Any, **__: Any) -> Any:
    raise NVMLError_NotSupported(NVML_ERROR_NOT_SUPPORTED)


def __getattr__(name: str) -> Any:
    """Functions that no tool needs for energy are not supported by these GPUs; constants are 0."""
    if name.startswith("nvml"):
        return _absent
    if name.startswith("NVMLError"):
        return type(name, (NVMLError,), {})
    if name.startswith(("NVML_", "c_nvml")):
        return 0
    raise AttributeError(name)
