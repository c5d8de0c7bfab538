"""Pruna: ``smash`` with the algorithms that run on a CPU.

Source: https://docs.pruna.ai (smash, SmashConfig).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from task import Task, first_call, running

USES_TORCH = True


def _smashed(*algorithms: str) -> Any:
    def load(task: Task, _: Path) -> Any:
        from pruna import SmashConfig, smash

        told = SmashConfig(list(algorithms), device="cpu")
        smashed = smash(model=task.module().eval(), smash_config=told)

        return running(smashed)

    return load


FLOWS = {
    f"Pruna {' and '.join(algorithms)}": (first_call(load), load)
    for algorithms in (("torch_compile",), ("torch_dynamic",))
    for load in [_smashed(*algorithms)]
}
