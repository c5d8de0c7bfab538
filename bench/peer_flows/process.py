"""One process for one flow: ``process.py make|serve TOOL FLOW TASK FOLDER``.

``make`` lets the tool make its model, in ``FOLDER``, and prints what that took. ``serve`` loads the model into a fresh process and then
answers lines on standard input: ``answer PATH`` keeps the outputs for the whole test set there; ``run BATCH PASSES`` prints the
CPU-seconds per 1,000 examples of that many passes over the timed batches. One thread, whatever the tool would take.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from task import Task, read, total

CPU_S_DIGITS = 3


def make(tool: Any, flow: str, task: Task, folder: Path) -> dict[str, Any]:
    """Make the model; what it took, the tool's own imports and processes included."""
    before, before_cpu_s = time.monotonic(), _cpu_s()
    said = tool.FLOWS[flow][0](task, folder) or {}
    return {
        "cpu_s": round(_cpu_s() - before_cpu_s, CPU_S_DIGITS),
        "wall_s": round(time.monotonic() - before, CPU_S_DIGITS),
    } | said


def serve(tool: Any, flow: str, task: Task, folder: Path) -> None:
    """Answer lines until there are no more."""
    import numpy as np

    prepare, run = tool.FLOWS[flow][1](task, folder)
    prepared: dict[int, list[Any]] = {}
    _say({"ready": True})
    for line in sys.stdin:
        order, *told = line.split()
        if order == "answer":
            answers = [np.array(_array(run(prepare(batch)))) for batch in task.test]
            np.save(told[0], np.concatenate(answers))
            _say({"answered": True})
        else:
            batch, passes = int(told[0]), int(told[1])
            if batch not in prepared:
                prepared[batch] = [prepare(one) for one in task.timed[batch]]
            taken = _timed(run, prepared[batch], passes) / passes
            _say({"pass_cpu_s": taken, "cpu_s": taken / total(task.timed[batch]) * 1_000})


def _timed(run: Callable[[Any], Any], prepared: list[Any], passes: int) -> float:
    before = time.process_time()
    for _ in range(passes):
        for inputs in prepared:
            run(inputs)
    return time.process_time() - before


def _array(outputs: Any) -> Any:
    outputs = outputs["logits"] if hasattr(outputs, "logits") else outputs
    return outputs.detach().float().numpy() if hasattr(outputs, "detach") else outputs


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _say(what: dict[str, Any]) -> None:
    """To standard output; tools write what they like elsewhere."""
    SAYING.write(json.dumps(what) + "\n")
    SAYING.flush()


if __name__ == "__main__":
    SAYING = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    order, tool_name, flow_name, task_path, folder_path = sys.argv[1:]
    found = import_module(tool_name)
    if "torch" in sys.modules or getattr(found, "USES_TORCH", False):
        import torch

        torch.set_num_threads(1)
    given = read(Path(task_path)), Path(folder_path)
    if order == "make":
        _say(make(found, flow_name, *given))
    else:
        serve(found, flow_name, *given)
