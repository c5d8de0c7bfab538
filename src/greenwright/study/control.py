"""The control of equal budget: what the untouched model would have gained from the training that the chosen one was given.

A baseline that is not trained out flatters every method that fine-tunes: the CIFAR-10 network of the benches, after a short training,
reached 73.4 % pruned and fine-tuned, and 75.6 % unpruned with the same two epochs. So the same number of epochs, at the same learning
rate, goes to a copy of the baseline, on the workload's own loss, and it is judged on the same test examples.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from greenwright.batches import Inputs
from greenwright.records.study import Control
from greenwright.strategies import training
from greenwright.strategies.contract import NotApplicableError
from greenwright.study import running
from greenwright.study.confirm import Confirmed
from greenwright.study.proof import quality_drop
from greenwright.study.trials import meta_of
from greenwright.study.workbench import Workbench

PURPOSE = "the control of equal budget"


def control(bench: Workbench, confirmed: Confirmed) -> Control | None:
    """Train a copy of the baseline as long as the chosen one was; None where that was not trained, or the workload names no loss."""
    trained = [step for step in confirmed.trial.recipe if meta_of(step.strategy).trains]
    loss = bench.loss
    if not trained or loss is None or bench.train is None:
        return None
    epoch_count = sum(int(step.choices.get("epoch_count", 0)) for step in trained)
    rate = float(trained[-1].choices.get("learning_rate", 0.01))
    module = copy.deepcopy(bench.plan.model)

    def objective(outputs: Any, _: Inputs, targets: Any) -> Any:
        return loss(outputs, targets)

    given = bench.given({"epoch_count": epoch_count, "learning_rate": rate}, bench.folder / "control")
    with bench.meter.window(PURPOSE) as spent:
        try:
            training.fit(module, objective, given, epoch_count=epoch_count, learning_rate=rate)
        except NotApplicableError:
            return None
        plan = replace(bench.plan, model=module)
        before, targets = bench.answers(bench.baseline.runner, bench.test)
        after, _ = bench.answers(running.load(plan), bench.test)
        drop = quality_drop(
            bench.quality,
            before,
            after,
            targets,
            group_size=bench.group_size,
            confidence=bench.limits.confidence,
            seed=bench.limits.seed,
        )
    return Control(epoch_count=epoch_count, quality=bench.quality.of(after, targets), drop=drop, energy_j=spent.result.energy_j)
