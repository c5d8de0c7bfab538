"""Train the digit network once, and say what that cost."""

from __future__ import annotations

import json

import msgspec
import torch
from network import CHECKPOINT, splits, train

from greenwright import Meter


def main() -> None:
    """Train, measure, save."""
    data = splits()
    with Meter(name="training") as meter:
        network = train(data["train"])
    with torch.inference_mode():
        pictures, labels = data["validation"].tensors
        accuracy = float((network(pictures).argmax(1) == labels).float().mean())
    torch.save(network.state_dict(), CHECKPOINT)
    energy = meter.result.energy_j
    CHECKPOINT.with_suffix(".json").write_text(json.dumps(msgspec.to_builtins(energy)))
    print(f"trained to a validation accuracy of {accuracy:.1%}")
    print(f"training took {energy.value:,.0f} J, {energy.grade.value}: between {energy.low:,.0f} and {energy.high:,.0f}")


if __name__ == "__main__":
    main()
