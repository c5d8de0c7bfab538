"""Run the command on the head and on what it is compared with, in turn, each run in a window of the meter."""

from __future__ import annotations

import math
import os
import signal
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from greenwright.budgets.instructions import Perf, counted, read_count
from greenwright.budgets.read import Plan
from greenwright.budgets.result_file import JOURNAL, RESULT, read_result
from greenwright.errors import BadInputError, GreenwrightError
from greenwright.records.checks import Repeat, Side

if TYPE_CHECKING:
    from greenwright.meter.session import Meter

SIDE = "GREENWRIGHT_CHECK_SIDE"
"""Tells the command which side it is: "head", "base" or the released version."""
_ENTER = 'cd "$1" || exit 126; shift; exec env "$@"'
"""A shell that goes to a folder, sets variables and becomes the command: the process that is measured is the command's own."""
_STDERR = 2
_INTERRUPTED = 128 + signal.SIGINT


@dataclass(slots=True, kw_only=True)
class Runner:
    """One side while it is measured."""

    side: Side
    folder: Path
    """Of its working tree."""
    repeats: list[Repeat] = field(default_factory=list)

    def done(self) -> Side:
        """The side with what was measured."""
        return replace(self.side, repeats=tuple(self.repeats))


def run_rounds(  # noqa: PLR0913 - the parts of one experiment
    plan: Plan, runners: Sequence[Runner], meter: Meter, perf: Perf, count: int, *, warm_up: bool
) -> None:
    """Add ``count`` repeats to every runner, in turn: A B, B A, A B …; before the first, each runs once and is not believed."""
    for number in range(-1 if warm_up else 0, count):
        for runner in runners if number % 2 == 0 else list(reversed(runners)):
            repeat = _run(plan, runner, meter, perf)
            if number >= 0:
                runner.repeats.append(repeat)


def _run(plan: Plan, runner: Runner, meter: Meter, perf: Perf) -> Repeat:
    from greenwright.meter.process import run_command

    name = runner.side.name
    with tempfile.TemporaryDirectory(prefix="greenwright-check-") as scratch:
        told, journal, instructions = (Path(scratch) / one for one in ("told.json", "journal.jsonl", "perf"))
        command = list(plan.command)
        if perf.program:
            command = counted(perf.program, command, instructions)
        variables = [f"{RESULT}={told}", f"{JOURNAL}={journal}", f"{SIDE}={name}", f"PYTHONPATH={_python_path(runner.folder)}"]
        entered = ["/bin/sh", "-c", _ENTER, "sh", str(runner.folder), *variables, *command]
        ended = run_command(entered, meter, name, output=_STDERR)
        if ended.exit_code == _INTERRUPTED:  # Ctrl-C was for the command, and is for the check, too
            raise KeyboardInterrupt
        if ended.exit_code:
            raise GreenwrightError(
                f"`{' '.join(plan.command)}` on {name} ended with exit code {ended.exit_code}, so there is nothing to check"
            )
        window, result = ended.window, read_result(told)
        if window.too_short:
            raise BadInputError(
                f"one run of the command takes {window.duration_s:.3f} s, too short for the counters here, which need "
                f"{meter.min_window_s:g} s; let it do more work"
            )
        return Repeat(
            units=result.units or plan.units,
            duration_s=window.duration_s,
            cpu_s=window.cpu_s,
            energy_j=window.energy_j,
            instruction_count=read_count(instructions) if perf.program else None,
            flop_count=result.flop_count,
            latency_s=result.latency_s,
            size_bytes=result.size_bytes if result.size_bytes is not None else _size_bytes(plan.size, runner.folder),
            quality=result.quality,
            phases_j=_phases(journal),
        )


def _python_path(folder: Path) -> str:
    """Each side imports its own sources, though only one of the two is installed."""
    given = os.environ.get("PYTHONPATH")
    return os.pathsep.join([str(folder / "src"), str(folder), *([given] if given else [])])


def _size_bytes(pattern: str, folder: Path) -> float | None:
    if not pattern:
        return None
    found = [path for path in folder.glob(pattern) if path.is_file()]
    if not found:
        raise BadInputError(
            f"no file matches size = {pattern!r} in {folder}; name what the command leaves, or what is kept beside it"
        )
    return float(sum(path.stat().st_size for path in found))


def _phases(journal: Path) -> dict[str, float]:
    """Joules by the name of the windows that the command measured of itself."""
    if not journal.exists():
        return {}
    from greenwright.meter.runs import read_runs

    phases: dict[str, list[float]] = {}
    for run in read_runs(journal):
        for window in run.windows:
            phases.setdefault(window.name, []).append(window.energy_j.value)
    return {name: math.fsum(joules) for name, joules in phases.items()}
