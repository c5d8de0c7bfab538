"""What this machine is, read once from the operating system."""

from __future__ import annotations

import os
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from greenwright.records.machines import Machine

FEATURES = (
    "avx2",
    "avx512f",
    "avx512_vnni",
    "avx_vnni",
    "avx512_bf16",
    "avx512_fp16",
    "amx_int8",
    "amx_bf16",
    "amx_fp16",
    "asimddp",
    "i8mm",
    "bf16",
)
PACKAGES = (
    "greenwright",
    "torch",
    "onnx",
    "onnxruntime",
    "onnxscript",
    "openvino",
    "nncf",
    "torch-pruning",
    "optuna",
    "numpy",
    "transformers",
)


@cache
def this_machine(proc: Path = Path("/proc")) -> Machine:
    """CPU, cores, memory, instruction sets and the versions of what changes results. GPUs are the NVML probe's to add."""
    described = _cpuinfo(proc)
    flags = set((described.get("flags") or described.get("Features", "")).split())
    return Machine(
        cpu=described.get("model name") or platform.processor() or platform.machine(),
        core_count=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        features=tuple(name for name in FEATURES if name in flags),
        os=platform.platform(),
        python=platform.python_version(),
        versions=_versions(),
    )


def _cpuinfo(proc: Path) -> dict[str, str]:
    try:
        lines = (proc / "cpuinfo").read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in lines)
    described: dict[str, str] = {}
    for key, _, value in pairs:
        described.setdefault(key.strip(), value.strip())
    return described


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
