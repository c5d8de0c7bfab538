"""``python bench/optimize_minilm.py``: the main job on the real all-MiniLM-L6-v2, judged on the STS-B dev pairs.

Floors: 4.5 times less CPU time at batch 1 and 2.7 times at batch 32 than PyTorch eager FP32, at most one point of Spearman's
correlation lost with the proof. Static INT8 as it comes destroys this model: the proof has to catch it.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "workloads"))

import minilm
import torch

import main_job
from greenwright import Limits

if __name__ == "__main__":
    if not minilm.STSB.exists():
        sys.exit(f"skipped: {minilm.STSB.name} is not there; set GREENWRIGHT_DATA to the folder that holds datasets/")
    torch.set_num_threads(1)
    main_job.run(
        minilm.workload(),
        Limits(max_drop=0.01, batch=1, time_s=3_600),
        workload_file=Path(minilm.__file__),
        floors={1: 4.5, 32: 2.7},
    )
