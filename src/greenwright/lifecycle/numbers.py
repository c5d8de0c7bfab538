"""Numbers of a plan become quantities: with the range that was given, and a grade that says who said so."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from greenwright.errors import BadInputError
from greenwright.records.quantities import Grade, Quantity
from greenwright.units import BYTES_PER_GB, BYTES_PER_TB, J_PER_KWH, J_PER_WH

ENERGY_J = {
    "mJ": 1e-3,
    "J": 1.0,
    "kJ": 1e3,
    "MJ": 1e6,
    "GJ": 1e9,
    "mWh": 1e-3 * J_PER_WH,
    "Wh": J_PER_WH,
    "kWh": J_PER_KWH,
    "MWh": 1e3 * J_PER_KWH,
    "GWh": 1e6 * J_PER_KWH,
}
SIZE_BYTES = {"MB": 1e6, "GB": BYTES_PER_GB, "TB": BYTES_PER_TB, "PB": 1e3 * BYTES_PER_TB}
_AMOUNT = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*([A-Za-z]+)\s*")


def plain(value: Any, name: str) -> Quantity:
    """A number, or a table with value, low, high, source and grade.

    Raises:
        BadInputError: neither, or a range that does not hold its value.
    """
    return _quantity(value, name, _number)


def energy(value: Any, name: str) -> Quantity:
    """Joules of ``"12 kWh"``, or of a table whose value, low and high are such texts.

    Raises:
        BadInputError: no unit, or not an energy.
    """
    return _quantity(value, name, lambda one, what: with_unit(one, what, ENERGY_J, "an energy, such as 12.5 kWh"))


def size_bytes(text: str, name: str) -> float:
    """Bytes of ``"10 TB"``.

    Raises:
        BadInputError: no unit, or not a size.
    """
    return with_unit(text, name, SIZE_BYTES, "a size, such as 10 TB")


def with_unit(value: Any, name: str, units: Mapping[str, float], wanted: str) -> float:
    """A number with a unit, in the base unit.

    Raises:
        BadInputError: not a number with one of these units.
    """
    match = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[2] not in units:
        raise BadInputError(f"{name} is {value!r}; write {wanted}, in quotes, with one of {', '.join(units)}")
    return float(match[1]) * units[match[2]]


def _quantity(value: Any, name: str, read: Callable[[Any, str], float]) -> Quantity:
    if not isinstance(value, dict):
        number = read(value, name)
        return Quantity(value=number, low=number, high=number, grade=Grade.ASSUMED, source=f"{name}, as given")
    if unknown := value.keys() - {"value", "low", "high", "source", "grade"}:
        raise BadInputError(f"{name} has {', '.join(sorted(unknown))}; a range has value, low, high, source and grade")
    middle = read(value.get("value"), f"{name}.value")
    low, high = (read(value.get(end, value.get("value")), f"{name}.{end}") for end in ("low", "high"))
    if not low <= middle <= high:
        raise BadInputError(f"{name}: {middle:g} is not between {low:g} and {high:g}; correct the value or its range")
    return Quantity(
        value=middle, low=low, high=high, grade=_grade(value, name), source=str(value.get("source", f"{name}, as given"))
    )


def _grade(value: Mapping[str, Any], name: str) -> Grade:
    try:
        return Grade(value.get("grade", Grade.ASSUMED))
    except ValueError as error:
        raise BadInputError(f"{name} has the grade {value['grade']!r}; there are {', '.join(Grade)}") from error


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInputError(f"{name} is {value!r}; write a number, or {{ value = …, low = …, high = … }}")
    return float(value)
