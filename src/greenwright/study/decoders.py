"""Ask what a decoder's tokens cost, as it is and run otherwise: the measurement of a study, without its search and its proof."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from greenwright import registry
from greenwright.errors import BadInputError, CannotHereError
from greenwright.machine import this_machine
from greenwright.records.generation import DecoderComparison, DecoderFigures
from greenwright.records.models import OnnxModel
from greenwright.strategies.contract import Choices, defaults
from greenwright.study.generation import FEWEST_TOKENS, Generation
from greenwright.study.limits import Limits
from greenwright.study.trials import Ingredient, cook, refuse_full_disk, why_broken
from greenwright.study.verdicts import model_text
from greenwright.study.workbench import Judged, Workbench, open_workbench
from greenwright.study.workload import Workload, model_of

WAYS: tuple[tuple[str, Choices], ...] = (
    ("half-precision", {}),
    ("onnx-runtime", {}),
    ("dynamic-int8", {}),
    ("weights-only", {"bits": 8}),
    ("weights-only", {"bits": 4}),
    ("torchao-bits", {}),
    ("openvino", {}),
)
"""Strategies that need no data, each with the choices to make."""
AS_IT_IS = "as it is"
ROW_LENGTH, ROW_COUNT = 33, 2
"""Of random words, where none are handed over."""
KNOWN_WORDS = 100
"""Every decoder knows as many, whether or not it says how many it knows."""


def generation(  # noqa: PLR0913  by name, all with defaults
    model: Any,
    *,
    prompt_tokens: int = 128,
    new_tokens: int = 32,
    batch: int = 1,
    words: Any = None,
    ways: Sequence[tuple[str, Choices]] = WAYS,
    thread_count: int = 1,
    seed: int = 0,
    say: Callable[[str], None] | None = None,
) -> DecoderComparison:
    """Joules per prompt token in prefill and per new token in decode, of a decoder as it is and run in other ways.

    Each way is measured in turn with the decoder as it is. Nothing is proven about its quality: that takes ``optimize``, with data.

    Args:
        model: a decoder with a cache: a Hugging Face folder, a PyTorch module, or an ONNX file.
        prompt_tokens: of each prompt.
        new_tokens: said of each text.
        batch: texts at a time.
        words: token ids ``(texts, tokens)`` of real text, for prompts and perplexity; random ones, and no perplexity, if None.
        ways: strategies by id, with the choices to make; each that applies is measured, and the others say why not.
        thread_count: threads a call may use.
        seed: of the random words.
        say: called with a line of progress now and then.

    Raises:
        BadInputError: the model cannot be loaded, keeps no cache, or a number makes no sense.
    """
    say = say or (lambda _: None)
    known = registry.members("strategies")
    if unknown := [strategy for strategy, _ in ways if strategy not in known]:
        raise BadInputError(f"no strategy is called {unknown[0]!r}; there are {', '.join(known)}")
    loaded = model_of(model)
    asked = Generation(prompt_tokens=prompt_tokens, new_tokens=new_tokens)
    rows = _rows(loaded, words, seed)
    with tempfile.TemporaryDirectory(prefix="greenwright-", ignore_cleanup_errors=True) as folder:
        workload = Workload(
            model=loaded,
            validation=(rows[:, :-1], rows[:, 1:]),
            test=(rows[:1, :-1], rows[:1, 1:]),
            quality="perplexity",
            generate=asked,
        )
        limits = Limits(batch=batch, thread_count=thread_count, seed=seed)
        bench = open_workbench(workload, limits, Path(folder), None)
        say("measuring the decoder as it is")
        found = [_measured(bench, bench.baseline, AS_IT_IS, "", {}, judges=words is not None)]
        for strategy, choices in ways:
            found.append(_way(bench, strategy, choices, judges=words is not None))
            say(f"{found[-1].title}: {found[-1].reason or 'measured'}")
        return DecoderComparison(
            model=model_text(loaded),
            machine=this_machine(),
            thread_count=thread_count,
            prompt_tokens=prompt_tokens,
            new_tokens=new_tokens,
            batch=batch,
            rows=tuple(found),
        )


def _rows(model: Any, words: Any, seed: int) -> Any:
    """Rows of words, two texts or more."""
    import numpy as np

    if words is None:
        return np.random.default_rng(seed).integers(0, _word_count(model), (ROW_COUNT, ROW_LENGTH))
    rows = np.asarray(words)
    if rows.ndim != 2 or rows.shape[0] < 2 or rows.shape[1] <= FEWEST_TOKENS or rows.dtype.kind not in "iu":  # noqa: PLR2004
        raise BadInputError(f"words must be token ids (2 texts or more, 3 tokens or more), got {rows.dtype} {rows.shape}")
    return rows


def _word_count(model: Any) -> int:
    """How many words a decoder knows; where it does not say, those that every one knows."""
    if isinstance(model, OnnxModel):
        return KNOWN_WORDS
    for holder in (getattr(model, "config", None), model):
        count = getattr(holder, "vocab_size", None)
        if isinstance(count, int):
            return count
    return KNOWN_WORDS


def _way(bench: Workbench, strategy: str, choices: Choices, *, judges: bool) -> DecoderFigures:
    """One strategy applied and measured, or the reason why not."""
    try:
        module = registry.load("strategies", strategy)
    except ImportError as error:
        return DecoderFigures(title=strategy, strategy=strategy, reason=f"it needs {error.name}, which is not installed")
    meta = module.META
    told = defaults(meta) | choices
    refused = bench.refuse(meta)
    verdict = module.check(bench.plan, this_machine())
    if refused or not verdict.applies:
        return DecoderFigures(title=meta.title, strategy=strategy, choices=told, reason=refused or verdict.reason)
    try:
        judged = bench.judge(cook(bench, (Ingredient(strategy=strategy, choices=told),)))
        return _measured(bench, judged, meta.title, strategy, told, judges=judges)
    except CannotHereError:
        raise
    except Exception as error:  # noqa: BLE001  a strategy's libraries raise as they like
        refuse_full_disk(bench.folder, error)
        return DecoderFigures(title=meta.title, strategy=strategy, choices=told, reason=why_broken(error))


def _measured(  # noqa: PLR0913  what a row holds
    bench: Workbench, judged: Judged, title: str, strategy: str, choices: Choices, *, judges: bool
) -> DecoderFigures:
    compared = bench.compare(judged)
    return DecoderFigures(
        title=title,
        strategy=strategy,
        choices=choices,
        energy_j=compared.candidate_energy_j,
        energy_ratio=compared.ratio,
        generated=bench.generated(judged),
        size_bytes=judged.runner.size_bytes,
        quality=judged.quality if judges else None,
    )
