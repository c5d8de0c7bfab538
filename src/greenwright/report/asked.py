"""Rows of a CSV file that a regulation asks for: a number, or an empty cell and the reason why."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO

from greenwright.records.quantities import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One datapoint that is asked for."""

    reference: str
    name: str
    unit: str = ""
    value: str = ""
    low: str = ""
    high: str = ""
    grade: str = ""
    why: str = ""
    """How it was come by; or why it is empty."""


def csv_of(rows: Iterable[Asked]) -> str:
    """The file: a line per datapoint, empty ones too."""
    file = StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["reference", "datapoint", "unit", "value", "low", "high", "grade", "how, or why it is blank"])
    writer.writerows([one.reference, one.name, one.unit, one.value, one.low, one.high, one.grade, one.why] for one in rows)
    return file.getvalue()


def number(  # noqa: PLR0913, PLR0917 - the cells of one row, in their order
    reference: str, name: str, unit: str, quantity: Quantity | None, factor: float, why: str, blank: str
) -> Asked:
    """A datapoint that is a quantity, ``factor`` SI units to one of the unit; without it an empty cell with its reason."""
    if quantity is None:
        return Asked(reference=reference, name=name, unit=unit, why=f"blank: {blank}")
    value, low, high = (repr(one / factor) for one in (quantity.value, quantity.low, quantity.high))
    return Asked(
        reference=reference, name=name, unit=unit, value=value, low=low, high=high, grade=quantity.grade.value, why=why
    )


def empty(reference: str, name: str, unit: str, blank: str) -> Asked:
    """A datapoint that greenwright can't know."""
    return Asked(reference=reference, name=name, unit=unit, why=f"blank: {blank}")
