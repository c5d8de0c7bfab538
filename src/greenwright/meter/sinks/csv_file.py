"""A run as rows of a CSV file: one a window."""

from __future__ import annotations

from pathlib import Path

from greenwright.meter.files import add_rows
from greenwright.meter.sink_contract import Meta
from greenwright.records.energy import Window
from greenwright.records.runs import Run

META = Meta(
    id="csv",
    title="Rows of a CSV file, one a window, added at its end",
    target="the file",
    example="csv:energy.csv",
    source="https://www.rfc-editor.org/rfc/rfc4180",
)
COLUMNS = (
    "run",
    "name",
    "host",
    "rank",
    "window",
    "started_at",
    "duration_s",
    "cpu_s",
    "energy_j",
    "energy_low_j",
    "energy_high_j",
    "grade",
    "source",
    "too_short",
    "finished",
)


def write(run: Run, target: str) -> None:
    """Add the run's rows.

    Raises:
        BadInputError: the file cannot be written, or has other columns.
    """
    add_rows(Path(target), COLUMNS, [_row(run, window) for window in run.windows])


def _row(run: Run, window: Window) -> dict[str, object]:
    energy = window.energy_j
    return {
        "run": run.id,
        "name": run.name,
        "host": run.place.host,
        "rank": run.place.rank,
        "window": window.name,
        "started_at": window.started_at,
        "duration_s": window.duration_s,
        "cpu_s": window.cpu_s,
        "energy_j": energy.value,
        "energy_low_j": energy.low,
        "energy_high_j": energy.high,
        "grade": energy.grade.value,
        "source": energy.source,
        "too_short": window.too_short,
        "finished": run.finished,
    }
