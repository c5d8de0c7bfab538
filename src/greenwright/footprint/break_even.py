"""When what was spent once has been repaid by what is saved each time."""

from __future__ import annotations

from greenwright.errors import BadInputError
from greenwright.footprint.arithmetic import difference, quotient
from greenwright.records.quantities import Quantity


def units_to_equal(spent: Quantity, spent_per_unit: Quantity) -> Quantity:
    """Units whose running cost equals what was spent once: training against inference.

    Source: Luccioni, Jernite and Strubell (2024), arXiv:2311.16863, table 5.

    Raises:
        BadInputError: a unit may cost nothing, so it never happens.
    """
    return quotient(spent, spent_per_unit)


def units_to_repay(spent: Quantity, before_per_unit: Quantity, after_per_unit: Quantity) -> Quantity | None:
    """Units after which a change has repaid itself; None where, by the ranges, it may never.

    Raises:
        BadInputError: something negative was spent.
    """
    if spent.low < 0:
        raise BadInputError(f"{spent.low:g} spent; what a change cost is not negative")
    saved = difference(before_per_unit, after_per_unit)
    return quotient(spent, saved) if saved.low > 0 else None
