"""Read ``[check]`` and ``[[budget]]`` from greenwright.toml, and refuse what nobody could hold."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from greenwright.errors import BadInputError
from greenwright.records.checks import BASE, Basis, Budget, Metric, QualityCondition
from greenwright.settings import FILE
from greenwright.units import parse_duration_s, parse_energy_j, parse_size_bytes

BASES = {"joules": Basis.JOULES, "instructions": Basis.INSTRUCTIONS, "cpu": Basis.CPU_TIME, "flops": Basis.FLOPS}
REPEATS = 12
_CHECK = (
    "command",
    "unit",
    "units",
    "repeats",
    "max_repeats",
    "base",
    "size",
    "place",
    "price_per_kwh",
    "currency",
    "confidence",
)
_BUDGET = ("name", "metric", "max", "max_rise", "against", "by", "quality")
_QUALITY = ("metric", "min", "max", "max_drop")
_AMOUNT = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*(kg|mg|µg|ug|g|l|ml|µl|ul)?\s*")
_SCALE = {"kg": 1e3, "g": 1.0, "mg": 1e-3, "µg": 1e-6, "ug": 1e-6, "l": 1.0, "ml": 1e-3, "µl": 1e-6, "ul": 1e-6, None: 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run, how often, and what must hold."""

    path: Path
    command: tuple[str, ...]
    budgets: tuple[Budget, ...]
    unit: str = "1 run"
    units: float = 1.0
    """That one run delivers, unless it says otherwise itself."""
    repeats: int = REPEATS
    max_repeats: int = REPEATS
    """As many as are run where fewer cannot tell."""
    base: str = ""
    """A branch, tag or commit; "" where no budget needs one."""
    size: str = ""
    """The file, or files, whose bytes count: a path or a pattern, from the project's folder."""
    place: str = ""
    price_per_kwh: float | None = None
    currency: str = "USD"
    confidence: float = 0.95


def find_config(start: Path) -> Path:
    """``greenwright.toml`` here or in a folder above.

    Raises:
        BadInputError: there is none.
    """
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder / FILE
    raise BadInputError(f"there is no {FILE} in {start} or above; begin one with: greenwright check --job toml > {FILE}")


def read_plan(path: Path) -> Plan:
    """The plan in a greenwright.toml.

    Raises:
        BadInputError: not TOML, an unknown key, or a value that cannot be.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} is not TOML: {error}") from error
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}") from error
    check, budgets = content.get("check"), content.get("budget")
    if not isinstance(check, dict) or not isinstance(budgets, list) or not budgets:
        raise BadInputError(f"{path} has no budgets: it needs [check] with a command, and a [[budget]] for each limit")
    _refuse_unknown(check, _CHECK, f"{path}, [check]")
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if line.strip().startswith("[[budget]]")]
    lines += [0] * (len(budgets) - len(lines))
    read = tuple(
        _budget(one, number, line, path) for number, (one, line) in enumerate(zip(budgets, lines, strict=True), start=1)
    )
    names = [one.name for one in read]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadInputError(f"{path} has several budgets called {', '.join(twice)}; give each a name of its own")
    return _plan(path, check, read)


def _plan(path: Path, check: dict[str, Any], budgets: tuple[Budget, ...]) -> Plan:
    where = f"{path}, [check]"
    base = _text(check, "base", where, "")
    if any(one.against == BASE and one.max_rise_share is not None for one in budgets) and not base:
        base = "main"
    repeats = _count(check, "repeats", where, REPEATS)
    return Plan(
        path=path,
        command=_command(check, where),
        budgets=budgets,
        unit=_text(check, "unit", where, "1 run"),
        units=_number(check, "units", where, 1.0) or 1.0,
        repeats=repeats,
        max_repeats=max(repeats, _count(check, "max_repeats", where, repeats)),
        base=base,
        size=_text(check, "size", where, ""),
        place=_text(check, "place", where, ""),
        price_per_kwh=_number(check, "price_per_kwh", where, None),
        currency=_text(check, "currency", where, "USD"),
        confidence=_share(check, "confidence", where, 0.95),
    )


def _command(check: dict[str, Any], where: str) -> tuple[str, ...]:
    given = check.get("command")
    if isinstance(given, str) and given.strip():
        try:
            return tuple(shlex.split(given))
        except ValueError as error:
            raise BadInputError(f"{where}: command cannot be split into words ({error})") from error
    if isinstance(given, list) and given and all(isinstance(one, str) for one in given):
        return tuple(given)
    raise BadInputError(f'{where} has no command; say what is measured, such as command = "python bench.py"')


def _budget(given: Any, number: int, line: int, path: Path) -> Budget:
    where = f"{path}, budget {number}"
    if not isinstance(given, dict):
        raise BadInputError(f"{where} is no table; write [[budget]] and its keys below")
    _refuse_unknown(given, _BUDGET, where)
    metric = _choice(given, "metric", where, {one.value: one for one in Metric})
    absolute, relative = given.get("max"), given.get("max_rise")
    if (absolute is None) == (relative is None):
        raise BadInputError(f'{where} needs either max, such as max = "2 mJ", or max_rise, such as max_rise = "2%"')
    if metric in {Metric.CARBON, Metric.WATER, Metric.COST} and given.get("by") == "flops" and relative is None:
        raise BadInputError(f"{where} is absolute, so by does not apply")
    against = _text(given, "against", where, BASE)
    return Budget(
        name=_text(given, "name", where, _name(metric, relative, against)),
        metric=metric,
        most=None if absolute is None else _most(metric, absolute, where),
        max_rise_share=None if relative is None else _rise(relative, where),
        against=against,
        basis=_choice(given, "by", where, BASES) if "by" in given else None,
        quality=_quality(given["quality"], where) if "quality" in given else None,
        line=line,
    )


def _name(metric: Metric, relative: Any, against: str) -> str:
    return metric.value if relative is None else f"{metric.value} against {against}"


def _quality(given: Any, where: str) -> QualityCondition:
    if not isinstance(given, dict):
        raise BadInputError(f'{where}: write quality = {{ metric = "accuracy", min = 0.95 }}')
    _refuse_unknown(given, _QUALITY, f"{where}, quality")
    least, most, drop = (_number(given, key, where, None) for key in ("min", "max", "max_drop"))
    if least is None and most is None and drop is None:
        raise BadInputError(f"{where}: quality needs min, max (where less is better) or max_drop")
    if least is not None and most is not None:
        raise BadInputError(f"{where}: quality has min and max; give min where more is better, max where less is")
    return QualityCondition(
        metric=_text(given, "metric", where, "quality"),
        min_quality=least if least is not None else most,
        max_drop=drop,
        higher_is_better=most is None,
    )


def _most(metric: Metric, given: Any, where: str) -> float:
    """Joules, grams, litres, money, seconds or bytes."""
    if isinstance(given, int | float) and not isinstance(given, bool) and given > 0 and metric is Metric.COST:
        return float(given)
    readers: dict[Metric, Callable[[str], float]] = {
        Metric.ENERGY: parse_energy_j,
        Metric.LATENCY: parse_duration_s,
        Metric.SIZE: parse_size_bytes,
    }
    if not isinstance(given, str):
        raise BadInputError(f"{where}: max is {given!r}; write it as text with its unit, such as {_SUCH_AS[metric]}")
    if metric in readers:
        return readers[metric](given)
    found = _AMOUNT.fullmatch(given)
    if found is None or float(found[1]) <= 0:
        raise BadInputError(f"{where}: max is {given!r}; write it as {_SUCH_AS[metric]}")
    return float(found[1]) * _SCALE[found[2]]


_SUCH_AS = {
    Metric.ENERGY: '"2 mJ"',
    Metric.CARBON: '"0.5 mg"',
    Metric.WATER: '"2 ml"',
    Metric.COST: '"0.0001"',
    Metric.LATENCY: '"5 ms"',
    Metric.SIZE: '"10 MB"',
}


def _rise(given: Any, where: str) -> float:
    text = str(given).strip()
    try:
        share = float(text.removesuffix("%")) / 100 if text.endswith("%") else float(text)
    except ValueError as error:
        raise BadInputError(f'{where}: max_rise is {given!r}; write a share such as "2%" or 0.02') from error
    if not -1 < share < 10:  # noqa: PLR2004 - ten times as much is no limit
        raise BadInputError(f'{where}: max_rise is {given!r}, which is {share:.0%}; "2%" and 0.02 are the same')
    return share


def _refuse_unknown(given: Mapping[str, Any], known: Collection[str], where: str) -> None:
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            raise BadInputError(
                f"{where} sets {name!r}; {f'did you mean {near[0]!r}?' if near else 'known are ' + ', '.join(known)}"
            )


def _choice(given: Mapping[str, Any], key: str, where: str, choices: Mapping[str, Any]) -> Any:
    if given.get(key) not in choices:
        raise BadInputError(f"{where}: {key} is {given.get(key)!r}; there are {', '.join(choices)}")
    return choices[given[key]]


def _text(given: Mapping[str, Any], key: str, where: str, default: str) -> str:
    value = given.get(key, default)
    if not isinstance(value, str):
        raise BadInputError(f"{where}: {key} is {value!r}; write it as text in quotes")
    return value


def _number(given: Mapping[str, Any], key: str, where: str, default: float | None) -> float | None:
    value = given.get(key, default)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or (key in {"units", "price_per_kwh"} and not value > 0):
        raise BadInputError(
            f"{where}: {key} is {value!r}; write a number{' above 0' if key in {'units', 'price_per_kwh'} else ''}"
        )
    return float(value)


def _count(given: Mapping[str, Any], key: str, where: str, default: int) -> int:
    value = given.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BadInputError(f"{where}: {key} is {value!r}; write a whole number of 1 or more")
    return value


def _share(given: Mapping[str, Any], key: str, where: str, default: float) -> float:
    value = _number(given, key, where, default)
    if value is None or not 0.5 <= value < 1:  # noqa: PLR2004 - below a half it is no confidence
        raise BadInputError(f"{where}: {key} is {value!r}; write a share such as 0.95")
    return value
