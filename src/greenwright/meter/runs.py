"""Journals become runs again, also those of processes that were killed; and runs of many processes become one total."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from greenwright.errors import BadInputError
from greenwright.meter import window as arithmetic
from greenwright.meter.journal import CounterLine, EndLine, Line, LookLine, OpenedLine, RunLine, read_lines
from greenwright.meter.nodes import ELSEWHERE, is_running
from greenwright.records.energy import Part, Window
from greenwright.records.quantities import Grade, Quantity
from greenwright.records.runs import Look, MachineTotal, Merged, Run, Trace


def read_runs(path: Path) -> list[Run]:
    """Every run of a journal, in order. A window that was cut off holds what it held at its last look.

    Raises:
        BadInputError: no such file, or a line that is whole and not one of a journal.
    """
    stories: list[_Story] = []
    for line in read_lines(path):
        if line.run is not None:
            stories.append(_Story(head=line.run))
        elif stories:
            stories[-1].add(line)
    return [story.run() for story in stories]


def unfinished(folder: Path) -> list[tuple[Path, Run]]:
    """Every run in a folder's journals that was cut off: it never ended, and its process is gone."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        found += [(path, run) for run in read_runs(path) if not run.finished and not is_running(run.place)]
    return found


@dataclass(kw_only=True)
class _Story:
    """The lines of one run, as they are read."""

    head: RunLine
    opened: dict[int, OpenedLine] = field(default_factory=dict)
    looks: dict[int, list[LookLine]] = field(default_factory=lambda: defaultdict(list))
    ended_s: dict[int, tuple[Window, float]] = field(default_factory=dict)
    end: EndLine | None = None

    def add(self, line: Line) -> None:
        """Take in the next line."""
        if line.opened is not None:
            self.opened[line.opened.number] = line.opened
        for look in line.looks:
            self.looks[look.number].append(look)
        if line.window is not None and line.number is not None and line.ended_s is not None:
            self.ended_s[line.number] = (line.window, line.ended_s)
        self.end = line.end or self.end

    def run(self) -> Run:
        """What the lines say, taken together."""
        torn = [number for number in reversed(self.opened) if number not in self.ended_s]
        cut_off = [window for number in torn if (window := self._cut_off(number)) is not None]
        return Run(
            id=self.head.id,
            name=self.head.name,
            place=self.head.place,
            started_at=self.head.started_at,
            windows=(*(window for window, _ in self.ended_s.values()), *cut_off),
            command=self.head.command,
            exit_code=self.end.exit_code if self.end else None,
            finished=not torn,
            interval_s=self.head.interval_s,
            traces=tuple(trace for number in self.opened for trace in self._traces(number)),
        )

    def _cut_off(self, number: int) -> Window | None:
        if not self.looks[number]:
            return None
        opened, last = self.opened[number], self.looks[number][-1]
        parts = tuple(self._part(counter, *numbers) for counter, numbers in last.parts_j.items())
        return Window(
            name=opened.name,
            started_at=opened.started_at,
            duration_s=last.at_s - opened.at_s,
            cpu_s=last.cpu_s,
            energy_j=arithmetic.total(part.energy_j for part in parts),
            parts=parts,
        )

    def _part(self, counter: str, value: float, low: float, high: float) -> Part:
        known = self._counter(counter)
        energy_j = Quantity(value=value, low=low, high=high, grade=known.grade, source=known.source)
        return Part(counter=counter, covers=known.covers, energy_j=energy_j, component=known.component)

    def _counter(self, name: str) -> CounterLine:
        return next(
            (one for one in self.head.counters if one.counter == name),
            CounterLine(counter=name, covers=name, grade=Grade.ASSUMED, source=name),
        )

    def _traces(self, number: int) -> Iterable[Trace]:
        opened = self.opened[number]
        window, ended_s = self.ended_s.get(number, (self._cut_off(number), None))
        for part in window.parts if window is not None else ():
            looks = [
                Look(at_s=one.at_s, energy_j=one.parts_j[part.counter][0])
                for one in self.looks[number]
                if part.counter in one.parts_j
            ]
            if ended_s is not None:
                looks.append(Look(at_s=max(ended_s, opened.at_s), energy_j=part.energy_j.value))
            yield Trace(
                counter=part.counter,
                covers=part.covers,
                component=part.component,
                own=self._counter(part.counter).own,
                energy_j=part.energy_j,
                looks=(Look(at_s=opened.at_s, energy_j=0.0), *looks),
            )


def merge(runs: Sequence[Run]) -> Merged:
    """One total of many runs. What several of them saw at one time, on one counter of one boot, is counted once.

    A counter that sees one process alone is counted for every process. Where two runs overlap in part, the later one
    contributes what its counter gained after the earlier had ended, taken from its looks, and between two looks in
    proportion to time.

    Raises:
        BadInputError: no run, or none with a window.
    """
    traces: dict[tuple[str, str, str], list[Trace]] = defaultdict(list)
    for run in runs:
        for trace in map(_taken_over, run.traces):
            if trace is not None:
                owner = f"{run.place.pid}/{run.place.process_started}" if trace.own else ""
                traces[run.place.boot_id or run.place.host, trace.counter, owner].append(trace)
    if not traces:
        raise BadInputError(f"{len(runs)} runs hold nothing that was measured; name the journals of a job")
    counted: dict[str, list[Part]] = defaultdict(list)
    for (machine, _, _), same in traces.items():
        counted[machine].append(_once(same))
    machines = tuple(_machine(key, parts, runs) for key, parts in counted.items())
    every_j = math.fsum(trace.energy_j.value for same in traces.values() for trace in same)
    energy_j = arithmetic.total(one.energy_j for one in machines)
    return Merged(
        name=next((run.name for run in runs if run.name), ""),
        energy_j=energy_j,
        machines=machines,
        runs=tuple(run.id for run in runs),
        counted_twice_j=max(0.0, every_j - energy_j.value),
        finished=all(run.finished for run in runs),
    )


def _taken_over(trace: Trace) -> Trace | None:
    """What this process read itself: of a counter that another one read, from the time on at which it took over."""
    if not trace.counter.startswith(ELSEWHERE):
        return trace
    begun = max((number for number, look in enumerate(trace.looks) if look.energy_j <= 0), default=0)
    looks = trace.looks[begun:]
    return replace(trace, counter=trace.counter.removeprefix(ELSEWHERE), looks=looks) if len(looks) > 1 else None


def _machine(key: str, parts: list[Part], runs: Sequence[Run]) -> MachineTotal:
    here = [run for run in runs if (run.place.boot_id or run.place.host) == key]
    return MachineTotal(
        boot_id=here[0].place.boot_id,
        host=here[0].place.host,
        rank_count=len({(run.place.pid, run.place.process_started) for run in here}),
        energy_j=arithmetic.total(part.energy_j for part in parts),
        parts=tuple(parts),
    )


def _once(traces: Sequence[Trace]) -> Part:
    """The joules of one counter over the union of the times it was looked at."""
    covered_s = -math.inf
    shares: list[Quantity] = []
    for trace in sorted(traces, key=lambda one: (one.looks[0].at_s, -one.looks[-1].at_s)):
        if trace.looks[-1].at_s > covered_s or not shares:
            shares.append(_after(trace, covered_s))
            covered_s = trace.looks[-1].at_s
    return Part(
        counter=traces[0].counter, covers=traces[0].covers, energy_j=arithmetic.total(shares), component=traces[0].component
    )


def _after(trace: Trace, from_s: float) -> Quantity:
    """What a trace gained after a time, its range in proportion."""
    whole = trace.energy_j
    share = 1.0 - gained_by(trace.looks, from_s) / whole.value if whole.value > 0 else 1.0
    return Quantity(
        value=whole.value * share, low=whole.low * share, high=whole.high * share, grade=whole.grade, source=whole.source
    )


def gained_by(looks: Sequence[Look], at_s: float) -> float:
    """Joules gained by a time: those of the look at it, in proportion to time between two looks."""
    if at_s <= looks[0].at_s:
        return looks[0].energy_j
    for before, after in pairwise(looks):
        if at_s <= after.at_s:
            passed_share = (at_s - before.at_s) / (after.at_s - before.at_s)
            return before.energy_j + passed_share * (after.energy_j - before.energy_j)
    return looks[-1].energy_j
