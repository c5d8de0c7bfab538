"""Sums, products and quotients of quantities. Ranges are those of the worst case; a result is as good as its weakest part."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import product as combinations

from greenwright.catalogue.load import Factor
from greenwright.errors import BadInputError
from greenwright.records.quantities import Grade, Quantity, weakest


def exactly(value: float, source: str = "given", grade: Grade = Grade.COUNTER) -> Quantity:
    """A number without a range: a count, a choice, a definition.

    Raises:
        BadInputError: not a finite number.
    """
    if not math.isfinite(value):
        raise BadInputError(f"{source} is {value}; give a finite number")
    return Quantity(value=value, low=value, high=value, grade=grade, source=source)


def of_factor(factor: Factor, grade: Grade = Grade.MODELLED) -> Quantity:
    """A catalogue factor as a quantity; ``assumed`` is for a default that nobody chose, and for what no source confirmed."""
    source = f"{factor.source} ({factor.year})" + ("" if factor.confirmed else ", unconfirmed")
    grade = grade if factor.confirmed else Grade.ASSUMED
    return Quantity(value=factor.value, low=factor.low, high=factor.high, grade=grade, source=source)


def total(quantities: Iterable[Quantity]) -> Quantity:
    """Their sum; the range is the sum of the ranges, because errors may all point one way.

    Raises:
        BadInputError: nothing to add.
    """
    parts = list(quantities)
    if not parts:
        raise BadInputError("nothing to add up; give at least one quantity")
    return _made(
        math.fsum(one.value for one in parts), math.fsum(one.low for one in parts), math.fsum(one.high for one in parts), parts
    )


def known_total(quantities: Iterable[Quantity | None]) -> Quantity | None:
    """The sum of those that are known; None where none is."""
    known = [one for one in quantities if one is not None]
    return total(known) if known else None


def difference(first: Quantity, second: Quantity) -> Quantity:
    """First minus second, whose errors may point opposite ways."""
    return _made(first.value - second.value, first.low - second.high, first.high - second.low, (first, second))


def product(*quantities: Quantity) -> Quantity:
    """All multiplied; the range holds every combination of their ends.

    Raises:
        BadInputError: nothing to multiply.
    """
    if not quantities:
        raise BadInputError("nothing to multiply; give at least one quantity")
    low = high = 1.0
    for one in quantities:
        ends = [bound * end for bound, end in combinations((low, high), (one.low, one.high))]
        low, high = min(ends), max(ends)
    return _made(math.prod(one.value for one in quantities), low, high, quantities)


def quotient(first: Quantity, second: Quantity) -> Quantity:
    """First over second.

    Raises:
        BadInputError: the second may be 0, by its range.
    """
    if second.low <= 0 <= second.high:
        raise BadInputError(
            f"cannot divide by {second.value:g}, which may be 0 (its range is {second.low:g} to {second.high:g}; {second.source})"
        )
    ends = [end / by for end, by in combinations((first.low, first.high), (second.low, second.high))]
    return _made(first.value / second.value, min(ends), max(ends), (first, second))


def scaled(quantity: Quantity, factor: float) -> Quantity:
    """The same quantity ``factor`` times: a change of unit, a count, a share.

    Raises:
        BadInputError: the factor is not a finite number.
    """
    if not math.isfinite(factor):
        raise BadInputError(f"cannot multiply by {factor}; give a finite number")
    low, high = sorted((quantity.low * factor, quantity.high * factor))
    return Quantity(value=quantity.value * factor, low=low, high=high, grade=quantity.grade, source=quantity.source)


def _made(value: float, low: float, high: float, parts: Sequence[Quantity]) -> Quantity:
    """A result with its origin. Rounding must not put a value outside its own range."""
    sources = dict.fromkeys(source for one in parts for source in one.source.split("; ") if source)
    return Quantity(
        value=value,
        low=min(low, value),
        high=max(high, value),
        grade=weakest(one.grade for one in parts),
        source="; ".join(sources),
    )
