"""Which extras are installed, and the command that brings those that are not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

_REQUIREMENT = re.compile(r"(?P<package>[\w.-]+).*\bextra\s*==\s*['\"](?P<extra>[^'\"]+)['\"]")
_PACKAGE_OF = {"pynvml": "nvidia-ml-py"}
"""Where a module is called otherwise than its package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """A set of packages that one part of greenwright needs."""

    name: str
    installed: dict[str, str]
    """Version, by package."""
    missing: tuple[str, ...]
    command: str
    """What installs it."""


def extras() -> list[Extra]:
    """Every extra that this greenwright declares, with what is here of it."""
    return [_extra(name, packages) for name, packages in _declared().items()]


def extra_of(module: str, preferred: str = "") -> str | None:
    """The extra that brings ``module``: the preferred one where it does, else the smallest; None where none does."""
    package = _plain(_PACKAGE_OF.get(module, module))
    bringing = {name: packages for name, packages in _declared().items() if package in map(_plain, packages)}
    return preferred if preferred in bringing else min(bringing, key=lambda name: len(bringing[name]), default=None)


def install_command(extra: str) -> str:
    """What a person types to get it."""
    return f"pip install 'greenwright[{extra}]'"


def _declared() -> dict[str, list[str]]:
    declared: dict[str, list[str]] = {}
    for line in requires("greenwright") or []:
        if found := _REQUIREMENT.match(line):
            declared.setdefault(found["extra"], []).append(found["package"])
    return declared


def _extra(name: str, packages: list[str]) -> Extra:
    found = {package: _version(package) for package in packages}
    return Extra(
        name=name,
        installed={package: known for package, known in found.items() if known},
        missing=tuple(package for package, known in found.items() if not known),
        command=install_command(name),
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
