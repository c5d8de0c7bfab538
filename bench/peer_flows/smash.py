"""Pruna: ``smash`` with the algorithms that run on a CPU.

Source: https://docs.pruna.ai (smash, SmashConfig).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from task import Task, call, tensors

USES_TORCH = True


def _smashed(*algorithms: str) -> Any:
    def load(task: Task, _: Path) -> Any:
        import torch
        from pruna import SmashConfig, smash

        told = SmashConfig(list(algorithms), device="cpu")
        smashed = smash(model=task.module().eval(), smash_config=told)

        @torch.no_grad()
        def run(batch: Any) -> Any:
            return call(smashed, batch)

        return tensors, run

    return load


def _first_call(load: Any) -> Any:
    def make(task: Task, folder: Path) -> None:
        prepare, run = load(task, folder)
        for batches in task.timed.values():
            run(prepare(batches[0]))

    return make


FLOWS = {
    f"Pruna {' and '.join(algorithms)}": (_first_call(load), load)
    for algorithms in (("torch_compile",), ("torch_dynamic",))
    for load in [_smashed(*algorithms)]
}
