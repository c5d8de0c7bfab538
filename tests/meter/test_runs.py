"""Journals become runs again, whole or cut off; many runs become one total in which no joule is counted twice."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenwright.errors import BadInputError
from greenwright.meter.nodes import ELSEWHERE
from greenwright.meter.runs import gained_by, merge, read_runs, unfinished
from greenwright.meter.session import Meter
from greenwright.records.quantities import Grade, Quantity
from greenwright.records.runs import Look, Place, Run, Trace
from greenwright.testing.probes import FakeProbe


def trace(start_s: float, end_s: float, power_w: float, *, counter: str = "rapl:0", own: bool = False) -> Trace:
    """A counter of constant power, looked at now and then."""
    times = [start_s + (end_s - start_s) * number / 5 for number in range(6)]
    energy_j = power_w * (end_s - start_s)
    return Trace(
        counter=counter,
        covers="all",
        component="cpu",
        own=own,
        energy_j=Quantity(value=energy_j, low=energy_j * 0.5, high=energy_j * 2, grade=Grade.COUNTER, source="a counter"),
        looks=tuple(Look(at_s=at_s, energy_j=power_w * (at_s - start_s)) for at_s in times),
    )


def run(*traces: Trace, pid: int = 1, boot_id: str = "boot", finished: bool = True) -> Run:
    place = Place(boot_id=boot_id, host=f"host-{boot_id}", pid=pid, process_started=pid)
    return Run(id=f"{boot_id}-{pid}", name="job", place=place, started_at="", windows=(), traces=traces, finished=finished)


def test_four_ranks_that_all_looked_at_one_counter_are_counted_once() -> None:
    merged = merge([run(trace(0.0, 10.0, 100.0), pid=pid) for pid in range(4)])

    assert 1000.0 == pytest.approx(merged.energy_j.value)
    assert (3000.0, 4) == pytest.approx((merged.counted_twice_j, merged.machines[0].rank_count))


def test_what_each_process_sees_of_itself_alone_is_added_up() -> None:
    merged = merge([run(trace(0.0, 10.0, 5.0, own=True), pid=pid) for pid in range(4)])

    assert (200.0, 0.0) == pytest.approx((merged.energy_j.value, merged.counted_twice_j))


def test_machines_are_told_apart_by_their_boot_and_not_by_their_clock() -> None:
    merged = merge([run(trace(0.0, 10.0, 100.0), boot_id=boot) for boot in ("a", "b")])

    assert 2000.0 == pytest.approx(merged.energy_j.value)
    assert ["host-a", "host-b"] == [one.host for one in merged.machines]


def test_a_counter_that_another_process_reads_adds_nothing() -> None:
    merged = merge([run(trace(0.0, 10.0, 100.0)), run(trace(0.0, 20.0, 0.0, counter=f"{ELSEWHERE}rapl:0"), pid=2)])

    assert 1000.0 == pytest.approx(merged.energy_j.value)


@settings(deadline=None)  # however busy the machine is
@given(
    spans=st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 50)), min_size=1, max_size=6),
    power_w=st.floats(0.1, 1000),
)
def test_at_constant_power_the_total_is_that_power_over_the_union_of_times(
    spans: list[tuple[float, float]], power_w: float
) -> None:
    merged = merge([run(trace(at, at + length, power_w), pid=pid) for pid, (at, length) in enumerate(spans)])
    union_s, end_s = 0.0, -math.inf
    for start_s, length_s in sorted(spans):
        union_s += max(0.0, start_s + length_s - max(start_s, end_s))
        end_s = max(end_s, start_s + length_s)

    assert union_s * power_w == pytest.approx(merged.energy_j.value, rel=1e-6)
    assert merged.energy_j.low == pytest.approx(merged.energy_j.value * 0.5)


def test_one_that_was_cut_off_makes_the_whole_unfinished() -> None:
    assert not merge([run(trace(0.0, 1.0, 1.0)), run(trace(0.0, 1.0, 1.0), pid=2, finished=False)]).finished


def test_nothing_to_merge_is_refused() -> None:
    with pytest.raises(BadInputError, match="1 runs hold nothing"):
        merge([run()])


def test_between_two_looks_energy_grows_with_time() -> None:
    looks = (Look(at_s=1.0, energy_j=0.0), Look(at_s=2.0, energy_j=10.0), Look(at_s=4.0, energy_j=50.0))

    assert [0.0, 5.0, 10.0, 30.0, 50.0, 50.0] == [gained_by(looks, at_s) for at_s in (0.0, 1.5, 2.0, 3.0, 4.0, 9.0)]


def test_a_journal_gives_back_the_windows_of_its_run(machine: FakeProbe, tmp_path: Path) -> None:
    path = tmp_path / "job.jsonl"
    with Meter(name="job", probes=[machine], journal=path) as meter:
        with meter.window("inner"):
            machine.work(1.0, 10.0)
        machine.work(1.0, 5.0)
    (found,) = read_runs(path)

    assert meter.windows == found.windows
    assert (True, "job", meter.place) == (found.finished, found.name, found.place)
    assert 15.0 == merge([found]).energy_j.value


def test_what_was_open_when_it_was_cut_off_holds_what_its_last_look_saw(machine: FakeProbe, tmp_path: Path) -> None:
    path = tmp_path / "job.jsonl"
    meter = Meter(name="job", probes=[machine], journal=path, interval_s=None)
    assert meter.recorder is not None
    meter.open("whole")
    with meter.window("step"):
        machine.work(1.0, 10.0)
    machine.work(1.0, 20.0)
    meter.recorder.look()
    machine.work(1.0, 400.0)  # never written down
    (found,) = read_runs(path)

    assert [("step", 10.0), ("whole", 30.0)] == [(one.name, one.energy_j.value) for one in found.windows]
    assert (False, 2.0) == (found.finished, found.windows[-1].duration_s)
    assert "fake source" == found.windows[-1].energy_j.source


def test_a_run_still_going_is_not_taken_for_one_that_was_cut_off(machine: FakeProbe, tmp_path: Path) -> None:
    meter = Meter(probes=[machine], journal=tmp_path / "job.jsonl", interval_s=None)
    opened = meter.open("whole")

    assert [] == unfinished(tmp_path)
    opened.close()


def test_ending_twice_writes_one_end(machine: FakeProbe, tmp_path: Path) -> None:
    path = tmp_path / "job.jsonl"
    with Meter(probes=[machine], journal=path) as meter:
        pass
    meter.end()
    meter.end()

    assert 1 == path.read_text().count('"end"')


def test_closing_a_window_twice_keeps_the_first_end(machine: FakeProbe) -> None:
    meter = Meter(probes=[machine])
    opened = meter.open("once")
    machine.work(1.0, 5.0)
    first = opened.close()
    machine.work(1.0, 5.0)

    assert first == opened.close()
    assert (first,) == meter.windows


KILLED = """
import sys, time
from pathlib import Path
from greenwright import Meter

with Meter(name="job", journal=Path(sys.argv[1]), interval_s=0.1) as meter:
    with meter.window("step"):
        while True:
            sum(range(10_000))
"""


def test_kill_9_loses_no_more_than_an_interval(tmp_path: Path) -> None:
    path = tmp_path / "job.jsonl"
    started_s = time.monotonic()
    victim = subprocess.Popen([sys.executable, "-c", KILLED, str(path)])
    while time.monotonic() < started_s + 30 and (not path.exists() or path.read_text().count("looks") < 5):
        time.sleep(0.02)
    seen_before = path.read_text().count("looks")
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait()
    (found,) = read_runs(path)

    assert [("step", True), ("job", True)] == [(one.name, one.energy_j.value > 0) for one in found.windows]
    assert found.windows[-1].duration_s >= 0.1 * (seen_before - 1)
    assert [(path, found)] == unfinished(tmp_path)
    assert [path] == list(tmp_path.iterdir())


def test_two_restarts_in_one_journal_are_two_runs(machine: FakeProbe, tmp_path: Path) -> None:
    path = tmp_path / "job.jsonl"
    for _ in range(2):
        with Meter(probes=[machine], journal=path):
            machine.work(1.0, 10.0)

    assert 20.0 == merge([replace(one, finished=True) for one in read_runs(path)]).energy_j.value
