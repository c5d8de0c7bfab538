"""What every strategy must pass, and what to pass it with.

A plugin's test inherits the contract and says which plans the strategy applies to, and which it must decline::

    class TestMyStrategy(StrategyContract):
        strategy = my_strategy

        def plan(self, tmp_path):
            return Plan(model=zoo.conv_net())

        def declined(self, tmp_path):
            return Plan(model=zoo.gru())

The plan is tried on handwritten digits; a model that takes something else overrides ``given``.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from greenwright import registry
from greenwright.batches import Inputs, each
from greenwright.deploy.buckets import bucketed
from greenwright.deploy.contract import run_once
from greenwright.machine import this_machine
from greenwright.records.models import OnnxModel
from greenwright.records.study import Step
from greenwright.strategies.contract import Given, Meta, Need, OneOf, Plan, Stage, Strategy, Whole, defaults
from greenwright.testing.changes import Changes, other_randomness, watch

Batches = Sequence[tuple[Inputs, Any]]
"""(inputs, targets), as NumPy arrays."""

TITLE_LENGTH = 70
EXPORT_SIZES = (2, 5, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """One application of a strategy, seen from outside."""

    plan: Plan
    given: Given
    result: Plan
    changes: Changes


class StrategyContract:
    """Inherit, set ``strategy``, and say what ``plan`` and ``declined`` are; pytest runs the rest."""

    strategy: Any
    """The module."""

    def plan(self, tmp_path: Path) -> Plan:
        """A plan that the strategy applies to; the same at every call."""
        raise NotImplementedError

    def declined(self, tmp_path: Path) -> Plan:
        """A plan that is out of its scope."""
        raise NotImplementedError

    def given(self, work_dir: Path, plan: Plan) -> Given:
        """What it is handed besides the plan."""
        from greenwright.testing import zoo

        return given(self.strategy.META, work_dir, zoo.digit_batches(), teacher=None if plan.is_onnx else plan.model)

    @pytest.fixture(scope="class")
    @classmethod
    def applied(cls, tmp_path_factory: pytest.TempPathFactory) -> Applied:
        """Applied once, for every test that only looks."""
        return cls().apply(tmp_path_factory.mktemp("applied"))

    def apply(self, folder: Path, narrow: Callable[[Given], Given] = lambda given: given) -> Applied:
        """Apply the strategy to its plan, and watch what else changes."""
        plan = self.plan(folder)
        handed = self.given(folder / "work", plan)
        result, changes = watch(
            lambda: _strategy(self).apply(plan, narrow(handed)),
            folder,
            {"plan": plan.model, "teacher": handed.teacher, "student": handed.student},
        )
        return Applied(plan=plan, given=handed, result=result, changes=changes)

    def test_its_facts_are_complete(self) -> None:
        meta = self.strategy.META

        assert meta.id in {_id_by_file(self.strategy), _id_by_registry(self.strategy)}
        assert meta.stage in Stage
        assert meta.needs <= set(Need)
        assert re.match(r"https?://\S+$", meta.source)

    def test_its_title_is_a_short_order(self) -> None:
        title = self.strategy.META.title
        first_word = title.partition(" ")[0]

        assert 0 < len(title) <= TITLE_LENGTH
        assert first_word.istitle()
        assert not first_word.endswith(("ing", "ion", "ed"))
        assert not title.endswith(".")

    def test_its_choices_have_a_default_within_their_range(self) -> None:
        for name, choice in self.strategy.META.choices.items():
            assert name.isidentifier()
            if isinstance(choice, OneOf):
                assert len(set(choice.options)) == len(choice.options) > 0
                continue
            assert choice.low <= choice.default <= choice.high
            assert isinstance(choice, Whole) or choice.low > 0 or not choice.log

    def test_it_applies_to_its_plan_and_says_why(self, tmp_path: Path) -> None:
        plan = self.plan(tmp_path)
        verdict = _strategy(self).check(plan, self.given(tmp_path / "work", plan).machine)

        assert verdict.applies
        assert _is_a_line(verdict.reason)
        assert verdict.expects is None or 0 < verdict.expects[0] <= verdict.expects[1] < math.inf

    def test_it_declines_what_is_out_of_its_scope_and_says_why(self, tmp_path: Path) -> None:
        plan = self.declined(tmp_path)
        verdict = _strategy(self).check(plan, self.given(tmp_path / "work", plan).machine)

        assert not verdict.applies
        assert _is_a_line(verdict.reason)

    def test_asking_changes_nothing(self, tmp_path: Path) -> None:
        for folder, make in ((tmp_path / "plan", self.plan), (tmp_path / "declined", self.declined)):
            folder.mkdir()
            plan = make(folder)
            machine = self.given(folder / "work", plan).machine
            ask = partial(_strategy(self).check, plan, machine)
            first, changes = watch(ask, folder, {"plan": plan.model})

            assert first == ask()
            assert changes == Changes(models=(), surroundings=(), files=(), printed="")

    def test_the_result_runs_and_answers_in_the_same_shape(self, applied: Applied) -> None:
        for inputs in (*applied.given.calibration, _cut(applied.given.calibration[0], 1)):
            before, after = answers(applied.plan, inputs), answers(applied.result, inputs)

            assert before.shape == after.shape
            assert np.isfinite(after).all()

    def test_the_models_it_was_handed_stay_as_they_were(self, applied: Applied) -> None:
        assert applied.changes.models == ()

    def test_the_history_grows_by_its_own_step(self, applied: Applied) -> None:
        meta = self.strategy.META
        before = applied.given.first.history if applied.given.first else ()
        step = Step(strategy=meta.id, title=meta.title, stage=meta.stage.value, choices=applied.given.choices, first=before)

        assert applied.result.history == (*applied.plan.history, step)
        assert applied.result.notes[: len(applied.plan.notes)] == applied.plan.notes
        # Only settings of serving may choose other threads than were asked for.
        kept = applied.result.inference.thread_count == applied.plan.inference.thread_count
        assert kept or meta.stage is Stage.RUNTIME

    def test_everything_it_writes_lies_in_its_folder(self, applied: Applied) -> None:
        assert applied.changes.files == ()
        if applied.result.is_onnx and applied.result.model != applied.plan.model:
            assert applied.result.model.path.is_relative_to(applied.given.work_dir)

    def test_it_changes_nothing_that_the_whole_process_shares(self, applied: Applied) -> None:
        assert applied.changes.surroundings == ()

    def test_it_prints_nothing(self, applied: Applied) -> None:
        assert applied.changes.printed == ""

    def test_the_same_seed_makes_the_same_model(self, applied: Applied, tmp_path: Path) -> None:
        with other_randomness():
            again = self.apply(tmp_path)

        for inputs in applied.given.calibration:
            np.testing.assert_array_equal(answers(applied.result, inputs), answers(again.result, inputs))

    def test_it_does_with_what_it_says_it_needs(self, tmp_path: Path) -> None:
        applied = self.apply(tmp_path, lambda handed: _narrowed(handed, self.strategy.META.needs))

        assert isinstance(applied.result, Plan)

    def test_its_result_can_be_kept_and_taken_up_again(self, applied: Applied) -> None:
        result = applied.result
        taken_up = result if result.is_onnx else replace(result, model=_kept_and_taken_up(result.model))
        inputs = applied.given.calibration[0]

        np.testing.assert_array_equal(answers(result, inputs), answers(taken_up, inputs))


def given(meta: Meta, work_dir: Path, batches: Batches, **changes: Any) -> Given:
    """What a study would hand a strategy, over a few batches: every choice at its default, this machine, cross-entropy.

    Args:
        meta: of the strategy.
        work_dir: made if it is not there.
        batches: to train and to calibrate on; where batches differ in length, so may the inputs of an exported model.
        changes: fields of ``Given`` to set otherwise: ``teacher=``, ``choices=``, ``loss=None``.
    """
    work_dir.mkdir(parents=True, exist_ok=True)

    def epoch() -> Iterator[tuple[Inputs, Any]]:
        import torch

        for inputs, targets in batches:
            yield each(torch.tensor, inputs), torch.tensor(targets)

    def unlabelled() -> Iterator[tuple[Inputs, Any]]:
        for inputs, _ in epoch():
            yield inputs, None

    def to_onnx(module: Any, path: Path) -> OnnxModel:
        from greenwright.deploy import export

        return export.to_onnx(
            module, [_cut(inputs, size) for (inputs, _), size in zip(cycle(batches), EXPORT_SIZES, strict=False)], path
        )

    def loss(outputs: Any, targets: Any) -> Any:
        from torch.nn import functional

        return functional.cross_entropy(outputs, targets)

    usual = Given(
        choices=defaults(meta),
        machine=this_machine(),
        work_dir=work_dir,
        training=epoch,
        training_step_count=len(batches),
        teaching=unlabelled,
        teaching_step_count=len(batches),
        classifies=True,
        loss=loss,
        calibration=[inputs for inputs, _ in batches],
        to_onnx=to_onnx,
    )
    return replace(usual, **changes)


def answers(plan: Plan, inputs: Inputs) -> np.ndarray[Any, Any]:
    """What a plan answers to one batch, in the runtime it asks for."""
    runner = registry.load("runtimes", plan.inference.runtime).load(plan.model, plan.inference)
    return run_once(bucketed(runner, plan.inference), inputs)


def _strategy(contract: StrategyContract) -> Strategy:
    strategy: Strategy = contract.strategy
    return strategy


def _id_by_file(strategy: Any) -> str:
    return Path(strategy.__file__).stem.replace("_", "-")


def _id_by_registry(strategy: Any) -> str | None:
    return {path: member for member, path in registry.members("strategies").items()}.get(strategy.__name__)


def _is_a_line(reason: str) -> bool:
    return bool(reason.strip()) and "\n" not in reason


def _cut(inputs: Inputs, count: int) -> Inputs:
    return each(lambda array: array[:count], inputs)


def _narrowed(handed: Given, needs: frozenset[Need]) -> Given:
    """Without what a strategy did not ask for."""
    if Need.TEACHING in needs:
        handed = replace(handed, training=None, training_step_count=0)
    elif Need.TRAINING not in needs:
        handed = replace(handed, training=None, training_step_count=0, teaching=None, teaching_step_count=0)
    if Need.CALIBRATION not in needs:
        handed = replace(handed, calibration=())
    return handed


def _kept_and_taken_up(module: Any) -> Any:
    import torch

    kept = io.BytesIO()
    torch.save(module, kept)
    kept.seek(0)
    return torch.load(kept, weights_only=False)
