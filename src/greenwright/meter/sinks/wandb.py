"""A run as a run of Weights & Biases; offline until you say otherwise.

Source: https://docs.wandb.ai/models/track/log
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from greenwright.meter.sink_contract import Meta
from greenwright.meter.totals import totals

if TYPE_CHECKING:
    from greenwright.records.runs import Run

META = Meta(
    id="wandb",
    title="A run of Weights & Biases: kept offline, unless WANDB_MODE=online",
    target="the project",
    example="wandb:energy",
    source="https://docs.wandb.ai/models/track/log",
    extra="wandb",
)


def write(run: Run, target: str) -> None:
    """Make the run's entry, or bring it up to date. Nothing is sent anywhere unless ``WANDB_MODE`` says online."""
    import wandb

    mode: Any = os.environ.get("WANDB_MODE", "offline")
    settings = wandb.Settings(silent=True, console="off", mode=mode, x_disable_stats=True)
    config = {"command": " ".join(run.command), "host": run.place.host, "rank": run.place.rank}
    entry = wandb.init(project=target, id=run.id[-64:], name=run.name, config=config, settings=settings, resume="allow")
    try:
        for one in totals(run):
            mark = "" if run.windows[-1].name == one.name else f"{one.name}/"
            entry.summary.update(
                {
                    f"{mark}energy_j": one.energy_j.value,
                    f"{mark}energy_low_j": one.energy_j.low,
                    f"{mark}energy_high_j": one.energy_j.high,
                    f"{mark}energy_grade": one.energy_j.grade.value,
                    f"{mark}duration_s": one.duration_s,
                    f"{mark}cpu_s": one.cpu_s,
                }
            )
    finally:
        entry.finish(exit_code=run.exit_code or 0)
