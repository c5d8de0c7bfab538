"""Find the members of a plugin family: the built-in list first, then entry points, through the same door."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from types import ModuleType

from greenwright.errors import BadInputError

FAMILIES = {
    "probes": "greenwright.meter.probes",
    "strategies": "greenwright.strategies",
    "runtimes": "greenwright.deploy.runtimes",
}


@cache
def members(family: str) -> dict[str, str]:
    """Module path of every member, by id: ``MEMBERS`` of the family's folder, then entry points ``greenwright.<family>``."""
    built_in: dict[str, str] = dict(import_module(FAMILIES[family]).MEMBERS)
    outside = {point.name: point.value for point in entry_points(group=f"greenwright.{family}")}
    return built_in | {name: path for name, path in outside.items() if name not in built_in}


def load(family: str, member: str) -> ModuleType:
    """The module of one member.

    Raises:
        BadInputError: no such member.
    """
    known = members(family)
    if member not in known:
        raise BadInputError(f"no {family.removesuffix('s')} is called {member!r}; there are {', '.join(sorted(known))}")
    return import_module(known[member])


def load_all(family: str) -> dict[str, ModuleType]:
    """Every member's module, by id, in the order of the list."""
    return {member: import_module(path) for member, path in members(family).items()}
