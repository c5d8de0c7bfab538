"""What sources answered, kept on disk: the same question is not asked again while its answer still holds."""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

import msgspec

from greenwright.grid.contract import Ask
from greenwright.grid.series import HOUR_S
from greenwright.records.grid import Intensity

FRESH_S = HOUR_S / 2
"""For what may still change: forecasts, and hours so recent that sources correct them."""
SETTLED_S = 7 * 24 * HOUR_S
"""What is older than this is corrected no more."""


def keep(folder: Path, source: str, ask: Ask, series: Intensity) -> None:
    """Write an answer, whole or not at all; a disk that is full or not ours is no reason to fail."""
    path = _path(folder, source, ask)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(msgspec.json.encode(series))
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)


def kept(folder: Path, source: str, ask: Ask, now_s: float) -> Intensity | None:
    """The answer of before, if it still holds; None where there is none, or it is old or torn."""
    try:
        series = msgspec.json.decode(_path(folder, source, ask).read_bytes(), type=Intensity)
    except (OSError, msgspec.DecodeError):
        return None
    settled = not ask.forecast and ask.end_s <= series.fetched_s - SETTLED_S
    return series if settled or 0 <= now_s - series.fetched_s <= FRESH_S else None


def _path(folder: Path, source: str, ask: Ask) -> Path:
    plain = hashlib.sha256(msgspec.json.encode(ask)).hexdigest()[:16]
    zone = "".join(letter if letter.isalnum() or letter == "-" else "_" for letter in ask.zone)[:40]
    return folder / source / f"{zone}-{plain}.json"
