"""``python bench/optimize_cifar10.py``: the main job on a CIFAR-10 network that was trained out.

Floors: 15 times less CPU time at batch 1 and 6 times at batch 32 than PyTorch eager FP32, at most one point of accuracy lost with the
proof on 5,000 test pictures, for at most ten ordinary fine-tuning epochs. The first run trains the network, about half an hour.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "workloads"))

import cifar10
import torch

import main_job
from greenwright import Limits

if __name__ == "__main__":
    if not cifar10.ARCHIVE.exists():
        sys.exit(f"skipped: {cifar10.ARCHIVE.name} is not there; set GREENWRIGHT_DATA to the folder that holds datasets/")
    torch.set_num_threads(1)
    main_job.run(
        cifar10.workload(),
        Limits(max_drop=0.01, batch=1, time_s=3_600),
        workload_file=Path(cifar10.__file__),
        floors={1: 15.0, 32: 6.0},
    )
