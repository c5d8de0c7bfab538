"""Confirm the finalists on the test set, in a fixed order, and write what is proven into a certificate."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from greenwright.records.energy import Comparison
from greenwright.records.study import Control, Figures, QualityProof, Step, Trial
from greenwright.study import running, slices
from greenwright.study.proof import prove
from greenwright.study.trials import Recipe, asked, cook, recipe_of, refuse_full_disk, trains, why_broken
from greenwright.study.workbench import FINAL_MAX_S, Judged, Workbench

FINALISTS = 3
PLAIN = (0, 0.0)
SURE_SHARE, LIKELY_SHARE, LEAST_CHANCE_SHARE = 0.9, 0.5, 0.2
"""Chances of passing the test from which on a candidate may open the sequence, counts as one that holds, and is worth a test at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """A candidate that passed, with its final figures."""

    trial: Trial
    judged: Judged
    proof: QualityProof
    figures: Figures
    comparison: Comparison
    control: Control | None = None


def pareto_front(trials: Sequence[Trial]) -> list[Trial]:
    """Trials that no other beats on energy and on quality lost, from the cheapest on."""
    measured = [trial for trial in trials if trial.figures is not None and trial.quality_drop is not None]

    def dominated(trial: Trial) -> bool:
        return any(_beats(other, trial) for other in measured)

    return sorted((trial for trial in measured if not dominated(trial)), key=_energy)


def finalists(trials: Sequence[Trial], chance: Callable[[Trial], float]) -> list[Trial]:
    """A few trials to be tested, ordered from the safest to the greediest: one that is all but sure to pass, and bolder, cheaper ones.

    What was never trained answers as before but for rounding, so it comes first: a small validation set cannot tell as much. The
    order is fixed before the test set is opened. Each is then tested at the full level, and the first failure ends the
    sequence, which keeps the chance of passing any unfit candidate at that level. So one that may fail, tested after a safer
    one, costs that nothing: where it passes, it saves more. Each is cheaper than all before it. Cascades come last, those that ask most
    first: their thresholds were chosen on the validation set, which flatters them. What answers first in one is bolder still by itself.
    """
    worth = [trial for trial in trials if chance(trial) >= LEAST_CHANCE_SHARE]
    first_models = [trial.recipe[-1].first for trial in worth if trial.shared is not None]
    ordered: list[Trial] = []
    for trial in sorted(worth, key=lambda one: (*_boldness(one, first_models), trains(one.recipe), -chance(one), _energy(one))):
        if not ordered or _energy(trial) < _energy(ordered[-1]):
            ordered.append(trial)
    sure_count = sum(chance(trial) >= SURE_SHARE and _boldness(trial, first_models) == PLAIN for trial in ordered)
    kept = ordered[max(0, sure_count - 1) :]
    return kept if len(kept) <= FINALISTS else [*kept[:2], kept[-1]]


def _boldness(trial: Trial, first_models: Collection[tuple[Step, ...]]) -> tuple[int, float]:
    """Plain candidates, then cascades by how much the first model answers alone, then those first models alone."""
    if trial.shared is not None:
        return 1, trial.shared.validation_share
    return (2, 1.0) if trial.recipe in first_models else PLAIN


def confirm(
    bench: Workbench,
    ordered: Sequence[Trial],
    say: Callable[[str], None],
    final_max_s: Callable[[], float] = lambda: FINAL_MAX_S,
) -> tuple[list[QualityProof], Confirmed | None, dict[int, str]]:
    """Prove the finalists in turn; the last that passed is the one, if its energy ratio then holds, too.

    ``final_max_s`` is asked, just before, how long comparing their energy may take.

    The third value says, by trial number, why one could not be tested at all, which ends the sequence like a failure.
    """
    if not ordered:
        return [], None, {}
    with bench.meter.window("confirming"):
        baseline, targets = bench.answers(bench.baseline.runner, bench.test)
    proofs: list[QualityProof] = []
    passed: list[tuple[Trial, Judged, QualityProof]] = []
    broken: dict[int, str] = {}
    for trial in ordered:
        try:
            trial, judged, proof = _tested(bench, trial, baseline, targets)  # noqa: PLW2901  the same, with what the test showed
        except Exception as error:  # noqa: BLE001  as in a trial: what breaks a candidate must not cost the others
            refuse_full_disk(bench.folder, error)
            broken[trial.number] = f"on the test set it broke: {why_broken(error)}"
            say(f"  trial {trial.number}: {broken[trial.number]}")
            break
        proofs.append(proof)
        say(f"  trial {trial.number} on the test set: {_told(proof)}")
        if not proof.passed:
            break
        passed.append((trial, judged, proof))
    for trial, judged, proof in reversed(passed):
        bench.final_max_s = final_max_s()
        figures, comparison = bench.figures(judged, final=True)
        if comparison.ratio.high < 1:
            confirmed = Confirmed(trial=trial, judged=judged, proof=proof, figures=figures, comparison=comparison)
            return proofs, confirmed, broken
    return proofs, None, broken


def _tested(bench: Workbench, trial: Trial, baseline: Any, targets: Any) -> tuple[Trial, Judged, QualityProof]:
    """One finalist on the test set, against the baseline's answers there."""
    assert trial.figures is not None
    quality = trial.figures.quality
    recipe = recipe_of(trial.recipe)
    plan = cook(bench, recipe)
    with bench.meter.window("confirming"):
        runner = running.load(plan)
        outputs, _ = bench.answers(runner, bench.test)
        proof = prove(
            bench.quality,
            baseline,
            outputs,
            targets,
            max_drop=bench.limits.max_drop,
            group_size=bench.group_size,
            confidence=bench.limits.confidence,
            seed=bench.limits.seed,
        )
        proof = _with_slices(bench, proof, baseline, outputs, targets)
        trial = _with_shares(bench, trial, recipe)
    judged = Judged(plan=plan, runner=runner, outputs=outputs, quality=quality, asked=asked(bench, recipe))
    return trial, judged, replace(proof, trial=trial.number)


def _with_shares(bench: Workbench, trial: Trial, recipe: Recipe) -> Trial:
    """Of a cascade, with how much of the test set its first model answers: the share is as much of chance as of the model."""
    if trial.shared is None:
        return trial
    answers, _ = bench.answers(running.load(cook(bench, recipe[-1].first)), bench.test)
    test_share = 1 - float(np.mean(asked(bench, recipe, answers)))
    return replace(trial, shared=replace(trial.shared, test_share=test_share))


def _with_slices(bench: Workbench, proof: QualityProof, baseline: Any, outputs: Any, targets: Any) -> QualityProof:
    """The same, with what every slice lost; it passed only if the worst of them lost no more than it may, too."""
    if bench.workload.slices is None:
        return proof
    found = slices.slice_proofs(
        bench.quality,
        baseline,
        outputs,
        targets,
        bench.test_slices,
        group_size=bench.group_size,
        confidence=bench.limits.confidence,
        seed=bench.limits.seed,
    )
    limit = bench.limits.max_slice_drop
    return replace(proof, slices=found, max_slice_drop=limit, passed=proof.passed and slices.within(found, limit))


def _energy(trial: Trial) -> float:
    assert trial.figures is not None
    return trial.figures.energy_ratio.value


def _beats(other: Trial, trial: Trial) -> bool:
    assert other.quality_drop is not None
    assert trial.quality_drop is not None
    ours = (_energy(other), other.quality_drop.value)
    theirs = (_energy(trial), trial.quality_drop.value)
    return ours != theirs and all(a <= b for a, b in zip(ours, theirs, strict=True))


def _told(proof: QualityProof) -> str:
    verdict = "holds" if proof.passed else "not proven to hold"
    worst = slices.worst(proof)
    least = f", worst slice {worst.name}: bound {worst.drop.high:.4f}" if worst and worst.drop else ""
    limit = "" if proof.max_slice_drop is None else f" of {proof.max_slice_drop:g}"
    bound = f"bound {proof.drop.high:.4f} of {proof.max_drop:g}{least}{limit if least else ''}"
    return f"{proof.metric} {proof.baseline:.4f} → {proof.candidate:.4f}, {bound}: {verdict}"
