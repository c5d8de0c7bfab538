"""Read numbers from outside: a TOML file per quantity becomes frozen factors."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from greenwright.errors import CatalogueError

_DATA = Path(__file__).parent / "data"  # importlib.resources would find it too, for a third of what importing a meter costs
_HEAD = ("unit", "scope", "source", "url", "year", "checked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A number from outside, with what is needed to doubt it."""

    key: str
    value: float
    low: float
    high: float
    unit: str
    scope: str
    """What it may be used for."""
    source: str
    url: str
    year: int
    """Of the source."""
    checked: date | None
    """When somebody last compared it with the source; None where ``confirmed`` is false."""
    title: str = ""
    match: tuple[str, ...] = ()
    """What in the world this entry stands for, spelt as the world spells it."""
    confirmed: bool = True
    """Whether the source was seen to say so. What was not is an assumption, whatever it is used for."""


def factors(name: str, folder: Path | None = None) -> dict[str, Factor]:
    """Every entry of ``<name>.toml``, by key: from the built-in catalogue, or from ``folder``.

    An entry may give its own ``source``, ``url``, ``year`` or any other fact of the head.

    Raises:
        CatalogueError: no such file, not TOML, or an entry without value, range, unit or source.
    """
    file = (folder or _DATA) / f"{name}.toml"
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CatalogueError(f"{file}: there is no such catalogue; check the name {name!r}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{file}: not TOML ({error}); mend that line") from error
    head = {key: content[key] for key in _HEAD if key in content}
    entries = [
        _factor(head | entry, where=f"{file}, entry {entry.get('key', number)!r}") for number, entry in _entries(content)
    ]
    found = {factor.key: factor for factor in entries}
    if not entries or len(found) < len(entries):
        raise CatalogueError(f"{file}: {len(entries)} entries with {len(found)} different keys; give one [[entry]] per key")
    return found


def every_factor() -> dict[str, dict[str, Factor]]:
    """The whole built-in catalogue of factors, by file and key."""
    return {file.stem: factors(file.stem) for file in sorted(_DATA.glob("*.toml"))}


def _entries(content: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    return list(enumerate(content.get("entry", []), start=1))


def _factor(facts: dict[str, Any], where: str) -> Factor:
    if unknown := facts.keys() - {field.name for field in fields(Factor)}:
        raise CatalogueError(f"{where}: nobody reads {', '.join(sorted(unknown))}; remove it or correct its name")
    _refuse_empty(facts, where)
    value, low, high = (_number(facts[key], key, where) for key in ("value", "low", "high"))
    if not low <= value <= high:
        raise CatalogueError(f"{where}: {value} is not between {low} and {high}; correct the value or its range")
    read = {"value": value, "low": low, "high": high, "match": tuple(facts.get("match", ()))}
    if not facts.get("confirmed", True):
        read["checked"] = None  # the head's day is of its other entries
    return Factor(**{**facts, **read})


def _refuse_empty(facts: dict[str, Any], where: str) -> None:
    for key in ("key", "value", "low", "high", *_HEAD):
        if facts.get(key) in (None, ""):
            raise CatalogueError(f"{where}: no {key}; give it in the entry or at the head of the file")
    for key, kind, example in (("year", int, "2026"), ("checked", date, "2026-09-01")):
        if not isinstance(facts[key], kind):
            raise CatalogueError(f"{where}: {key} is {facts[key]!r}; write it as {example}, without quotes")
    if not isinstance(facts.get("confirmed", True), bool):
        raise CatalogueError(f"{where}: confirmed is {facts['confirmed']!r}; write true or false, without quotes")


def _number(value: object, key: str, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CatalogueError(f"{where}: {key} is {value!r}; write a finite number")
    return float(value)
