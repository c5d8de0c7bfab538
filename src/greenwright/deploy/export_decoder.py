"""Write a decoder to an ONNX file with its cache as inputs and outputs: one graph reads a prompt, and goes on from what it has seen.

Inputs are those of the workload, ``past_key_values.N.key`` and ``.value`` ``(batch, heads, seen, width)``, and ``kept_positions``: which
positions are answered for. Outputs are ``logits`` and ``present.N.key`` and ``.value``. The names are those that others use, too.
"""

from __future__ import annotations

import copy
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from greenwright.batches import CACHE, KEPT, Inputs, each, named
from greenwright.deploy import decoding
from greenwright.deploy.export import TOLERANCE, headline, quiet
from greenwright.deploy.runtimes import onnx_runtime
from greenwright.errors import BadInputError
from greenwright.records.models import Inference, OnnxModel

SEEN_COUNT = 4
"""Tokens in the cache that the exporter is shown; any number but 1 and 0, which it would take for fixed."""
CHECKED_STEPS = 3


class Cached(torch.nn.Module):
    """A decoder whose cache is a flat list of tensors, in and out."""

    def __init__(self, module: Any, cache: Any) -> None:
        super().__init__()
        self.module, self.cache = module, cache
        self.keeps = "logits_to_keep" in decoding.parameters(module)

    def forward(self, inputs: Any, kept: torch.Tensor | None, past: list[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        """Logits of the kept positions, and the cache grown by the inputs."""
        pairs = list(zip(past[::2], past[1::2], strict=True))
        keywords = {CACHE: decoding.like(self.cache, pairs), "use_cache": True}
        if kept is not None:
            keywords["logits_to_keep"] = kept
        if isinstance(inputs, dict):
            outputs = self.module(**inputs, **keywords)
        else:
            outputs = self.module(*(inputs if isinstance(inputs, tuple) else (inputs,)), **keywords)
        grown = [one for pair in decoding.pairs_of(decoding.cache_of(outputs)) for one in pair]
        return (decoding.logits_of(outputs), *grown)


def decoder_to_onnx(module: Any, sample: Inputs, path: Path) -> OnnxModel:
    """Export a decoder, and check that the file says the same tokens.

    Args:
        module: stays as it is; a copy in evaluation mode is exported.
        sample: one batch of at least two examples of at least two tokens.
        path: the file to write.

    Raises:
        BadInputError: the module takes no cache, PyTorch cannot export it, or the file says other tokens.
    """
    module = copy.deepcopy(decoding.cached_module(module)).eval().float()
    inputs = each(torch.as_tensor, sample)
    with warnings.catch_warnings(), torch.inference_mode(), quiet():
        warnings.simplefilter("ignore")
        cached, arguments, shapes = traced(module, inputs)
        pairs = range(len(arguments[2]) // 2)
        names = [f"{layer}.{kind}" for layer in pairs for kind in ("key", "value")]
        try:
            torch.onnx.export(
                cached,
                arguments,
                str(path),
                input_names=[
                    *_graph_names(inputs),
                    *([KEPT] if cached.keeps else []),
                    *(f"{CACHE}.{name}" for name in names),
                ],
                output_names=["logits", *(f"{decoding.PRESENT}.{name}" for name in names)],
                dynamic_shapes=shapes,
                dynamo=True,
                external_data=False,
                verbose=False,
            )
        except Exception as error:  # the exporter's errors share no useful base class
            raise BadInputError(
                f"PyTorch cannot export {type(module).__name__} with its cache to ONNX: {headline(error)}"
            ) from error
    model = OnnxModel(path=path)
    _check(module, sample, model)
    return model


def decoder_program(module: Any, sample: Inputs) -> Any:
    """The same graph as a ``torch.export`` program, in the module's own precision.

    Raises:
        BadInputError: the module takes no cache, or PyTorch cannot export it.
    """
    module = copy.deepcopy(decoding.cached_module(module)).eval()
    with warnings.catch_warnings(), torch.inference_mode(), quiet():
        warnings.simplefilter("ignore")
        cached, arguments, shapes = traced(module, each(torch.as_tensor, sample))
        try:
            return torch.export.export(cached, arguments, dynamic_shapes=_dynamic(shapes))
        except Exception as error:  # likewise
            raise BadInputError(f"PyTorch cannot export {type(module).__name__} with its cache: {headline(error)}") from error


def _dynamic(axes: Any) -> Any:
    """Free axes as ``torch.export`` writes them."""
    if isinstance(axes, dict):
        return {key: torch.export.Dim.DYNAMIC if isinstance(value, str) else _dynamic(value) for key, value in axes.items()}
    return type(axes)(map(_dynamic, axes)) if isinstance(axes, tuple | list) else axes


def traced(module: Any, inputs: Inputs) -> tuple[Cached, tuple[Any, ...], tuple[Any, ...]]:
    """The module with a flat cache, what to show an exporter, and which axes are free."""
    words = next(iter(named(inputs).values()))
    keywords = {CACHE: None, "use_cache": True}
    outputs = module(**inputs, **keywords) if isinstance(inputs, dict) else module(words, **keywords)
    cache = decoding.cache_of(outputs)
    cached = Cached(module, decoding.like(cache, []))
    past = [
        torch.zeros(one.shape[0], one.shape[1], SEEN_COUNT, one.shape[3], dtype=one.dtype)
        for pair in decoding.pairs_of(cache)
        for one in pair
    ]
    whole = each(lambda array: array, inputs)
    if isinstance(whole, dict) and "attention_mask" in whole:
        whole["attention_mask"] = torch.ones(words.shape[0], words.shape[1] + SEEN_COUNT, dtype=whole["attention_mask"].dtype)
    free = {name: {0: "batch", 1: "whole_length" if name == "attention_mask" else "length"} for name in named(whole)}
    axes: Any = free if isinstance(whole, dict) else tuple(free.values()) if isinstance(whole, tuple) else free["input"]
    kept = torch.arange(words.shape[1]) if cached.keeps else None
    return (
        cached,
        (whole, kept, past),
        (axes, {0: "kept"} if cached.keeps else None, [{0: "batch", 2: "seen"} for _ in past]),
    )


def _graph_names(inputs: Inputs) -> list[str]:
    names = list(named(inputs))
    return ["input_ids" if name == "input" else name for name in names]


def _check(module: Any, sample: Inputs, model: OnnxModel) -> None:
    """The same logits over a batch, and the same tokens spoken after it, or ties that rounding may decide either way."""
    session = onnx_runtime.load(model, Inference(runtime="onnxruntime"))
    tensors = each(torch.as_tensor, sample)
    with torch.inference_mode():
        expected = decoding.logits_of(module(**tensors) if isinstance(tensors, dict) else module(tensors)).float().numpy()
    answered = session.answer(session.run(session.prepare(sample)))
    gap = _gap(answered, expected)
    theirs, ours = session.decoder(), decoding.ModuleDecoder(module, lambda given: each(torch.as_tensor, given))
    words = np.asarray(next(iter(named(sample).values())))
    there = theirs.prefill(theirs.prepare(sample))
    text = [words]
    for _ in range(CHECKED_STEPS):
        text.append(np.asarray(there.tokens))
        there = theirs.step(there)
    whole = np.concatenate(text, axis=1)
    with torch.inference_mode():
        reached = ours.module(torch.as_tensor(whole))
    scores = decoding.logits_of(reached)[:, -1].float().numpy()
    chosen = np.take_along_axis(scores, there.tokens.astype(np.int64), axis=1)[:, 0]
    gap = max(gap, float((scores.max(axis=1) - chosen).max() / (np.abs(scores).max() + 1e-12)))
    if not gap <= TOLERANCE:
        raise BadInputError(
            f"the exported {type(module).__name__} answers differently from PyTorch with a cache: {gap:.1%} off at worst"
        )


def _gap(answered: Any, expected: Any) -> float:
    return float(np.abs(answered - expected).max() / (np.abs(expected).max() + 1e-12))
