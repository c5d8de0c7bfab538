"""Which models are alike enough for the study of one to say something about another."""

from __future__ import annotations

from typing import Any

from greenwright.records.models import OnnxModel
from greenwright.records.predictions import Family
from greenwright.strategies import layers

DECODER, TRANSFORMER, CONVOLUTIONAL, RECURRENT, DENSE = "decoder", "transformer", "convolutional", "recurrent", "dense"
MOST_SHARE, SOME_SHARE = 0.5, 0.2
"""Of the multiplied weights: convolutions that hold most of them make a network convolutional, recurrent layers some of them."""


def family_of(model: Any, runtime: str, *, generates: bool) -> Family:
    """What a model is, by where its weights stand and how it is used."""
    counts = layers.weight_counts(model)
    if generates:
        kind = DECODER
    elif layers.share(counts, layers.CONVOLUTION) >= MOST_SHARE:
        kind = CONVOLUTIONAL
    elif layers.share(counts, layers.RECURRENT) >= SOME_SHARE:
        kind = RECURRENT
    else:
        kind = TRANSFORMER if _attends(model) else DENSE
    return Family(kind=kind, weight_count=counts.total(), runtime=runtime)


def _attends(model: Any) -> bool:
    if isinstance(model, OnnxModel):
        found = layers.operators(model)
        return bool(found["Softmax"] or found["Attention"]) and bool(found["MatMul"])
    return any("attention" in type(layer).__name__.lower() for layer in model.modules())
