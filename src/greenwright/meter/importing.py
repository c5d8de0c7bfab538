"""Runs that other tools wrote: CodeCarbon's ``emissions.csv`` and the log of Zeus' monitor. Nothing they guessed becomes measured."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from greenwright import units
from greenwright.errors import BadInputError
from greenwright.meter.window import total
from greenwright.records.energy import Part, Window
from greenwright.records.quantities import Grade, Quantity
from greenwright.records.runs import Place, Run

CODECARBON_CPU_RATIOS = (0.51, 5.3)
"""True energy over CodeCarbon's model of a CPU, over its own public sweeps: it was at worst 95 % too high, and 81 % too low."""
CODECARBON_RAM_RATIOS = (0.33, 1.07)
"""0.28 to 0.40 W a GB over what it takes: 0.375 W in version 2, up to 0.85 W by memory module in version 3."""

_Row = Mapping[str, str]


def import_runs(path: Path) -> list[Run]:
    """Every run of a file, told by its columns.

    Raises:
        BadInputError: it cannot be read, is of neither kind, or has a cell that is no number.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows, columns = list(reader), reader.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInputError(f"{path} cannot be read as a table: {error}") from error
    try:
        if {"run_id", "duration", "energy_consumed"} <= set(columns):
            return _codecarbon(rows)
        if {"start_time", "window_name", "elapsed_time"} <= set(columns):
            return _zeus(rows, path.stem)
    except (ValueError, OverflowError) as error:
        raise BadInputError(f"{path} has a cell that cannot be used ({error}); mend or remove that row") from error
    raise BadInputError(
        f"{path} is neither CodeCarbon's emissions.csv nor a log of Zeus: its columns are {', '.join(columns) or 'none'}"
    )


def _codecarbon(rows: Sequence[_Row]) -> list[Run]:
    """Rows of one run are running totals: the last of each counts."""
    last: dict[str, _Row] = {}
    for row in rows:
        if row.get("run_id") and row.get("energy_consumed"):
            known = last.get(row["run_id"])
            if known is None or _number(row, "duration") >= _number(known, "duration"):
                last[row["run_id"]] = row
    whole_machine = [_span(row) for row in last.values() if row.get("tracking_mode") == "machine"]
    return [_codecarbon_run(run_id, row, _shared(row, whole_machine)) for run_id, row in last.items()]


def _span(row: _Row) -> tuple[datetime, datetime]:
    """From when to when a run lasted, on a clock whose zone CodeCarbon does not tell."""
    ended = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)
    return ended - timedelta(seconds=_number(row, "duration")), ended


def _shared(row: _Row, whole_machine: Sequence[tuple[datetime, datetime]]) -> tuple[str, ...]:
    """A warning where other runs saw the same machine at the same time."""
    if row.get("tracking_mode") != "machine":
        return ()
    began, ended = _span(row)
    count = sum(one[0] < ended and began < one[1] for one in whole_machine) - 1
    if count <= 0:
        return ()
    said = (
        f"{count} other run{'s' if count > 1 else ''} of this file measured a whole machine at the same time: if it was the same "
        "machine, what it used is in each of them, and must not be added up"
    )
    return (said,)


def _codecarbon_run(run_id: str, row: _Row, problems: tuple[str, ...]) -> Run:
    duration_s = _number(row, "duration")
    started_at = _span(row)[0].isoformat(timespec="milliseconds")
    pue_ratio = max(1.0, _number(row, "pue") or 1.0)  # version 3 multiplies every component by it
    parts = (
        *_codecarbon_part("cpu", "cpu", row, pue_ratio, CODECARBON_CPU_RATIOS),
        *_codecarbon_part("ram", "dram", row, pue_ratio, CODECARBON_RAM_RATIOS),
        *_codecarbon_part("gpu", "gpu", row, pue_ratio, None),
    )
    return Run(
        id=run_id,
        name=row.get("project_name") or "codecarbon",
        place=Place(boot_id="", host="", pid=0),
        started_at=started_at,
        windows=(_window(row.get("project_name") or "codecarbon", started_at, duration_s, parts, problems),) if parts else (),
    )


def _codecarbon_part(
    name: str, component: str, row: _Row, pue_ratio: float, range_ratio: tuple[float, float] | None
) -> tuple[Part, ...]:
    energy_j = _number(row, f"{name}_energy") * units.J_PER_KWH / pue_ratio
    if energy_j <= 0:
        return ()
    low_ratio, high_ratio = range_ratio or (1.0, 1.0)
    version = row.get("codecarbon_version") or "of an unknown version"
    energy = Quantity(
        value=energy_j,
        low=energy_j * low_ratio,
        high=energy_j * high_ratio,
        grade=Grade.MODELLED if range_ratio else Grade.COUNTER,
        source=f"{name}_energy of CodeCarbon {version}"
        + (", which does not say whether it measured: taken for its model" if range_ratio else ", NVIDIA's energy counter"),
    )
    return (
        Part(counter=f"codecarbon:{name}", covers=f"{name}, as CodeCarbon counts it", energy_j=energy, component=component),
    )


def _zeus(rows: Sequence[_Row], name: str) -> list[Run]:
    """One run, a window a row. Zeus logs GPUs alone, whatever else it measured."""
    windows = []
    for row in rows:
        started_at = datetime.fromtimestamp(_number(row, "start_time"), UTC).isoformat(timespec="milliseconds")
        gpus = [key for key in row if key and key.startswith("gpu") and key.endswith("_energy")]
        parts = tuple(_zeus_part(key, _number(row, key)) for key in gpus)
        windows.append(_window(row["window_name"], started_at, _number(row, "elapsed_time"), parts))
    if not windows:
        return []
    return [
        Run(
            id=f"zeus-{name}-{windows[0].started_at}",
            name=name,
            place=Place(boot_id="", host="", pid=0),
            started_at=windows[0].started_at,
            windows=tuple(windows),
        )
    ]


def _zeus_part(key: str, energy_j: float) -> Part:
    said = f"{key} of Zeus: NVIDIA's counter, or power added up on older GPUs, which the log does not tell"
    energy = Quantity(value=energy_j, low=energy_j, high=energy_j, grade=Grade.SAMPLED, source=said)
    return Part(counter=f"zeus:{key.removesuffix('_energy')}", covers="one GPU", energy_j=energy, component="gpu")


def _window(name: str, started_at: str, duration_s: float, parts: tuple[Part, ...], problems: tuple[str, ...] = ()) -> Window:
    return Window(
        name=name,
        started_at=started_at,
        duration_s=duration_s,
        cpu_s=0.0,
        energy_j=total(part.energy_j for part in parts),
        parts=parts,
        problems=problems,
    )


def _number(row: _Row, column: str) -> float:
    """0 where the cell is empty or the column missing."""
    text = (row.get(column) or "").strip()
    value = float(text) if text else 0.0
    if not math.isfinite(value):
        raise ValueError(f"{column} is {text}")
    return value
