"""Let a decoder speak: read a prompt at once (prefill), then say one token after another (decode).

Keys and values of what was seen are kept, so that each step reads one token only. The likeliest token is always the next, and no token
ends the text: what is compared must do the same number of steps.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from greenwright.batches import CACHE, KEPT, Inputs, completed, fed, named
from greenwright.errors import BadInputError

PRESENT = "present"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Where a text has got to: its newest tokens, and what was seen before them."""

    tokens: Any
    """``(batch, 1)``, the next to be read."""
    cache: Any
    seen_count: int
    """Tokens in the cache."""


class Decoder(Protocol):
    """A loaded decoder. ``prefill`` and ``step`` are measured, because serving repeats them."""

    def prepare(self, prompt: Inputs) -> Any:
        """Bring one batch of prompts, all of one length, into the runtime's own form."""

    def prefill(self, prepared: Any) -> Reached:
        """Read the prompts, and name the first new token of each."""

    def step(self, reached: Reached) -> Reached:
        """Read the newest token of each text, and name the next."""

    def again(self, reached: Reached) -> Reached:
        """The same place, once more, after steps were made from it."""

    def cache_bytes(self, reached: Reached) -> int:
        """What the cache holds."""


def spoken(decoder: Decoder, prompt: Inputs, token_count: int) -> np.ndarray[Any, Any]:
    """The new tokens of each text ``(batch, token_count)``."""
    reached = decoder.prefill(decoder.prepare(prompt))
    tokens = [np.asarray(reached.tokens)]
    for _ in range(token_count - 1):
        reached = decoder.step(reached)
        tokens.append(np.asarray(reached.tokens))
    return np.concatenate(tokens, axis=1)


def cached_module(module: Any) -> Any:
    """The module itself, or the one inside a wrapper, that takes and returns a cache as Hugging Face's decoders do.

    Raises:
        BadInputError: neither takes ``past_key_values``.
    """
    for candidate in (module, getattr(module, "module", None)):
        if candidate is not None and CACHE in parameters(candidate):
            return candidate
    raise BadInputError(
        f"{type(module).__name__} takes no past_key_values: to generate, a decoder takes and returns its cache as Hugging Face's do"
    )


def parameters(module: Any) -> set[str]:
    """Names of what its ``forward`` takes."""
    return set(inspect.signature(module.forward).parameters)


def cache_of(outputs: Any) -> Any:
    """The cache in what a decoder answered: by name, or the second of a tuple.

    Raises:
        BadInputError: there is none.
    """
    found = outputs.get(CACHE) if isinstance(outputs, Mapping) else getattr(outputs, CACHE, None)
    if found is None and isinstance(outputs, tuple) and not hasattr(outputs, "_fields") and len(outputs) > 1:
        found = outputs[1]
    if found is None:
        raise BadInputError("the decoder returned no past_key_values, although it was asked to with use_cache=True")
    return found


def pairs_of(cache: Any) -> list[tuple[Any, Any]]:
    """Keys and values of every layer."""
    layers = getattr(cache, "layers", None)
    return [(layer.keys, layer.values) for layer in layers] if layers is not None else [(pair[0], pair[1]) for pair in cache]


def like(cache: Any, pairs: list[tuple[Any, Any]]) -> Any:
    """A cache of the same kind that holds ``pairs``."""
    return type(cache)(pairs) if hasattr(cache, "layers") else tuple(pairs)


class ModuleDecoder:
    """A PyTorch module that takes and returns its cache."""

    def __init__(self, module: Any, prepare: Callable[[Inputs], Inputs]) -> None:
        self.module = cached_module(module)
        self.prepare = prepare
        # Serving needs no answer for the prompt's own words: where a decoder can leave them out, it does, as generate() would.
        self.last_only = {"logits_to_keep": 1} if "logits_to_keep" in parameters(self.module) else {}

    def prefill(self, prepared: Inputs) -> Reached:
        """Read the prompts."""
        words = next(iter(named(prepared).values()))
        return self._reached(prepared, None, words.shape[1])

    def step(self, reached: Reached) -> Reached:
        """Read one token of each text."""
        return self._reached(reached.tokens, reached.cache, reached.seen_count + 1)

    def _reached(self, inputs: Inputs, cache: Any, seen_count: int) -> Reached:
        import torch

        keywords = {CACHE: cache, "use_cache": True, **self.last_only}
        with torch.inference_mode():
            # Positions follow from the cache, and prompts of one length need no mask after it.
            if isinstance(inputs, Mapping):
                outputs = self.module(**inputs, **keywords)
            else:
                outputs = self.module(*(inputs if isinstance(inputs, tuple) else (inputs,)), **keywords)
            tokens = logits_of(outputs)[:, -1].argmax(-1, keepdim=True)
        return Reached(tokens=tokens, cache=cache_of(outputs), seen_count=seen_count)

    def again(self, reached: Reached) -> Reached:
        """The cache grew in place: what came after is cut off, or, where that cannot be done, never touched."""
        layers = getattr(reached.cache, "layers", None)
        if layers is None:
            return reached
        if all(getattr(layer, "is_croppable", False) for layer in layers):
            grown = reached.cache.get_seq_length() - reached.seen_count
            if grown > 0:
                reached.cache.crop(-grown)
            return reached
        return Reached(tokens=reached.tokens, cache=copy.deepcopy(reached.cache), seen_count=reached.seen_count)

    def cache_bytes(self, reached: Reached) -> int:
        """Of all layers' keys and values."""
        return sum(one.numel() * one.element_size() for pair in pairs_of(reached.cache) for one in pair)


def logits_of(outputs: Any) -> Any:
    """Scores of every word ``(batch, positions, words)``."""
    if isinstance(outputs, Mapping):
        return outputs["logits"]
    return outputs[0] if isinstance(outputs, tuple) else outputs.logits


class GraphDecoder:
    """A graph with its cache as inputs and outputs, in any runtime that feeds inputs by name and returns all outputs by name."""

    def __init__(
        self,
        shapes: Mapping[str, Any],
        types: Mapping[str, Any],
        outputs: list[str],
        infer: Callable[[dict[str, Any]], dict[str, Any]],
        *,
        numpy_of: Callable[[Any], Any] = np.asarray,
    ) -> None:
        self.shapes, self.types, self.infer, self.numpy_of = shapes, types, infer, numpy_of
        self.cached = [name for name in shapes if name.startswith(CACHE)]
        presents = [name for name in outputs if name.startswith(PRESENT)]
        if not self.cached or len(self.cached) != len(presents):
            raise BadInputError(
                "the ONNX file keeps no cache: to generate, it needs inputs past_key_values.0.key … and outputs present.0.key …"
            )
        self.logits = next(name for name in outputs if name not in presents)
        self.presents = dict(zip(self.cached, presents, strict=True))
        self.words = next(name for name in shapes if name not in self.cached and name != KEPT)

    def prepare(self, prompt: Inputs) -> dict[str, Any]:
        """Nothing seen yet, and only the last position answered for."""
        arrays = fed(completed(prompt, self.shapes), list(self.shapes))
        if KEPT in arrays:
            arrays[KEPT] = arrays[KEPT][-1:]
        return {name: np.ascontiguousarray(array, dtype=self.types[name]) for name, array in arrays.items()}

    def prefill(self, prepared: dict[str, Any]) -> Reached:
        """Read the prompts."""
        return self._reached(prepared, prepared[self.words].shape[1])

    def step(self, reached: Reached) -> Reached:
        """Read one token of each text."""
        batch, seen_count = len(reached.tokens), reached.seen_count
        feed = {self.words: reached.tokens, **reached.cache}
        if "attention_mask" in self.shapes:
            feed["attention_mask"] = np.ones((batch, seen_count + 1), dtype=self.types["attention_mask"])
        if "position_ids" in self.shapes:
            feed["position_ids"] = np.full((batch, 1), seen_count, dtype=self.types["position_ids"])
        if KEPT in self.shapes:
            feed[KEPT] = np.zeros(1, dtype=self.types[KEPT])
        return self._reached(feed, seen_count + 1)

    def _reached(self, feed: dict[str, Any], seen_count: int) -> Reached:
        found = self.infer(feed)
        tokens = self.numpy_of(found[self.logits])[:, -1].argmax(-1)[:, None].astype(self.types[self.words])
        cache = {past: found[present] for past, present in self.presents.items()}
        return Reached(tokens=tokens, cache=cache, seen_count=seen_count)

    def again(self, reached: Reached) -> Reached:
        """Nothing was changed in place."""
        return reached

    def cache_bytes(self, reached: Reached) -> int:
        """Of all layers' keys and values."""
        return sum(self.numpy_of(one).nbytes for one in reached.cache.values())
