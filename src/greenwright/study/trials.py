"""Try one recipe: apply its strategies in order, judge the answers, measure the energy, and say how it ended."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import pickle
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from greenwright import registry
from greenwright.errors import GreenwrightError
from greenwright.machine import this_machine
from greenwright.records.energy import Window
from greenwright.records.models import OnnxModel
from greenwright.records.quantities import Grade, Quantity
from greenwright.records.study import Shared, Step, Trial, TrialState
from greenwright.strategies.cascading import margins
from greenwright.strategies.contract import Choices, Meta, NotApplicableError, Plan, Strategy
from greenwright.study import outputs
from greenwright.study.workbench import Judged, Workbench

HOPELESS_LIMITS = 3.0
"""A candidate whose drop lies surely above this many limits is not measured further."""
LEAST_FREE_BYTES = 1_000_000
"""A trial that breaks with less room than this on its disk broke for want of room, whatever its library says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredient:
    """A strategy with its choices."""

    strategy: str
    choices: Choices
    first: Recipe = ()
    """Of the model that it puts in front, where it does that."""

    @property
    def key(self) -> str:
        """The same for the same ingredient, in any run."""
        before = f"({'|'.join(one.key for one in self.first)})" if self.first else ""
        return f"{self.strategy}{json.dumps(self.choices, sort_keys=True)}{before}"


Recipe = tuple[Ingredient, ...]


def recipe_key(recipe: Recipe) -> str:
    """A short name for a recipe, stable across runs."""
    return hashlib.sha256("|".join(ingredient.key for ingredient in recipe).encode()).hexdigest()[:16]


def meta_of(strategy: str) -> Meta:
    """What a strategy says of itself."""
    meta: Meta = registry.load("strategies", strategy).META
    return meta


def steps(recipe: Recipe) -> tuple[Step, ...]:
    """A recipe as it is recorded."""
    return tuple(
        Step(
            strategy=one.strategy,
            title=meta_of(one.strategy).title,
            stage=meta_of(one.strategy).stage.value,
            choices=one.choices,
            first=steps(one.first),
        )
        for one in recipe
    )


def recipe_of(trial_steps: Sequence[Step]) -> Recipe:
    """The recipe that was recorded as these steps."""
    return tuple(Ingredient(strategy=step.strategy, choices=step.choices, first=recipe_of(step.first)) for step in trial_steps)


def trains(recipe: Sequence[Step]) -> bool:
    """Whether anything in it was fine-tuned."""
    return any(meta_of(step.strategy).trains or trains(step.first) for step in recipe)


def cook(bench: Workbench, recipe: Recipe) -> Plan:
    """Apply a recipe to the baseline; what an earlier recipe shares with it is taken from the study's folder.

    Raises:
        NotApplicableError: a strategy declined.
    """
    plan = bench.plan
    for count in range(1, len(recipe) + 1):
        key = recipe_key(recipe[:count])
        folder = bench.folder / "plans" / key
        kept = bench.plans.get(key) or _recall(folder)
        if kept is None:
            kept = _apply(bench, plan, recipe[count - 1], folder)
            _remember(kept, folder)
        plan = bench.plans[key] = kept
    return plan


def attempt(bench: Workbench, number: int, recipe: Recipe, expected_ratio: float | None = None) -> tuple[Trial, Judged | None]:
    """Run a recipe to its end; whatever breaks in it becomes a row with its reason, never the end of the study.

    Args:
        bench: to work at.
        number: of the trial.
        recipe: to cook.
        expected_ratio: of a cascade, the energy foretold.

    Raises:
        OSError: the disk is full, which no other trial would survive either.
    """
    before = len(bench.windows)
    trial = Trial(number=number, recipe=steps(recipe), state=TrialState.FAILED, reason="")
    judged = None
    try:
        judged = bench.judge(cook(bench, recipe))
        if bench.answers_logits:
            _keep_answers(bench, recipe, judged.outputs)
        judged.asked = asked(bench, recipe)
        if judged.asked is not None and expected_ratio is not None:
            trial = replace(trial, shared=Shared(validation_share=1 - _share(judged.asked), expected_ratio=expected_ratio))
        trial = _judged(bench, trial, judged)
    except Exception as error:  # noqa: BLE001  a strategy's libraries raise as they like
        refuse_full_disk(bench.folder, error)
        trial = replace(trial, reason=why_broken(error))
    return replace(trial, apply_j=total_j(bench.windows[before:])), judged


def answered(bench: Workbench, recipe: Recipe) -> Any:
    """What a recipe's model answered on the validation set: kept from its trial, else asked again."""
    path = _answers_path(bench, recipe)
    if path.exists():
        return np.load(path)
    outputs = bench.judge(cook(bench, recipe)).outputs
    _keep_answers(bench, recipe, outputs)
    return outputs


def asked(bench: Workbench, recipe: Recipe, answers: Any = None) -> Any:
    """Whether each example goes on to the second model ``(examples,)``; None where the recipe makes no cascade.

    Args:
        bench: to work at.
        recipe: to look at.
        answers: of the first model; those on the validation set if None.
    """
    last = recipe[-1]
    if not last.first:
        return None
    outputs = answered(bench, last.first) if answers is None else answers
    return margins(outputs) < np.float32(last.choices["threshold"])


def _keep_answers(bench: Workbench, recipe: Recipe, outputs: Any) -> None:
    path = _answers_path(bench, recipe)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name("unfinished.npy")
    np.save(unfinished, np.asarray(outputs))
    unfinished.replace(path)


def _answers_path(bench: Workbench, recipe: Recipe) -> Path:
    return bench.folder / "plans" / recipe_key(recipe) / "answers.npy"


def _share(rows: Any) -> float:
    return float(np.mean(rows))


def why_broken(error: Exception) -> str:
    """One line for people."""
    if isinstance(error, GreenwrightError):
        return str(error)
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def total_j(windows: Sequence[Window]) -> Quantity:
    """The sum of their energies, as weak as the weakest."""
    from greenwright.meter.window import total

    if not windows:
        return Quantity(value=0.0, low=0.0, high=0.0, grade=Grade.COUNTER, source="nothing was spent")
    return total(window.energy_j for window in windows)


def _judged(bench: Workbench, trial: Trial, judged: Judged) -> Trial:
    drop = bench.drop(judged.outputs)
    trial = replace(trial, quality_drop=drop, notes=(*judged.plan.notes, *_shared_text(trial.shared)))
    limit = bench.limits.max_drop
    fell = "fell" if bench.quality.higher_is_better else "rose"
    if drop.low > HOPELESS_LIMITS * limit:
        return replace(
            trial,
            state=TrialState.STOPPED,
            reason=f"{bench.quality.name} {fell} by {drop.value:.4f} on the validation set; the limit is {limit:g}",
        )
    worst = bench.worst_slice(judged.outputs)
    trial = replace(trial, worst_slice=worst)
    most = bench.limits.max_slice_drop
    if worst is not None and worst.drop is not None and most is not None and worst.drop.low > HOPELESS_LIMITS * most:
        return replace(
            trial,
            state=TrialState.STOPPED,
            reason=f"on {worst.name} {bench.quality.name} {fell} by {worst.drop.value:.4f}; the limit for a slice is {most:g}",
        )
    figures, _ = bench.figures(judged)
    return replace(trial, state=TrialState.MEASURED, figures=figures)


def _shared_text(shared: Shared | None) -> tuple[str, ...]:
    if shared is None:
        return ()
    answers = f"the first model answers {shared.validation_share:.0%} of the validation examples"
    return (f"{answers}; {shared.expected_ratio:.3f} of the baseline's energy was expected",)


def refuse_full_disk(folder: Path, error: Exception) -> None:
    """Do nothing, unless ``error`` comes of a full disk: nothing that follows would survive that either.

    Raises:
        OSError: the disk is full.
    """
    said_so = any(isinstance(cause, OSError) and cause.errno in outputs.FULL for cause in _causes(error))
    if said_so or shutil.disk_usage(folder).free < LEAST_FREE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _apply(bench: Workbench, plan: Plan, ingredient: Ingredient, folder: Path) -> Plan:
    strategy: Strategy = registry.load("strategies", ingredient.strategy)
    verdict = strategy.check(plan, this_machine())
    if not verdict.applies:
        raise NotApplicableError(verdict.reason)
    first = cook(bench, ingredient.first) if ingredient.first else None
    with bench.meter.window(f"applying {ingredient.strategy}"):
        return strategy.apply(plan, bench.given(ingredient.choices, folder, first))


def _remember(plan: Plan, folder: Path) -> None:
    """Keep a plan for recipes that begin alike, and for a study that is resumed. Complete once ``plan.json`` is there."""
    import msgspec

    if not plan.is_onnx:
        import torch

        try:
            torch.save(plan.model, folder / "module.pt")
        except (pickle.PicklingError, AttributeError, TypeError):  # a class of its own function: made again when resumed
            return
    known = {
        "onnx": str(plan.model.path.resolve()) if plan.is_onnx else None,
        "inference": plan.inference,
        "history": plan.history,
        "notes": plan.notes,
    }
    unfinished = folder / "plan.json.unfinished"
    unfinished.write_bytes(msgspec.json.encode(known))
    unfinished.replace(folder / "plan.json")


def _recall(folder: Path) -> Plan | None:
    """The plan kept there; None where there is none, or none that can still be read: it is then made again."""
    try:
        return _read(folder)
    except Exception:  # noqa: BLE001  a module's own class may be gone, and unpickling says so as it likes
        return None


def _read(folder: Path) -> Plan:
    import msgspec

    from greenwright.records.models import Inference

    known = msgspec.json.decode((folder / "plan.json").read_bytes())
    model: Any
    if known["onnx"]:
        model = OnnxModel(path=Path(known["onnx"]).resolve(strict=True))
    else:
        import torch

        model = torch.load(folder / "module.pt", weights_only=False)
    return Plan(
        model=model,
        inference=msgspec.convert(known["inference"], Inference),
        history=msgspec.convert(known["history"], tuple[Step, ...]),
        notes=tuple(known["notes"]),
    )
