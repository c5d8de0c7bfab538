"""Numbers that can be doubted, as columns: value, low and high, with the same arithmetic as quantities.

Sums and products take ends with ends, because what makes one too high (a model, a factor) makes its neighbours too high as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

ENDS = ("", "_low", "_high")


class Spread(NamedTuple):
    """A value between a low and a high, in each row."""

    value: ir.NumericValue
    low: ir.NumericValue
    high: ir.NumericValue

    def plus(self, other: Spread) -> Spread:
        """Both together."""
        return Spread(*(mine + its for mine, its in zip(self, other, strict=True)))

    def times(self, other: Spread) -> Spread:
        """An amount and a factor, none of them negative."""
        return Spread(*(mine * its for mine, its in zip(self, other, strict=True)))

    def scaled(self, factor: ir.NumericValue | float) -> Spread:
        """As much of it."""
        return Spread(*(mine * factor for mine in self))

    def only(self, holds: ir.BooleanValue) -> Spread:
        """Where it holds; 0 elsewhere."""
        return Spread(*(ibis.ifelse(holds, mine, 0.0) for mine in self))

    def named(self, stem: str, unit: str) -> dict[str, ir.NumericValue]:
        """As columns: ``it`` and ``_j`` give ``it_j``, ``it_low_j``, ``it_high_j``."""
        return {f"{stem}{end}{unit}": column for end, column in zip(ENDS, self, strict=True)}


def number(value: float) -> ir.FloatingValue:
    """The same double in every row, on every engine: DuckDB takes ``418.0`` for a decimal, and rounds what is made of it to tenths."""
    return ibis.literal(repr(float(value))).cast("float64")


def spread_in(table: ir.Table, stem: str, unit: str) -> Spread:
    """From a table's columns, as ``named`` names them."""
    return Spread(*(table[f"{stem}{end}{unit}"] for end in ENDS))


def within(column: ir.NumericValue, low_ratio: float, high_ratio: float) -> Spread:
    """A column known to lie between these multiples of itself."""
    return Spread(column, column * low_ratio, column * high_ratio)


def either(holds: ir.BooleanValue, one: Spread, other: Spread) -> Spread:
    """One where it holds, else the other."""
    return Spread(*(ibis.ifelse(holds, mine, its) for mine, its in zip(one, other, strict=True)))


def nothing() -> Spread:
    """0 in every row."""
    return Spread(*(number(0.0) for _ in ENDS))


def unknown() -> Spread:
    """Null in every row."""
    return Spread(*(ibis.null("float64") for _ in ENDS))
