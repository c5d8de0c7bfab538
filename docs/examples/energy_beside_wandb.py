"""One line more in a program that logs to Weights & Biases: energy and carbon stand beside its own metrics. Needs the extra wandb."""

import wandb

from greenwright.tracking import tracked

with wandb.init(project="digits", mode="offline", settings=wandb.Settings(silent=True)) as run:
    with tracked("train", place="DE"):
        run.log({"accuracy": 0.97})
        sum(number * number for number in range(3_000_000))
    for name in sorted(run.summary.keys()):
        if name.startswith("greenwright/train"):
            print(f"{name}: {run.summary[name]:.3g}")
