"""Find the members of a plugin family: the built-in list first, then entry points, through the same door."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from greenwright.errors import BadInputError

FAMILIES = {
    "probes": "greenwright.meter.probes",
    "sinks": "greenwright.meter.sinks",
    "strategies": "greenwright.strategies",
    "runtimes": "greenwright.deploy.runtimes",
    "sources": "greenwright.grid.sources",
    "guards": "greenwright.footprint.claims.guards",
    "formats": "greenwright.report.formats",
    "readers": "greenwright.audit.readers",
    "findings": "greenwright.audit.findings",
    "policies": "greenwright.place.policies",
}
_SINGULAR = {"strategies": "strategy", "policies": "policy"}


@cache
def members(family: str) -> dict[str, str]:
    """Module path of every member, by id: ``MEMBERS`` of the family's folder, then entry points ``greenwright.<family>``."""
    built_in: dict[str, str] = dict(import_module(FAMILIES[family]).MEMBERS)
    outside = _outside(f"greenwright.{family}") if _any_plugin() else {}
    return built_in | {name: path for name, path in outside.items() if name not in built_in}


def _outside(group: str) -> dict[str, str]:
    from importlib.metadata import entry_points

    return {point.name: point.value for point in entry_points(group=group)}


@cache
def _any_plugin() -> bool:
    """Whether an installed package has a plugin for us: reading their lists is cheaper than importing what parses them."""
    return any(_offers_plugin(Path(folder)) for folder in sys.path)


def _offers_plugin(folder: Path) -> bool:
    if not folder.is_dir():  # a zip file, say: let importlib.metadata look
        return folder.is_file()
    return any("[greenwright." in listed.read_text("utf-8", "replace") for listed in folder.glob("*-info/entry_points.txt"))


def load(family: str, member: str) -> ModuleType:
    """The module of one member.

    Raises:
        BadInputError: no such member.
    """
    known = members(family)
    if member not in known:
        kind = _SINGULAR.get(family, family.removesuffix("s"))
        raise BadInputError(f"no {kind} is called {member!r}; there are {', '.join(sorted(known))}")
    return import_module(known[member])


def load_all(family: str) -> dict[str, ModuleType]:
    """Every member's module, by id, in the order of the list."""
    return {member: import_module(path) for member, path in members(family).items()}
