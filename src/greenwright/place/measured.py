"""Read what a measured run took, from the JSON that greenwright prints of a window or of a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from greenwright.errors import BadInputError
from greenwright.records.energy import Window
from greenwright.records.quantities import Quantity


def run(path: Path, repeat_count: float = 1.0) -> tuple[Quantity, float]:
    """Joules and seconds of the run, ``repeat_count`` times over.

    Raises:
        BadInputError: no such file, no JSON, or no window in it.
    """
    try:
        window = _window(msgspec.json.decode(path.read_bytes()))
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}; write it by greenwright measure --json") from error
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BadInputError(f"{path} holds no window that greenwright measured: {error}") from error
    energy = window.energy_j
    scaled = replace(
        energy,
        value=energy.value * repeat_count,
        low=energy.low * repeat_count,
        high=energy.high * repeat_count,
        source=f"a run measured {window.started_at[:10]} ({energy.source})",
    )
    if scaled.value <= 0 or window.duration_s <= 0:
        raise BadInputError(f"{path} says {energy.value} J in {window.duration_s} s; measure a run that does something")
    return scaled, window.duration_s * repeat_count


def _window(content: Any) -> Window:
    """A window as such, or the last, which is the whole, of a run or of a list of them."""
    if isinstance(content, list) and content:
        return _window(content[-1])
    if isinstance(content, dict):
        for key in ("run", "window", "whole"):
            if isinstance(content.get(key), dict):
                return _window(content[key])
        if content.get("windows"):
            return _window(content["windows"])
    return msgspec.convert(content, Window)
