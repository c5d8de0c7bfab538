"""A run as one JSON file, everything that is known of it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from greenwright.meter.files import replace_file
from greenwright.meter.sink_contract import Meta
from greenwright.records.runs import Run

META = Meta(
    id="json",
    title="One JSON file, replaced whole",
    target="the file",
    example="json:energy.json",
    source="https://www.rfc-editor.org/rfc/rfc8259",
)


def write(run: Run, target: str) -> None:
    """Replace the file.

    Raises:
        BadInputError: the file cannot be written.
    """
    replace_file(Path(target), msgspec.json.format(msgspec.json.encode(run), indent=2) + b"\n")
