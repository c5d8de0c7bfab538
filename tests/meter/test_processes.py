"""What processes did, from a fake /proc and a fake driver, and once from the real one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from greenwright.errors import BadInputError, CannotHereError
from greenwright.meter.processes import watch
from greenwright.meter.session import Meter
from greenwright.testing.conformance import FakeTime, install
from greenwright.testing.power import write_file
from greenwright.testing.probes import FakeNvml, FakePowercap

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class FakeProc:
    """Processes whose CPU time is known."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.busy_s = 0.0

    def busy(self, busy_s: float) -> None:
        ticks = round(busy_s * TICKS_PER_S)
        write_file(self.root / "proc/stat", f"cpu  {ticks} 0 0 100 0 0 0 0 0 0\n")

    def put(  # noqa: PLR0913 - a process has as many facts
        self, pid: int, name: str, own_s: float, *, children_s: float = 0.0, parent: int = 1, group: str = "/"
    ) -> None:
        own, children = round(own_s * TICKS_PER_S), round(children_s * TICKS_PER_S)
        stat = f"{pid} ({name}) S {parent} 0 0 0 -1 0 0 0 0 0 {own} 0 {children} 0 20 0 1 0 {pid * 7} 0 0\n"
        write_file(self.root / f"proc/{pid}/stat", stat)
        write_file(self.root / f"proc/{pid}/cgroup", f"0::{group}\n")

    def end(self, pid: int) -> None:
        for file in (self.root / f"proc/{pid}").iterdir():
            file.unlink()
        (self.root / f"proc/{pid}").rmdir()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[FakePowercap, FakeProc, FakeTime]:
    machine = FakePowercap(tmp_path)
    machine.add("intel-rapl:0", "package-0", 100.0)
    machine.add("intel-rapl:0:0", "dram", 20.0)
    proc = FakeProc(machine.root)
    proc.busy(50.0)
    proc.put(10, "train (it)", 5.0, group="/job")
    proc.put(20, "neighbour", 9.0, group="/other")
    return machine, proc, FakeTime(monkeypatch)


def test_processes_are_charged_by_their_cpu_time_and_the_rest_stays_open(
    server: tuple[FakePowercap, FakeProc, FakeTime],
) -> None:
    machine, proc, hands = server

    def wait(duration_s: float) -> None:
        machine.run(duration_s)
        hands.pass_by(duration_s)
        proc.busy(60.0)
        proc.put(10, "train (it)", 11.0, group="/job")
        proc.put(20, "neighbour", 12.0, group="/other")

    told = watch(10.0, root=machine.root, wait=wait)

    assert 1200.0 == pytest.approx(told.total_j.value)
    assert [("10 train (it)", 720.0), ("20 neighbour", 360.0)] == [
        (share.name, round(share.marginal_j.value, 6)) for share in told.shares
    ]
    assert 120.0 == pytest.approx(told.unattributed_j.value)


def test_a_child_that_ended_meanwhile_is_charged_once_to_the_parent_that_waited(
    server: tuple[FakePowercap, FakeProc, FakeTime],
) -> None:
    machine, proc, hands = server
    proc.put(11, "worker", 100.0, parent=10, group="/job")

    def wait(duration_s: float) -> None:
        machine.run(duration_s)
        hands.pass_by(duration_s)
        proc.busy(54.0)
        proc.end(11)
        proc.put(10, "train (it)", 6.0, children_s=103.0, group="/job")

    told = watch(10.0, by="cgroup", root=machine.root, wait=wait)

    assert [("/job", 4.0)] == [(share.name, share.cpu_s) for share in told.shares]


def test_gpus_are_charged_by_what_the_driver_says_each_process_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = FakeNvml(tmp_path, (300.0, 100.0))
    install(machine, monkeypatch)
    machine.work = {0: {10: 60, 20: 20}}
    proc, hands = FakeProc(machine.root), FakeTime(monkeypatch)
    proc.busy(0.0)
    proc.put(10, "train", 0.0)
    proc.put(20, "serve", 0.0)

    def wait(duration_s: float) -> None:
        machine.run(duration_s)
        hands.pass_by(duration_s)

    told = watch(10.0, root=machine.root, wait=wait)

    assert {"10 train": 2250.0, "20 serve": 750.0} == {
        share.name: pytest.approx(share.marginal_j.value) for share in told.shares
    }
    assert 1000.0 == pytest.approx(told.unattributed_j.value)


def test_a_busy_neighbour_on_this_machine_does_not_change_what_work_is_charged() -> None:
    """Real processes, a modelled CPU: the same loop alone and beside another, within the model's range of one another."""
    loop = [sys.executable, "-c", "while True: pass"]
    mine = subprocess.Popen(loop)
    try:
        told = watch(0.5, meter=Meter())
    finally:
        mine.kill()
        mine.wait()
    name = next(share.name for share in told.shares if share.name.startswith(f"{mine.pid} "))
    share = next(share for share in told.shares if share.name == name)

    assert share.cpu_s > 0
    assert told.total_j.value == pytest.approx(
        told.idle_j.value + told.unattributed_j.value + sum(one.marginal_j.value for one in told.shares)
    )


def test_without_processes_nobody_can_be_charged(tmp_path: Path) -> None:
    with pytest.raises(CannotHereError, match="shows no processes"):
        watch(1.0, root=tmp_path)


def test_another_grouping_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="give one of process, cgroup"):
        watch(1.0, by="user", root=tmp_path)
