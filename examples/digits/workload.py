"""An ordinary workload: a digit network, its data, and what one unit of its work is."""

from __future__ import annotations

import msgspec
import torch
from network import CHECKPOINT, Network, splits
from torch.utils.data import DataLoader

from greenwright import Workload
from greenwright.records.quantities import Quantity


def workload() -> Workload:
    """What greenwright optimizes; ``train.py`` must have run."""
    if not CHECKPOINT.exists():
        raise FileNotFoundError(f"{CHECKPOINT} is not there: run train.py first")
    network = Network()
    network.load_state_dict(torch.load(CHECKPOINT))
    data = splits()
    return Workload(
        name="digits",
        model=network.eval(),
        train=DataLoader(data["train"], batch_size=32, shuffle=True),
        validation=data["validation"],
        test=data["test"],
        quality="accuracy",
        unit="1 image",
        training_j=msgspec.json.decode(CHECKPOINT.with_suffix(".json").read_bytes(), type=Quantity),
    )
