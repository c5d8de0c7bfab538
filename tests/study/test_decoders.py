"""What a decoder's tokens cost, as it is and run otherwise; and a study whose unit is a generated token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import greenwright
from greenwright import BadInputError, Generation, Limits, Workload
from greenwright.records.models import OnnxModel
from greenwright.records.study import Outcome
from greenwright.study.workbench import open_workbench
from greenwright.testing import zoo

pytestmark = pytest.mark.usefixtures("hurry")
SHORT: Any = {"prompt_tokens": 12, "new_tokens": 4}


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("greenwright.study.generation.TIMED_TEXTS", 2)


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from greenwright.deploy.export_decoder import decoder_to_onnx

    return decoder_to_onnx(zoo.decoder(), zoo.word_rows(2, 7), tmp_path_factory.mktemp("graph") / "decoder.onnx").path


def test_every_way_is_measured_in_turn_or_says_why_not(graph: Path) -> None:
    said: list[str] = []

    found = greenwright.generation(
        graph, words=zoo.word_rows(6, 12), ways=[("dynamic-int8", {}), ("weights-only", {"bits": 4})], say=said.append, **SHORT
    )

    as_it_is, integers, packed = found.rows
    assert as_it_is.generated is not None
    assert integers.generated is not None
    for phase in (integers.generated.prefill, integers.generated.decode):
        assert phase.energy_j.low <= phase.energy_j.value <= phase.energy_j.high
        assert phase.energy_ratio.low <= phase.energy_ratio.value <= phase.energy_ratio.high
    assert integers.generated.cache_bytes == 2 * (12 + 3) * zoo.WIDTH * 4
    assert integers.size_bytes < as_it_is.size_bytes
    assert as_it_is.quality == pytest.approx(integers.quality, rel=0.05)
    assert packed.generated is None
    assert "stay in the processor's caches" in packed.reason
    assert len(said) == 3


def test_random_words_judge_no_quality(graph: Path) -> None:
    found = greenwright.generation(graph, ways=[], **SHORT)

    assert found.rows[0].quality is None
    assert found.rows[0].energy_j is not None


def test_a_way_that_does_not_exist_is_refused(graph: Path) -> None:
    with pytest.raises(BadInputError, match="no strategy is called 'magic'"):
        greenwright.generation(graph, ways=[("magic", {})], **SHORT)


@pytest.mark.parametrize(
    "words", [np.ones((1, 9), dtype=int), np.ones((3, 9)), np.ones(9, dtype=int)], ids=["one", "real", "flat"]
)
def test_words_that_are_none_are_refused(graph: Path, words: Any) -> None:
    with pytest.raises(BadInputError, match="words must be token ids"):
        greenwright.generation(graph, words=words, **SHORT)


def test_a_model_that_keeps_no_cache_is_refused() -> None:
    with pytest.raises(BadInputError, match="takes no past_key_values"):
        greenwright.generation(zoo.gru(), words=zoo.word_rows(4, 9), **SHORT)


def test_a_study_proves_what_a_token_costs_and_its_file_goes_on_from_a_cache(tmp_path: Path) -> None:
    rows = zoo.word_rows(48, 20)
    workload = Workload(
        name="decoder",
        model=zoo.decoder(),
        validation=(rows[:24, :-1], rows[:24, 1:]),
        test=(rows[24:, :-1], rows[24:, 1:]),
        quality="perplexity",
        generate=Generation(**SHORT),
    )

    study = greenwright.optimize(
        workload, limits=Limits(max_drop=5, strategies=("onnx-runtime",)), out=tmp_path / "out", say=lambda _: None
    )

    assert study.record.outcome is Outcome.SAVES, study.record.verdict
    assert study.certificate is not None
    assert study.certificate.unit == "1 generated token"
    before, after = study.certificate.baseline.generated, study.certificate.candidate.generated
    assert before is not None
    assert after is not None
    assert after.decode.energy_ratio.high < 1
    assert after.decode.energy_j.value < before.decode.energy_j.value
    assert any("per token read" in line for line in study.certificate.proves)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Energy per token said after the first, of 4" in page
    told: dict[str, Any] = {"input_ids": rows[:1, :8]}
    snippet = study.record.load_snippet
    exec(snippet.replace("model.onnx", str(study.model_path)), told)  # noqa: S102  what the page tells people to run
    assert told["logits"].shape == (1, 1, zoo.SYMBOL_COUNT)
    assert {name: one.shape[2] for name, one in told["cache"].items()} == {
        f"past_key_values.0.{k}": 8 for k in ("key", "value")
    }
    assert isinstance(study.model_path, Path)
    assert greenwright.generation(OnnxModel(path=study.model_path), ways=[], **SHORT).rows[0].size_bytes > 0


def test_a_decoder_is_exported_with_its_cache_whatever_a_strategy_would_rather_have(tmp_path: Path) -> None:
    rows = zoo.word_rows(8, 12)
    sets: Any = {"validation": (rows, rows), "test": (rows[:4], rows[:4]), "quality": "perplexity"}
    generating, judging = (
        open_workbench(Workload(model=zoo.decoder(), **sets, generate=asked), Limits(), tmp_path, None)
        for asked in (Generation(**SHORT), None)
    )

    assert generating.given({}, tmp_path / "one").to_attending_onnx is None
    assert judging.given({}, tmp_path / "other").to_attending_onnx is not None
