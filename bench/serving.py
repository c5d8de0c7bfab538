"""One process that serves one model: what the benches measure, each model in a fresh one of its own.

``python bench/serving.py TOLD`` loads what the pickle TOLD names, then answers each line on standard input, a number of passes over
its batches, with the CPU-seconds per 1,000 examples that they took. A process that has trained before runs PyTorch up to a third
cheaper, because its allocator keeps what a fresh one asks the kernel for again: serving starts fresh.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


class Server:
    """A model in a process of its own."""

    def __init__(self, folder: Path, name: str, told: dict[str, Any]) -> None:
        path = folder / f"{name}.pickle"
        path.write_bytes(pickle.dumps(told))
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "serving.py"), str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, passes: int) -> float:
        """CPU-seconds per 1,000 examples over ``passes``."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{passes}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def stop(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def serve(told: dict[str, Any]) -> None:
    """Answer lines until there are no more."""
    import torch

    from greenwright.records.models import Inference

    torch.set_num_threads(1)
    sys.path.insert(0, str(HERE / "workloads"))
    model = told["model"] if "model" in told else import_module(told["workload"]).workload().model
    runner = import_module(told["runtime"]).load(model, told.get("inference", Inference(thread_count=1)))
    prepared = [runner.prepare(inputs) for inputs in told["batches"]]
    for line in sys.stdin:
        before = time.process_time()
        for _ in range(int(line)):
            for inputs in prepared:
                runner.run(inputs)
        taken = time.process_time() - before
        print(taken / (int(line) * told["example_count"]) * 1_000, flush=True)


if __name__ == "__main__":
    serve(pickle.loads(Path(sys.argv[1]).read_bytes()))
