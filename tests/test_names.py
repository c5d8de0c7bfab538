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
    "_gb": "gigabytes, where people give them",
    "_share": "part of a whole, 0…1",
    "_ratio": "one amount over another of the same unit",
    "_count": "how many",
    "_units": "functional units",
    "_usd": "US dollars",
    "_quality": "on the scale of the workload's metric",
    "_percent": "of the page's width",
    "_deg": "degrees of latitude or longitude",
    "_drop": "baseline minus candidate, on the scale of the metric",
}
PER = "_per_"
"""``throughput_per_s``, ``units_per_window``: what follows is the unit's lower half."""

BARE = {
    "value": "of a Quantity or an Interval: the holder's name has the unit",
    "low": "likewise",
    "high": "likewise",
    "slack": "half of the last digit printed, in the unit of its value",
    "quantity": "a Quantity of any unit",
    "quantities": "likewise, all of one unit",
    "generation": "of a mix: weights in any one unit",
    "columns": "of weather, each in whatever unit it was given",
    "truth": "of a recorded answer, g/kWh by time",
    "values": "a sequence of any one unit, which comes back in that unit",
    "confidence": "a probability, 0…1",
    "amount": "of Money, in its currency; or of whatever the caller holds",
    "units": "functional units: how many of them",
    "spent": "of any one unit, in the sums of a break-even",
    "first": "one operand of a sum or quotient, of any unit",
    "second": "the other",
    "quality": "on the scale of the workload's metric",
    "baseline": "a quality, in a QualityProof",
    "candidate": "likewise",
    "max_drop": "on the scale of the metric",
    "drop": "likewise",
    "pue": "energy of the hall over energy of its computers: a ratio",
    "ratio": "one amount over another of the same unit",
    "share": "part of a whole, 0…1",
    "factor": "how many times as much",
    "count": "how many",
    "expects": "energy over the baseline's: a ratio, low and high",
    "choices": "a strategy's own settings, whose names say what they are",
    "ups": "whether a machine was there, and for how many seconds",
    "pairs": "joules per unit of A and of B; the record says so",
    "threshold": "a difference of two logits, which have no unit",
    "temperature": "of a softmax: logits are divided by it",
    "learning_rate": "of an optimiser: gradients are multiplied by it",
}

ONLY_IN = {
    "budgets/causes.py": ("ratios", "one amount over another of the same unit, by basis"),
    "budgets/decide.py": ("most heads bases found one", "amounts per unit, each in the unit of its metric or basis"),
    "budgets/quality.py": ("found", "a quality, low and high"),
    "budgets/read.py": ("default", "of a key that people write"),
    "budgets/spread.py": ("head base distance half_width", "amounts of any one unit, and ratios"),
    "cli/models.py": ("standing_watts unused_days", "in the help of the options that carry their unit"),
    "tracking/beside.py": ("metrics", "as trackers take them; each name ends in its unit"),
    "records/checks.py": ("most measured before", "in the unit of the budget's metric"),
    "cli/report.py": ("intensity market price", "in the help of the options --intensity, --market and --price"),
    "footprint/claims/agreement.py": ("published computed tolerance more", "two numbers for one thing, and ratios of them"),
    "footprint/claims/guards/counter_readings.py": ("rows", "in the unit of their counter, which the file does not say"),
    "footprint/claims/guards/implied_intensity.py": ("implied", "g/kWh that grams and joules imply"),
    "audit/cells.py": ("scale", "multiples of the base unit, by letter"),
    "audit/mapping.py": ("constants", "what holds for every row, by column, whose name has the unit"),
    "audit/contract.py": ("costs where", "money by currency; parts of a whole, by name"),
    "records/audit.py": ("costs facts gpu_s_by_device where", "likewise; each fact's name has its unit; seconds by name"),
    "report/audit_words.py": ("costs scale", "money by currency; multiples of the base unit, by name"),
    "footprint/arithmetic.py": ("parts", "of a sum or product, each of any unit"),
    "footprint/carbon.py": ("hours", "each with joules and the g/kWh they were delivered at"),
    "footprint/hardware.py": ("whole", "of one device: grams or litres"),
    "footprint/llm.py": ("weight_bits seconds", "bits of a weight; a duration"),
    "footprint/score.py": ("median best_tenth points raw", "of the one unit of the value; a score, 0…1"),
    "footprint/water.py": ("mix wet_bulb_f cycles", "shares of fuels in any one unit; degrees Fahrenheit; of concentration"),
    "cli/optimize.py": ("horizon", "functional units, in the help of --horizon"),
    "lifecycle/assess.py": ("once per_one", "of the criterion of a break-even: joules, grams or money"),
    "lifecycle/parts.py": ("joules", "at a boundary that stands beside them"),
    "lifecycle/plan.py": (
        (
            "active_parameters tokens total_parameters batch hours load servers lifespan_years in_use copies times training_flop "
            "training_hours inference_flop"
        ),
        "keys of a file that people write: counts, shares, hours, years and operations",
    ),
    "lifecycle/supply.py": ("known", "the catalogue's, in the unit of the plan's key"),
    "meter/compare.py": ("windows", "each with the units delivered in it"),
    "place/figures.py": ("part whole", "of any one unit"),
    "place/fleet/programme.py": ("proven_value", "of a linear programme, whatever its units"),
    "place/fleet/compact.py": ("price upper rows limits terms", "of a linear programme, whatever its units"),
    "place/options.py": ("amount", "how far a constraint is missed, in the constraint's own unit"),
    "report/before_after.py": ("before after part whole", "drawn beside each other, whatever their one unit"),
    "records/disclosure.py": ("training_flop inference_flop", "floating-point operations"),
    "report/formats/html.py": ("carbon", "grams, all kinds that may be added"),
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
