"""greenwright: measure the energy of AI work, find what to change, change it, and prove that quality held."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from greenwright.errors import BadInputError, CannotHereError, GreenwrightError
    from greenwright.meter.compare import compare
    from greenwright.meter.session import Meter
    from greenwright.place.api import place
    from greenwright.study.decoders import generation
    from greenwright.study.generation import Generation
    from greenwright.study.limits import Limits
    from greenwright.study.optimize import Study, optimize
    from greenwright.study.quality import Quality
    from greenwright.study.workload import Workload

__version__ = "0.1.0"

_HOME = {
    "BadInputError": "greenwright.errors",
    "CannotHereError": "greenwright.errors",
    "Generation": "greenwright.study.generation",
    "GreenwrightError": "greenwright.errors",
    "Limits": "greenwright.study.limits",
    "Meter": "greenwright.meter.session",
    "Quality": "greenwright.study.quality",
    "Study": "greenwright.study.optimize",
    "Workload": "greenwright.study.workload",
    "compare": "greenwright.meter.compare",
    "generation": "greenwright.study.decoders",
    "optimize": "greenwright.study.optimize",
    "place": "greenwright.place.api",
}

__all__ = [
    "BadInputError",
    "CannotHereError",
    "Generation",
    "GreenwrightError",
    "Limits",
    "Meter",
    "Quality",
    "Study",
    "Workload",
    "__version__",
    "compare",
    "generation",
    "optimize",
    "place",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used: importing greenwright brings no torch and no numpy."""
    if name not in _HOME:
        raise AttributeError(f"module 'greenwright' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
