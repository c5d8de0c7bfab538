"""What a command that is checked may tell: units, quality, FLOPs, latency. A JSON file, so that any language can write it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from greenwright.errors import BadInputError

RESULT = "GREENWRIGHT_CHECK_RESULT"
"""The environment variable that holds the path to write to."""
JOURNAL = "GREENWRIGHT_CHECK_JOURNAL"
"""That of a meter's journal, whose windows become phases: ``Meter(journal=Path(os.environ["GREENWRIGHT_CHECK_JOURNAL"]))``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one run told."""

    units: float | None = None
    flop_count: float | None = None
    latency_s: float | None = None
    size_bytes: float | None = None
    quality: dict[str, float] = field(default_factory=dict)


def tell(
    *,
    units: float | None = None,
    quality: dict[str, float] | None = None,
    flop_count: float | None = None,
    latency_s: float | None = None,
    size_bytes: float | None = None,
) -> None:
    """From a program that is checked: what it delivered. Does nothing where no check listens.

    Args:
        units: Functional units that this run delivered.
        quality: By metric, such as ``{"accuracy": 0.97}``.
        flop_count: Of the whole run.
        latency_s: Per unit, where it is not simply the duration over the units.
        size_bytes: Of the model.
    """
    path = os.environ.get(RESULT)
    if path:
        told = {"units": units, "quality": quality, "flops": flop_count, "latency_s": latency_s, "size_bytes": size_bytes}
        Path(path).write_text(json.dumps({name: value for name, value in told.items() if value is not None}), encoding="utf-8")


def read_result(path: Path) -> Told:
    """What was told; nothing where the command wrote no file.

    Raises:
        BadInputError: no JSON object, an unknown key, or a value that is no number above 0.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Told()
    try:
        given = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInputError(f"the command wrote no JSON to ${RESULT} ({error}): {text[:80]!r}") from error
    known = {"units", "quality", "flops", "latency_s", "size_bytes"}
    if not isinstance(given, dict) or set(given) - known:
        raise BadInputError(f"the command wrote {text[:80]!r} to ${RESULT}; known keys are {', '.join(sorted(known))}")
    quality = given.get("quality") or {}
    if not isinstance(quality, dict):
        raise BadInputError(f'quality is {quality!r} in ${RESULT}; write it by metric, such as {{"accuracy": 0.97}}')
    return Told(
        units=_number(given, "units"),
        flop_count=_number(given, "flops"),
        latency_s=_number(given, "latency_s"),
        size_bytes=_number(given, "size_bytes"),
        quality={str(name): _finite(name, value) for name, value in quality.items()},
    )


def _number(given: dict[str, Any], name: str) -> float | None:
    if given.get(name) is None:
        return None
    value = _finite(name, given[name])
    if value <= 0:
        raise BadInputError(f"{name} is {value:g} in ${RESULT}; it must be above 0")
    return value


def _finite(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < float("inf"):
        raise BadInputError(f"{name} is {value!r} in ${RESULT}; it must be a number")
    return float(value)
