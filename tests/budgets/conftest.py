"""Sides made of numbers, so that decisions are tested without running anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from greenwright.records.checks import Budget, Metric, Repeat, Side
from greenwright.records.quantities import Grade, Quantity

Sides = Callable[..., Side]


@pytest.fixture
def side() -> Sides:
    """Makes a side whose repeats used so many joules, by a counter unless told otherwise."""

    def make(  # noqa: PLR0913 - the facts of a repeat, by keyword
        joules: Sequence[float],
        *,
        name: str = "head",
        grade: Grade = Grade.COUNTER,
        paired: bool = True,
        quality: float | None = 0.97,
        instructions: Sequence[float] | None = None,
        spread: float = 1.0,
        size_bytes: float | None = 1_000.0,
    ) -> Side:
        repeats = tuple(
            Repeat(
                units=10.0,
                duration_s=one / 5,
                cpu_s=one / 10,
                energy_j=Quantity(value=one, low=one / spread, high=one * spread, grade=grade, source="a counter"),
                instruction_count=instructions[number] if instructions else None,
                size_bytes=size_bytes,
                quality={} if quality is None else {"accuracy": quality},
            )
            for number, one in enumerate(joules)
        )
        return Side(name=name, repeats=repeats, paired=paired)

    return make


@pytest.fixture
def rise() -> Budget:
    """At most 2 % more energy than the base."""
    return Budget(name="no creep", metric=Metric.ENERGY, max_rise_share=0.02)
