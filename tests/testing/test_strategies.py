"""The contract lets an honest strategy pass, and each broken one fails at exactly the test that is meant for it."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import itertools
import logging
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from greenwright.records.machines import Machine
from greenwright.records.models import OnnxModel
from greenwright.strategies.contract import Choice, Given, Meta, OneOf, Plan, Real, Stage, Verdict, defaults
from greenwright.testing import zoo
from greenwright.testing.strategies import StrategyContract, given

META = Meta(
    id="smaller-weights",
    title="Make weights smaller",
    stage=Stage.PRUNE,
    choices={"keep_share": Real(low=0.1, high=0.9, default=0.5), "how": OneOf(options=("plainly", "oddly"))},
    source="https://example.org/paper",
)


def check(plan: Plan, machine: Machine) -> Verdict:
    if plan.is_onnx:
        return Verdict(applies=False, reason="its weights lie in a file")
    return Verdict(applies=True, reason="it has weights", expects=(0.5, 1.0))


def smaller(plan: Plan, given: Given, *, in_place: bool = False) -> nn.Module:
    module: nn.Module = plan.model if in_place else copy.deepcopy(plan.model)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(float(given.choices["keep_share"]))
    return module


def apply(plan: Plan, given: Given) -> Plan:
    return plan.then(META, given, model=smaller(plan, given))


class Contract(StrategyContract):
    def plan(self, tmp_path: Path) -> Plan:
        return Plan(model=zoo.mlp())

    def declined(self, tmp_path: Path) -> Plan:
        return Plan(model=OnnxModel(path=tmp_path / "model.onnx"))

    def given(self, work_dir: Path, plan: Plan) -> Given:
        return given(self.strategy.META, work_dir, zoo.digit_batches(flat=True), choices={"keep_share": 0.5, "how": "plainly"})


def contract_of(**changes: object) -> Contract:
    honest = {"META": META, "check": check, "apply": apply, "__file__": "smaller_weights.py", "__name__": "smaller_weights"}
    contract = Contract()
    contract.strategy = SimpleNamespace(**(honest | changes))
    return contract


def failed(contract: Contract, tmp_path: Path) -> set[str]:
    """The tests that a strategy does not pass, as pytest would run them."""
    (tmp_path / "applied").mkdir()
    applied = contract.apply(tmp_path / "applied")
    names = set()
    for name in (name for name in dir(contract) if name.startswith("test_")):
        test = getattr(contract, name)
        (tmp_path / name).mkdir()
        ready = {"applied": applied, "tmp_path": tmp_path / name}
        try:
            test(**{parameter: ready[parameter] for parameter in inspect.signature(test).parameters})
        except Exception:  # noqa: BLE001  a test may fail as it likes
            names.add(name)
    return names


def test_an_honest_strategy_passes(tmp_path: Path) -> None:
    assert failed(contract_of(), tmp_path) == set()


# --- strategies that are broken in one place each ---


def changes_the_module_it_was_handed(plan: Plan, given: Given) -> Plan:
    made = smaller(plan, given)
    nn.init.zeros_(plan.model[0].bias)
    return plan.then(META, given, model=made)


def changes_a_flag_of_the_module_it_was_handed(plan: Plan, given: Given) -> Plan:
    plan.model.train()
    return apply(plan, given)


def leaves_gradients_behind(plan: Plan, given: Given) -> Plan:
    plan.model(torch.as_tensor(zoo.digit_batches(2, flat=True)[0][0])).sum().backward()
    return apply(plan, given)


def answers_in_another_shape(plan: Plan, given: Given) -> Plan:
    return plan.then(META, given, model=nn.Sequential(smaller(plan, given), nn.Flatten(0)))


def answers_no_numbers(plan: Plan, given: Given) -> Plan:
    return plan.then(META, given, model=nn.Sequential(smaller(plan, given), nn.Threshold(1e9, float("nan"))))


def writes_no_history(plan: Plan, given: Given) -> Plan:
    return dataclasses.replace(plan, model=smaller(plan, given), history=plan.history)


def tells_other_choices(plan: Plan, given: Given) -> Plan:
    return apply(plan, dataclasses.replace(given, choices=defaults(META) | {"how": "oddly"}))


def writes_where_it_stands(plan: Plan, given: Given) -> Plan:
    Path("weights.txt").write_text("0.5")
    return apply(plan, given)


def leaves_temporary_files(plan: Plan, given: Given) -> Plan:
    Path(tempfile.mkdtemp(), "weights.txt").write_text("0.5")
    return apply(plan, given)


def writes_beside_its_folder(plan: Plan, given: Given) -> Plan:
    (given.work_dir.parent / "weights.txt").write_text("0.5")
    return apply(plan, given)


def seeds_globally(plan: Plan, given: Given) -> Plan:
    torch.manual_seed(given.seed)
    return apply(plan, given)


def seeds_numpy_globally(plan: Plan, given: Given) -> Plan:
    np.random.seed(given.seed)  # noqa: NPY002  what it must not
    return apply(plan, given)


def silences_every_log(plan: Plan, given: Given) -> Plan:
    logging.disable(logging.ERROR)
    return apply(plan, given)


def prints(plan: Plan, given: Given) -> Plan:
    print("pruning")  # noqa: T201  what it must not
    return apply(plan, given)


counted = itertools.count()


def makes_another_model_each_time(plan: Plan, given: Given) -> Plan:
    made: Any = smaller(plan, given)
    with torch.no_grad():
        made[0].bias.add_(1e-3 * next(counted))
    return plan.then(META, given, model=made)


def trains_without_saying_so(plan: Plan, given: Given) -> Plan:
    assert given.training is not None
    return apply(plan, given)


def calibrates_without_saying_so(plan: Plan, given: Given) -> Plan:
    assert len(given.calibration) > 0
    return apply(plan, given)


def makes_what_cannot_be_kept(plan: Plan, given: Given) -> Plan:
    made: Any = smaller(plan, given)
    made.note = lambda: "no lambda can be pickled"
    return plan.then(META, given, model=made)


@pytest.fixture(autouse=True)
def usual() -> Any:
    """Whatever a broken strategy does to the process is undone."""
    before = logging.root.manager.disable, torch.get_default_dtype()
    yield
    logging.disable(before[0])
    torch.set_default_dtype(before[1])


@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (changes_the_module_it_was_handed, "the_models_it_was_handed_stay_as_they_were"),
        (changes_a_flag_of_the_module_it_was_handed, "the_models_it_was_handed_stay_as_they_were"),
        (leaves_gradients_behind, "the_models_it_was_handed_stay_as_they_were"),
        (answers_in_another_shape, "the_result_runs_and_answers_in_the_same_shape"),
        (answers_no_numbers, "the_result_runs_and_answers_in_the_same_shape"),
        (writes_no_history, "the_history_grows_by_its_own_step"),
        (tells_other_choices, "the_history_grows_by_its_own_step"),
        (writes_where_it_stands, "everything_it_writes_lies_in_its_folder"),
        (leaves_temporary_files, "everything_it_writes_lies_in_its_folder"),
        (writes_beside_its_folder, "everything_it_writes_lies_in_its_folder"),
        (seeds_globally, "it_changes_nothing_that_the_whole_process_shares"),
        (seeds_numpy_globally, "it_changes_nothing_that_the_whole_process_shares"),
        (silences_every_log, "it_changes_nothing_that_the_whole_process_shares"),
        (prints, "it_prints_nothing"),
        (makes_another_model_each_time, "the_same_seed_makes_the_same_model"),
        (trains_without_saying_so, "it_does_with_what_it_says_it_needs"),
        (calibrates_without_saying_so, "it_does_with_what_it_says_it_needs"),
        (makes_what_cannot_be_kept, "its_result_can_be_kept_and_taken_up_again"),
    ],
)
def test_a_broken_application_fails_at_its_own_test(tmp_path: Path, broken: Callable[[Plan, Given], Plan], test: str) -> None:
    assert failed(contract_of(apply=broken), tmp_path) == {f"test_{test}"}


def never_applies(plan: Plan, machine: Machine) -> Verdict:
    return Verdict(applies=False, reason="never")


def always_applies(plan: Plan, machine: Machine) -> Verdict:
    return Verdict(applies=True, reason="always")


def gives_no_reason_to_apply(plan: Plan, machine: Machine) -> Verdict:
    return check(plan, machine) if plan.is_onnx else Verdict(applies=True, reason="")


def expects_the_impossible(plan: Plan, machine: Machine) -> Verdict:
    return check(plan, machine) if plan.is_onnx else Verdict(applies=True, reason="it has weights", expects=(0.9, 0.1))


def gives_no_reason_to_decline(plan: Plan, machine: Machine) -> Verdict:
    return Verdict(applies=False, reason=" ") if plan.is_onnx else check(plan, machine)


def changes_its_mind(plan: Plan, machine: Machine) -> Verdict:
    return Verdict(applies=not plan.is_onnx, reason=f"asked for the {next(counted)}th time")


def changes_what_it_asks_about(plan: Plan, machine: Machine) -> Verdict:
    if not plan.is_onnx:
        plan.model.train()
    return check(plan, machine)


@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (never_applies, "it_applies_to_its_plan_and_says_why"),
        (gives_no_reason_to_apply, "it_applies_to_its_plan_and_says_why"),
        (expects_the_impossible, "it_applies_to_its_plan_and_says_why"),
        (always_applies, "it_declines_what_is_out_of_its_scope_and_says_why"),
        (gives_no_reason_to_decline, "it_declines_what_is_out_of_its_scope_and_says_why"),
        (changes_its_mind, "asking_changes_nothing"),
        (changes_what_it_asks_about, "asking_changes_nothing"),
    ],
)
def test_a_broken_check_fails_at_its_own_test(tmp_path: Path, broken: Callable[[Plan, Machine], Verdict], test: str) -> None:
    assert failed(contract_of(check=broken), tmp_path) == {f"test_{test}"}


@pytest.mark.parametrize(
    ("change", "test"),
    [
        ({"id": "larger-weights"}, "its_facts_are_complete"),
        ({"source": "a paper"}, "its_facts_are_complete"),
        ({"stage": SimpleNamespace(value="prune")}, "its_facts_are_complete"),
        ({"title": "Pruning of weights"}, "its_title_is_a_short_order"),
        ({"title": "make weights smaller"}, "its_title_is_a_short_order"),
        ({"title": "Make weights smaller."}, "its_title_is_a_short_order"),
        ({"title": f"Make {'much ' * 20}smaller"}, "its_title_is_a_short_order"),
        ({"choices": {"keep_share": Real(low=0.1, high=0.9, default=1.0)}}, "its_choices_have_a_default_within_their_range"),
        (
            {"choices": {"keep_share": Real(low=0.0, high=0.9, default=0.5, log=True)}},
            "its_choices_have_a_default_within_their_range",
        ),
        ({"choices": {"how": OneOf(options=("plainly", "plainly"))}}, "its_choices_have_a_default_within_their_range"),
        ({"choices": {"keep share": Real(low=0.1, high=0.9, default=0.5)}}, "its_choices_have_a_default_within_their_range"),
    ],
)
def test_wrong_facts_fail_at_their_own_test(tmp_path: Path, change: Mapping[str, Any], test: str) -> None:
    meta = dataclasses.replace(META, **change)

    def told(plan: Plan, given: Given) -> Plan:
        return plan.then(meta, given, model=smaller(plan, given))

    assert failed(contract_of(META=meta, apply=told), tmp_path) == {f"test_{test}"}


# --- what it is tried on ---


def test_given_can_be_changed_in_any_field(tmp_path: Path) -> None:
    choices: dict[str, Choice] = {"keep_share": 0.2}
    handed = given(META, tmp_path / "made", zoo.digit_batches(), choices=choices, loss=None, teacher="a teacher")

    assert (tmp_path / "made").is_dir()
    assert (choices, None, "a teacher") == (handed.choices, handed.loss, handed.teacher)
    assert defaults(META) == given(META, tmp_path, []).choices


def test_an_epoch_gives_each_batch_once_as_tensors(tmp_path: Path) -> None:
    batches = zoo.digit_batches(40)
    handed = given(META, tmp_path, batches)
    assert handed.training is not None
    seen = list(handed.training())

    assert [len(targets) for _, targets in seen] == [32, 8]
    assert handed.training_step_count == len(seen) == len(handed.calibration)
    np.testing.assert_array_equal(batches[0][0], seen[0][0].numpy())
