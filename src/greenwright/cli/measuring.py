"""What ``greenwright measure`` does, without what parses its options: Typer costs more CPU time than the rest of a measurement."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from greenwright.errors import BadInputError, GreenwrightError
from greenwright.records.runs import Run

CANNOT_TELL = 4
"""As in ``exit_codes``, which would bring more than it is worth here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The options of one call."""

    command: tuple[str, ...] = ()
    name: str = ""
    repeat: int | None = None
    compare: str | None = None
    to: tuple[str, ...] = ()
    boundary: str | None = None
    place: str | None = None
    pue: str | None = None
    journal: str | None = None
    interval: str = "1s"
    recover: bool = False
    merge: bool = False
    imported: bool = False
    json: bool = False


def run(wanted: Wanted) -> int:
    """Do what was asked, print the outcome, and return the exit code.

    Raises:
        BadInputError: nothing to measure, or options that go badly together.
    """
    from greenwright import units

    account = _accountant(wanted)
    show = _as_json if wanted.json else _as_text
    if sum((wanted.recover, wanted.merge, wanted.imported)) > 1:
        raise BadInputError("--recover, --merge and --import read different files; give one of them")
    if wanted.imported:
        _import([Path(one) for one in wanted.command], show, wanted.to, account)
        return 0
    if wanted.recover or wanted.merge:
        _from_journals([Path(one) for one in wanted.command], show, merge=wanted.merge)
        return 0
    if not wanted.command:
        raise BadInputError(
            "there is nothing to measure; give a command after --, such as: greenwright measure -- python train.py"
        )
    with _Job(wanted, interval_s=units.parse_duration_s(wanted.interval)) as job:
        if wanted.compare is not None:
            if wanted.to:
                raise BadInputError("--to takes what was measured, and --compare gives a ratio; leave one of them out")
            return _compare(job, shlex.split(wanted.compare), wanted.repeat, show)
        with _following(job, wanted.to) as show_sinks:
            return _measure(job, wanted.repeat or 1, show, show_sinks, account)


def _accountant(wanted: Wanted) -> Callable[[Run], Run]:
    """Adds what a run cost at the boundary asked for; the catalogue is only read where one is."""
    if not (wanted.boundary or wanted.place or wanted.pue):
        return lambda run: run
    from greenwright.cli.accounting import account, asked

    terms = asked(wanted.boundary, wanted.place, wanted.pue)
    assert terms is not None
    return lambda run: replace(run, account=account(run, terms))


@contextmanager
def _following(job: _Job, texts: Sequence[str]) -> Iterator[Callable[[Run], None]]:
    """Sinks that are shown the run at every look, and once more when it has ended."""
    if not texts:
        yield lambda _: None
        return
    from greenwright.meter.sending import following

    with following(texts) as show:
        assert job.meter.recorder is not None
        job.meter.recorder.after_look = lambda: show(job.meter.run())
        try:
            yield show
        finally:
            job.meter.recorder.after_look = None


class _Job:
    """A command, with the meter for it and the journal that keeps it."""

    def __init__(self, wanted: Wanted, interval_s: float) -> None:
        from greenwright.meter.process import command_cpu_s, command_probes
        from greenwright.meter.session import Meter

        self.command = wanted.command
        self.output = 2 if wanted.json else None
        self._kept = wanted.journal is not None
        self._path = _new_journal(Path(wanted.journal) if wanted.journal else _home() / "runs")
        self.meter = Meter(
            name=wanted.name or shlex.join(self.command),
            probes=command_probes(),
            journal=self._path,
            interval_s=interval_s,
            cpu_s=command_cpu_s,
            command=self.command,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """The journal has served its purpose, unless it is to be merged."""
        self.meter.end()
        if not self._kept:
            self._path.unlink(missing_ok=True)


def _measure(
    job: _Job, count: int, show: Callable[[Any], None], show_sinks: Callable[[Run], None], account: Callable[[Run], Run]
) -> int:
    from greenwright.meter.process import run_command

    code = 0
    for _ in range(count):
        ended = run_command(job.command, job.meter, job.meter.name, output=job.output)
        code = ended.exit_code
        if ended.left_count:
            _say(f"{ended.left_count} processes it started still run; what they use from now on is not counted")
        if code:
            break
    run = account(job.meter.run(exit_code=code))
    job.meter.end(code)
    show_sinks(run)
    show(run if len(run.windows) == 1 else _repeats(run))
    return code


def _repeats(run: Run) -> Any:
    from greenwright.meter.compare import repeats

    return repeats(run)


def _compare(job: _Job, other: Sequence[str], pair_count: int | None, show: Callable[[Any], None]) -> int:
    from greenwright.meter.compare import compare
    from greenwright.records.energy import Verdict

    if not other:
        raise BadInputError("--compare names no command; give one in quotes, such as --compare 'python old.py'")
    compared = compare(
        _work(other, job.output), _work(job.command, job.output), meter=job.meter, max_pairs=pair_count or 30, warm_up_calls=1
    )
    show((compared, other, job.command))
    return CANNOT_TELL if compared.verdict is Verdict.CANNOT_TELL else 0


def _work(command: Sequence[str], output: int | None) -> Callable[[], None]:
    from greenwright.meter.process import run_child

    def work() -> None:
        if code := run_child(command, output=output):
            raise GreenwrightError(f"{shlex.join(command)} ended with exit code {code}, so there is nothing to compare")

    return work


def _from_journals(paths: list[Path], show: Callable[[Any], None], *, merge: bool) -> None:
    from greenwright.meter.runs import merge as merged
    from greenwright.meter.runs import read_runs, unfinished

    if merge:
        show(merged([run for path in _journals(paths) for run in read_runs(path)]))
        return
    found = [(path, run) for path in _journals(paths) for run in read_runs(path)] if paths else unfinished(_home() / "runs")
    if not found:
        _say("no measurement was cut off")
    show([run for _, run in found])
    for path, _ in found:
        _say(f"journal {path}; remove it when you need it no more")


def _import(paths: list[Path], show: Callable[[Any], None], texts: Sequence[str], account: Callable[[Run], Run]) -> None:
    from greenwright.meter.importing import import_runs
    from greenwright.meter.sending import send, sink

    if not paths:
        raise BadInputError("--import names no file; give an emissions.csv of CodeCarbon, or a log of Zeus")
    for text in texts:
        sink(text)  # refuse before any is written
    runs = [account(run) for path in paths for run in import_runs(path)]
    for run in runs:
        send(run, texts)
    show(runs)


def _journals(paths: Iterable[Path]) -> list[Path]:
    found = [one for path in paths for one in (sorted(path.glob("*.jsonl")) if path.is_dir() else [path])]
    if not found:
        raise BadInputError(
            f"there is no journal in {', '.join(map(str, paths)) or 'nothing'}; name files, or a folder of *.jsonl"
        )
    return found


def _home() -> Path:
    from greenwright.settings import resolve

    return resolve().home


def _new_journal(folder: Path) -> Path:
    return folder / f"{time.strftime('%Y%m%dT%H%M%S')}-{os.uname().nodename}-{os.getpid()}.jsonl"


def _as_json(value: Any) -> None:
    import msgspec

    one = value[0] if isinstance(value, tuple) else value
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(one), indent=2).decode() + "\n")
    sys.stdout.flush()


def _as_text(value: Any) -> None:
    """On standard error, so that what the command prints can be piped."""
    from greenwright.records.runs import Merged, Repeats
    from greenwright.report import runs as words

    if isinstance(value, tuple):
        lines = words.comparison_lines(*value)
    elif isinstance(value, Merged):
        lines = words.merged_lines(value)
    elif isinstance(value, Repeats):
        lines = words.repeats_lines(value)
    else:
        lines = (line for run in (value if isinstance(value, list) else [value]) for line in words.run_lines(run))
    for line in lines:
        _say(line)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
