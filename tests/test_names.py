"""A number without a unit is the commonest mistake of this field: here it does not get past the tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "greenwright"

NUMBERS = {"float", "Quantity"}
"""What has a unit. An ``Interval`` estimates a ratio or a difference of qualities, which have none."""

SUFFIXES = {
    "_j": "joules",
    "_w": "watts",
    "_s": "seconds",
    "_g": "grams",
    "_l": "litres",
    "_kwh": "kilowatt-hours, where people read them",
    "_bytes": "bytes",
    "_share": "part of a whole, 0…1",
    "_ratio": "one amount over another of the same unit",
    "_count": "how many",
    "_units": "functional units",
    "_quality": "on the scale of the workload's metric",
    "_percent": "of the page's width",
    "_drop": "baseline minus candidate, on the scale of the metric",
}
PER = "_per_"
"""``throughput_per_s``, ``units_per_window``: what follows is the unit's lower half."""

BARE = {
    "value": "of a Quantity or an Interval: the holder's name has the unit",
    "low": "likewise",
    "high": "likewise",
    "quantity": "a Quantity of any unit",
    "quantities": "likewise, all of one unit",
    "values": "a sequence of any one unit, which comes back in that unit",
    "confidence": "a probability, 0…1",
    "quality": "on the scale of the workload's metric",
    "baseline": "a quality, in a QualityProof",
    "candidate": "likewise",
    "max_drop": "on the scale of the metric",
    "drop": "likewise",
    "ratio": "one amount over another of the same unit",
    "share": "part of a whole, 0…1",
    "factor": "how many times as much",
    "count": "how many",
    "expects": "energy over the baseline's: a ratio, low and high",
    "choices": "a strategy's own settings, whose names say what they are",
    "pairs": "joules per unit of A and of B; the record says so",
    "temperature": "of a softmax: logits are divided by it",
    "learning_rate": "of an optimiser: gradients are multiplied by it",
}

ONLY_IN = {
    "cli/optimize.py": ("horizon", "functional units, in the help of --horizon"),
    "meter/compare.py": ("windows", "each with the units delivered in it"),
    "report/before_after.py": ("before after part whole", "drawn beside each other, whatever their one unit"),
    "report/front.py": ("up down lengths", "error bars, in the unit of their axis"),
    "report/proof.py": ("zero limit marks start width", "places on a scale of the metric"),
    "strategies/contract.py": ("default", "of a choice"),
    "study/proposals.py": ("score", "what the sampler minimises"),
    "units.py": ("scale", "multiples of the base unit, by name"),
}


def numbers_in(path: Path) -> Iterator[tuple[int, str]]:
    """Line and name of every field and parameter annotated as a number."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            fields = [item for item in node.body if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)]
            yield from ((item.lineno, item.target.id) for item in fields if _is_number(item.annotation))  # type: ignore[union-attr]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            yield from ((item.lineno, item.arg) for item in given if item.annotation and _is_number(item.annotation))


def _is_number(annotation: ast.expr) -> bool:
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.value, ast.Name) and annotation.value.id == "Callable":
        return False
    return any(isinstance(node, ast.Name) and node.id in NUMBERS for node in ast.walk(annotation))


def says_its_unit(name: str, file: str = "") -> bool:
    plain = name.lstrip("_").removesuffix("_low").removesuffix("_high")
    excused = ONLY_IN[file][0].split() if file in ONLY_IN else []
    return plain in BARE or plain in excused or PER in plain or plain.endswith(tuple(SUFFIXES))


@pytest.mark.parametrize("file", sorted(str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py")))
def test_every_number_says_its_unit(file: str) -> None:
    unsaid = [f"{file}:{line} {name}" for line, name in numbers_in(SOURCE / file) if not says_its_unit(name, file)]

    assert unsaid == []


@pytest.mark.parametrize("annotation", ["float", "float | None", "tuple[float, float]", "list[Quantity]", "dict[str, float]"])
def test_a_number_without_a_unit_is_caught(tmp_path: Path, annotation: str) -> None:
    path = tmp_path / "example.py"
    path.write_text(f"class A:\n    at: {annotation}\n    at_s: {annotation}\n\ndef f(x: int, *, power: {annotation}): ...\n")

    assert [name for _, name in numbers_in(path) if not says_its_unit(name)] == ["at", "power"]


@pytest.mark.parametrize("file", list(ONLY_IN))
def test_an_excuse_that_nothing_needs_any_more_is_gone(file: str) -> None:
    used = {name.lstrip("_") for _, name in numbers_in(SOURCE / file)}

    assert set(ONLY_IN[file][0].split()) - used == set()
