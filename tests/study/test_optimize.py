from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from torch import nn

import greenwright
from greenwright import BadInputError, CannotHereError, Limits, Workload
from greenwright.ledger.opening import open_ledger
from greenwright.records.study import Certificate, Outcome, StudyRecord, TrialState
from greenwright.settings import resolve
from greenwright.strategies.contract import NotApplicableError, Verdict
from greenwright.study import outputs

AddStrategy = Callable[..., str]
LIMITS = Limits(max_drop=0.06, time_s=60, strategies=("shrink",))

pytestmark = pytest.mark.usefixtures("hurry")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def only(*strategies: str, max_drop: float = 0.06) -> Limits:
    return replace(LIMITS, strategies=strategies, max_drop=max_drop)


# --- a saving ---


def test_a_study_finds_proves_and_writes_the_model_that_needs_less(workload: Workload, shrinking: str, out: Path) -> None:
    said: list[str] = []

    study = greenwright.optimize(workload, limits=LIMITS, out=out, say=said.append)

    assert study.record.outcome is Outcome.SAVES
    assert names(out) == {"model.pt2", "certificate.json", "study.json", "report.html"}
    assert study.best is not None
    assert study.best.number == 1
    assert [trial.number for trial in study.front] == [1]
    assert study.certificate is not None
    assert study.certificate.comparison.ratio.high < 1
    assert study.certificate.quality.passed
    assert study.certificate.quality.drop.high <= 0.06
    assert study.certificate.quality.example_count == 497
    assert study.certificate.break_even_units > 0
    assert study.report().read_text(encoding="utf-8").startswith("<!doctype html>")
    assert any("proven to fall by no more than" in line for line in [study.record.verdict])
    assert said[0] == "measuring the baseline"


def test_the_certificate_names_the_file_s_hash_and_the_record_survives_the_disk(
    workload: Workload, shrinking: str, out: Path
) -> None:
    study = greenwright.optimize(workload, limits=LIMITS, out=out)

    assert study.model_path is not None
    assert study.certificate is not None
    assert study.certificate.artifact_sha256 == hashlib.sha256(study.model_path.read_bytes()).hexdigest()
    assert outputs.read_record(out) == study.record
    certificate = msgspec.json.decode((out / "certificate.json").read_bytes(), type=Certificate)
    assert certificate == study.certificate


def test_the_model_runs_without_greenwright_and_answers_as_the_certificate_says(
    workload: Workload, shrinking: str, out: Path, digits: Any
) -> None:
    study = greenwright.optimize(workload, limits=LIMITS, out=out)
    assert study.model_path is not None
    assert study.certificate is not None

    model = torch.export.load(study.model_path).module()
    right = [int(model(torch.tensor(row[None])).argmax()) == target for row, target in zip(*digits.test, strict=True)]

    assert np.mean(right) == pytest.approx(study.certificate.quality.candidate)
    assert "torch.export.load" in study.record.load_snippet


def test_what_the_search_spent_is_the_sum_of_its_windows(workload: Workload, shrinking: str, out: Path, home: Path) -> None:
    study = greenwright.optimize(workload, limits=LIMITS, out=out)

    with sqlite3.connect(home / "ledger.db") as ledger:
        booked = ledger.execute("SELECT energy_j FROM windows").fetchall()
        trials = ledger.execute("SELECT count(*) FROM trials").fetchone()
    energies = [energy_j for (energy_j,) in booked]
    assert trials == (1,)
    assert study.record.search_j.value == pytest.approx(sum(energies))
    assert sum(one.energy_j.value for one in study.record.spending) == pytest.approx(sum(energies))
    assert {"measuring the baseline", "applying shrink", "judging quality", "measuring energy", "confirming"} == {
        one.purpose for one in study.record.spending
    }


def test_the_ledger_lists_the_released_model(workload: Workload, shrinking: str, out: Path) -> None:
    study = greenwright.optimize(workload, limits=LIMITS, out=out)
    assert study.certificate is not None

    (model,) = open_ledger(resolve().ledger_url).models()

    assert model.study == "digits"
    assert model.artifact.sha256 == study.certificate.artifact_sha256
    assert Path(model.artifact.path).samefile(out / "model.pt2")


def test_results_go_to_a_folder_of_the_workload_s_name(
    workload: Workload, shrinking: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    study = greenwright.optimize(workload, limits=LIMITS)

    assert study.folder == tmp_path / "greenwright-out" / "digits"


def test_a_workload_without_a_name_is_called_after_its_file_s_folder(
    workload: Workload, shrinking: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "speech").mkdir()
    monkeypatch.chdir(tmp_path / "speech")

    study = greenwright.optimize(replace(workload, name=""), limits=LIMITS, workload_file=Path("workload.py"))

    assert study.record.name == "speech"
    assert study.folder.name == "speech"


def test_a_metric_of_the_user_s_own_is_held_like_any_other(workload: Workload, shrinking: str, out: Path) -> None:
    def error_rate(answers: Any, targets: Any) -> float:
        return float((answers.argmax(1) != targets).mean())

    mine = greenwright.Quality(name="error rate", function=error_rate, higher_is_better=False)

    study = greenwright.optimize(replace(workload, quality=mine), limits=LIMITS, out=out)

    assert study.certificate is not None
    assert study.certificate.quality.metric == "error rate"
    assert study.certificate.quality.drop.value == pytest.approx(
        study.certificate.quality.candidate - study.certificate.quality.baseline
    )


@pytest.mark.slow
def test_a_module_is_exported_to_onnx_where_that_saves(workload: Workload, out: Path, digits: Any) -> None:
    import onnxruntime

    study = greenwright.optimize(workload, limits=only("onnx-runtime", "static-int8"), out=out)

    assert study.model_path == out / "model.onnx"
    assert study.certificate is not None
    session = onnxruntime.InferenceSession(study.model_path, providers=["CPUExecutionProvider"])
    (answers,) = session.run(None, {"input": digits.test[0]})
    assert (answers.argmax(1) == digits.test[1]).mean() == pytest.approx(study.certificate.quality.candidate)


# --- keep your model ---


def reasons_of(record: StudyRecord) -> str:
    return "\n".join(record.reasons)


def test_a_candidate_that_loses_too_much_leaves_the_model_as_it_is(
    workload: Workload, add_strategy: AddStrategy, small: nn.Module, out: Path
) -> None:
    def spoil(plan: Any, given: Any) -> Any:
        class Spoiled(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.small = small

            def forward(self, inputs: Any) -> Any:
                return self.small(inputs.flip(-1))

        return replace(plan, model=Spoiled())

    study = greenwright.optimize(workload, limits=only(add_strategy("spoil", spoil)), out=out)

    assert study.record.outcome is Outcome.KEEP
    assert study.record.verdict.startswith("Keep your model")
    assert (study.best, study.certificate, study.model_path) == (None, None, None)
    assert names(out) == {"study.json", "report.html"}
    (trial,) = study.record.trials
    assert trial.state is TrialState.STOPPED
    assert "Do spoil: accuracy fell by" in reasons_of(study.record)
    assert "it was not among the strategies asked for" in reasons_of(study.record)
    assert outputs.read_record(out) == study.record
    assert open_ledger(resolve().ledger_url).models() == []


def test_with_nothing_to_lose_a_candidate_with_other_errors_is_not_proven(
    workload: Workload, shrinking: str, out: Path
) -> None:
    study = greenwright.optimize(workload, limits=only(shrinking, max_drop=0.0), out=out)

    assert study.record.outcome is Outcome.KEEP
    assert "Do shrink: accuracy fell by" in reasons_of(study.record)


def test_a_candidate_that_needs_more_is_not_taken(workload: Workload, add_strategy: AddStrategy, out: Path) -> None:
    class Twice(nn.Module):
        def __init__(self, module: nn.Module) -> None:
            super().__init__()
            self.module = module

        def forward(self, inputs: Any) -> Any:
            return (self.module(inputs) + self.module(inputs)) / 2

    twice = add_strategy("twice", lambda plan, given: replace(plan, model=Twice(plan.model)))

    study = greenwright.optimize(workload, limits=only(twice), out=out)

    assert study.record.outcome is Outcome.KEEP
    assert "Do twice: needs no less energy" in reasons_of(study.record)


def test_keeping_the_model_removes_what_an_earlier_study_released(workload: Workload, shrinking: str, out: Path) -> None:
    greenwright.optimize(workload, limits=LIMITS, out=out)
    (out / "model.onnx").write_bytes(b"of a still earlier one")

    greenwright.optimize(workload, limits=only(shrinking, max_drop=0.0), out=out)

    assert names(out) == {"study.json", "report.html"}


def test_a_study_over_a_finished_one_replaces_it(workload: Workload, shrinking: str, out: Path) -> None:
    first = greenwright.optimize(workload, limits=LIMITS, out=out)
    (out / "model.onnx").write_bytes(b"of a still earlier one")

    second = greenwright.optimize(workload, limits=LIMITS, out=out)

    assert names(out) == {"model.pt2", "certificate.json", "study.json", "report.html"}
    assert outputs.read_record(out) == second.record != first.record
    assert len(open_ledger(resolve().ledger_url).models()) == 2


def test_with_no_strategy_that_applies_the_reasons_are_their_refusals(
    workload: Workload, add_strategy: AddStrategy, out: Path
) -> None:
    never = Verdict(applies=False, reason="this is not its day")
    idle = add_strategy("idle", lambda plan, given: plan, check=lambda *_: never)

    study = greenwright.optimize(workload, limits=only(idle), out=out)

    assert study.record.outcome is Outcome.KEEP
    assert study.record.trials == ()
    assert "Do idle: this is not its day" in study.record.reasons


# --- what breaks in a strategy is a row ---


class OutsideError(Exception):
    """What no library of ours raises."""


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("shapes do not fit\nand a long tale"),
        OutsideError("odd"),
        AssertionError(),
        ZeroDivisionError("division by zero"),
        FileNotFoundError(2, "No such file", "table.bin"),
        PermissionError(13, "Permission denied", "/proc/1/mem"),
        ImportError("no module of that name"),
        MemoryError(),
        StopIteration(),
        NotApplicableError("on second thoughts, no"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_strategy_that_raises_anything_is_a_row_with_its_reason(
    workload: Workload, add_strategy: AddStrategy, shrinking: str, out: Path, error: Exception
) -> None:
    def break_down(plan: Any, given: Any) -> Any:
        raise error

    broken = add_strategy("broken", break_down)

    study = greenwright.optimize(workload, limits=only(broken, shrinking), out=out)

    row = next(trial for trial in study.record.trials if trial.recipe[0].strategy == "broken")
    assert row.state is TrialState.FAILED
    assert row.reason == (
        "on second thoughts, no"
        if isinstance(error, NotApplicableError)
        else f"{type(error).__name__}: {str(error).splitlines()[0]}"
        if str(error)
        else type(error).__name__
    )
    assert row.apply_j is not None
    assert study.best is not None
    assert study.best.recipe[0].strategy == "shrink"


def test_a_candidate_that_answers_nan_is_a_row(workload: Workload, add_strategy: AddStrategy, out: Path) -> None:
    class Nan(nn.Module):
        def forward(self, inputs: Any) -> Any:
            return inputs[:, :10] * float("nan")

    study = greenwright.optimize(
        workload, limits=only(add_strategy("nan", lambda plan, given: replace(plan, model=Nan()))), out=out
    )

    (row,) = study.record.trials
    assert row.state is TrialState.FAILED
    assert row.reason == "the model answers NaN or infinity for 1 of 1 examples of the validation set"


def test_a_candidate_that_breaks_only_on_the_test_set_is_a_row(
    workload: Workload, add_strategy: AddStrategy, small: nn.Module, digits: Any, out: Path
) -> None:
    class Brittle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.small = small
            self.fatal = torch.tensor(digits.test[0][17])

        def forward(self, inputs: Any) -> Any:
            return self.small(inputs) * (float("nan") if (inputs == self.fatal).all(dim=1).any() else 1.0)

    brittle = add_strategy("brittle", lambda plan, given: replace(plan, model=Brittle()))

    study = greenwright.optimize(workload, limits=only(brittle), out=out)

    assert study.record.outcome is Outcome.KEEP
    (row,) = study.record.trials
    assert row.state is TrialState.MEASURED
    assert row.reason.startswith(
        "on the test set it broke: the model answers NaN or infinity for 1 of 1 examples of the test set"
    )


def test_a_strategy_whose_check_breaks_declines(
    workload: Workload, add_strategy: AddStrategy, shrinking: str, out: Path
) -> None:
    def check(plan: Any, machine: Any) -> Verdict:
        raise OutsideError("no idea")

    odd = add_strategy("odd", lambda plan, given: plan, check=check)

    study = greenwright.optimize(workload, limits=only(odd, shrinking), out=out)

    offer = next(offer for offer in study.record.offers if offer.strategy == "odd")
    assert (offer.applies, offer.reason) == (False, "its check broke: OutsideError: no idea")
    assert study.best is not None


# --- what cannot be used is refused, and leaves nothing behind ---


class Brittle(nn.Module):
    def __init__(self, answer: Callable[[Any], Any]) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, inputs: Any) -> Any:
        return self.answer(inputs)


def raising(inputs: Any) -> Any:
    raise ValueError("mat1 and mat2 shapes cannot be multiplied")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"model": Brittle(raising)},
            r"the model fails on batch 0 of the test set \(input \(1, 64\) float32\): ValueError: mat1 and mat2",
        ),
        ({"model": Brittle(lambda inputs: inputs[:, :10] * float("nan"))}, "answers NaN or infinity for 1 of 1 examples"),
        ({"model": Brittle(lambda inputs: inputs.sum())}, r"must answer one row an example: .* an array of shape \(\)"),
        ({"model": Brittle(lambda inputs: inputs[0])}, r"for 1 examples .* answers an array of shape \(64,\)"),
        ({"model": Brittle(lambda inputs: None)}, "the model fails on batch 0 of the test set"),
        ({"model": "nowhere.onnx"}, r"there is no model at nowhere\.onnx"),
        ({"model": 3}, "the model is a int: hand over an nn.Module"),
        ({"quality": "acuracy"}, "no quality is called 'acuracy'"),
        ({"quality": lambda outputs, targets: None}, "must return one number, it returned None"),
        ({"quality": lambda outputs, targets: outputs["logits"]}, "the quality function '<lambda>' failed: IndexError"),
        ({"validation": []}, "the validation set is empty"),
        ({"validation": [1, 2, 3]}, "an example must be"),
        ({"test": [(np.zeros(63, dtype=np.float32), 0)]}, r"fails on batch 0 of the test set \(input \(1, 63\) float32\)"),
        ({"group_size": 7}, "the validation set has 400 examples, no multiple of group_size 7"),
    ],
)
def test_a_workload_that_cannot_be_used_is_refused_and_leaves_nothing(
    workload: Workload, shrinking: str, out: Path, changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadInputError, match=said):
        greenwright.optimize(replace(workload, **changed), limits=LIMITS, out=out)

    assert not out.exists()


def test_a_refusal_leaves_an_earlier_study_s_results_alone(workload: Workload, shrinking: str, out: Path) -> None:
    greenwright.optimize(workload, limits=LIMITS, out=out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    with pytest.raises(BadInputError):
        greenwright.optimize(replace(workload, quality="nonsense"), limits=LIMITS, out=out)

    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_an_unknown_strategy_is_refused_with_those_there_are(workload: Workload, out: Path) -> None:
    with pytest.raises(BadInputError, match="no strategy is called 'shrnk'; there are structured-channels, "):
        greenwright.optimize(workload, limits=only("shrnk"), out=out)

    assert not out.exists()


def test_a_file_where_the_folder_should_be_is_refused(workload: Workload, shrinking: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")

    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(BadInputError, match=r"is a file, not a folder: choose another folder with --out"):
            greenwright.optimize(workload, limits=LIMITS, out=out)

    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_may_not_be_written_is_named(workload: Workload, shrinking: str, out: Path) -> None:
    # Root may write anywhere but to a file system that is read-only, as /proc is in effect.
    with pytest.raises((CannotHereError, BadInputError), match="/proc/greenwright"):
        greenwright.optimize(workload, limits=LIMITS, out="/proc/greenwright")


@pytest.mark.slow
def test_back_ends_are_compared_and_the_model_runs_in_the_one_that_won(workload: Workload, out: Path, digits: Any) -> None:
    pytest.importorskip("nncf")
    study = greenwright.optimize(workload, limits=only("openvino", "nncf-int8"), out=out)

    tried = {trial.recipe[0].strategy for trial in study.record.trials if trial.figures}
    assert tried == {"openvino", "nncf-int8"}
    assert study.model_path == out / "model.onnx"
    assert study.certificate is not None
    assert study.certificate.inference.runtime == "openvino"
    assert "Runs in</dt><dd>OpenVINO, 1 thread" in (out / "report.html").read_text(encoding="utf-8")
    told = {"input": digits.test[0]}
    exec(study.record.load_snippet.replace("model.onnx", str(study.model_path)), told)  # noqa: S102  what the page tells people to run
    assert (told["output"].argmax(1) == digits.test[1]).mean() == pytest.approx(study.certificate.quality.candidate)
