"""A quality proof in words, and as places on a line."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from greenwright.report import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from greenwright.records.study import QualityProof


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Where the parts of a proof stand on a line, in percent of its width."""

    zero: float
    low: float
    value: float
    high: float
    limit: float


def scales(proofs: Sequence[QualityProof]) -> list[Scale | None]:
    """Places on one line that holds zero, every interval and every limit; None where a number is missing."""
    marks = [(0.0, proof.drop.low, proof.drop.value, proof.drop.high, proof.max_drop) for proof in proofs]
    known = [mark for each in marks if all(map(isfinite, each)) for mark in each]
    if not known or max(known) == min(known):
        return [None] * len(proofs)
    room = 0.1 * (max(known) - min(known))
    start, width = min(known) - room, max(known) - min(known) + 2 * room
    return [_scale(each, start, width) if all(map(isfinite, each)) else None for each in marks]


def bound_text(proof: QualityProof) -> str:
    """``"at most 0.79 points lost; 1 point is allowed"``."""
    limit = words.drop_text(proof.max_drop, proof.metric)
    if proof.drop.high <= 0:
        return f"at least {words.drop_text(-proof.drop.high, proof.metric)} gained; {limit} of loss is allowed"
    return f"at most {words.drop_text(proof.drop.high, proof.metric)} lost; {limit} is allowed"


def lost_text(drop: float, metric: str) -> str:
    """``"0.3 points lost"``, ``"0.1 points gained"`` or "the same"."""
    said = words.drop_text(abs(drop), metric)
    if said == words.NOT_MEASURED:
        return said
    return "the same" if said in {"0", "0 points"} else f"{said} {'lost' if drop > 0 else 'gained'}"


def _scale(marks: Sequence[float], start: float, width: float) -> Scale:
    zero, low, value, high, limit = (round(100 * (mark - start) / width, 2) for mark in marks)
    return Scale(zero=zero, low=low, value=value, high=high, limit=limit)
