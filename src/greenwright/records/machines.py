"""What the work ran on."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What the work ran on."""

    cpu: str
    core_count: int
    memory_bytes: int
    features: tuple[str, ...]
    """Instruction sets that matter here: avx512_vnni, avx512_bf16, amx_int8 …"""
    gpus: tuple[str, ...] = ()
    os: str = ""
    python: str = ""
    versions: dict[str, str] = field(default_factory=dict)
