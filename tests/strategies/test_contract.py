"""What every strategy is built of, and that the list of them is true."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenwright import registry
from greenwright.records.models import Inference, OnnxModel
from greenwright.strategies import MEMBERS
from greenwright.strategies.contract import Meta, OneOf, Plan, Real, Stage, Whole, defaults
from greenwright.testing.strategies import given

META = Meta(
    id="thinner",
    title="Make it thinner",
    stage=Stage.PRUNE,
    source="https://example.org",
    choices={
        "keep_share": Real(low=0.1, high=0.9, default=0.5),
        "epoch_count": Whole(low=1, high=3, default=2),
        "how": OneOf(options=("fast", "slow")),
    },
)


def test_defaults_are_those_of_each_choice() -> None:
    assert {"keep_share": 0.5, "epoch_count": 2, "how": "fast"} == defaults(META)


def test_stages_follow_the_order_in_which_a_model_is_made() -> None:
    assert Stage.PRUNE.order < Stage.DISTIL.order < Stage.QUANTIZE.order < Stage.RUNTIME.order
    assert 0 == Stage.ARCHITECTURE.order


def test_a_plan_goes_on_from_what_it_was(tmp_path: Path) -> None:
    plan = Plan(model="a module", inference=Inference(thread_count=3), notes=("as handed in",))
    after = plan.then(META, given(META, tmp_path, []), model=OnnxModel(path=tmp_path / "model.onnx"), notes=("thinner now",))

    assert after.is_onnx
    assert not plan.is_onnx
    assert ("as handed in", "thinner now") == after.notes
    assert [("thinner", "prune", defaults(META))] == [(step.strategy, step.stage, step.choices) for step in after.history]
    assert plan.inference == after.inference
    assert () == plan.history


def test_a_step_keeps_the_choices_that_were_made(tmp_path: Path) -> None:
    handed = given(META, tmp_path, [])
    after = Plan(model="a module").then(META, handed, model="a thinner one")
    handed.choices["keep_share"] = 0.9

    assert 0.5 == after.history[0].choices["keep_share"]


@pytest.mark.parametrize("member", list(MEMBERS))
def test_each_member_is_listed_under_its_own_id_in_the_folder_of_its_stage(member: str) -> None:
    meta = registry.load("strategies", member).META

    assert member == meta.id
    assert MEMBERS[member] == f"greenwright.strategies.{meta.stage.value}.{member.replace('-', '_')}"
