"""Numbers that can be doubted: a value with a low and a high, and how it got them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How a number got its value, from the most to the least trustworthy."""

    COUNTER = "counter"
    SAMPLED = "sampled"
    MODELLED = "modelled"
    ASSUMED = "assumed"


def weakest(grades: Iterable[Grade]) -> Grade:
    """A total is as good as its weakest part."""
    order = list(Grade)
    return max(grades, key=order.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number that can be doubted. Its unit stands in the name of the field that holds it."""

    value: float
    low: float
    high: float
    grade: Grade
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate from repeated measurements, with the confidence (0…1) that the true value lies within."""

    value: float
    low: float
    high: float
    confidence: float
