"""A counter that all processes of a machine share is read by one process of a job."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from greenwright.meter.nodes import ELSEWHERE, Seat, is_running, once_per_machine, place
from greenwright.meter.probes import nvml
from greenwright.meter.runs import merge, read_runs
from greenwright.meter.sensors import sensors
from greenwright.meter.session import Meter
from greenwright.records.runs import Place
from greenwright.testing.conformance import FakeTime, install
from greenwright.testing.probes import FakeNvml, FakePowercap, FakeProbe

TORCHRUN = {
    "TORCHELASTIC_RUN_ID": "none",
    "MASTER_ADDR": "127.0.0.1",
    "MASTER_PORT": "29501",
    "RANK": "5",
    "LOCAL_RANK": "1",
    "WORLD_SIZE": "8",
    "LOCAL_WORLD_SIZE": "4",
}
SLURM = {
    "SLURM_JOB_ID": "123",
    "SLURM_STEP_ID": "0",
    "SLURM_PROCID": "5",
    "SLURM_LOCALID": "1",
    "SLURM_STEP_NUM_TASKS": "8",
    "SLURM_STEP_TASKS_PER_NODE": "4(x2)",
}
OPENMPI = {
    "PMIX_NAMESPACE": "prterun-host-1@1",
    "OMPI_COMM_WORLD_RANK": "5",
    "OMPI_COMM_WORLD_LOCAL_RANK": "1",
    "OMPI_COMM_WORLD_SIZE": "8",
    "OMPI_COMM_WORLD_LOCAL_SIZE": "4",
}


@pytest.mark.parametrize("environment", [TORCHRUN, SLURM, OPENMPI], ids=["torchrun", "slurm", "openmpi"])
def test_a_launcher_says_where_a_process_stands(environment: dict[str, str]) -> None:
    one = place(environment)

    assert (5, 1, 8, 4) == (one.rank, one.local_rank, one.rank_count, one.local_count)
    assert one.job


def test_a_process_started_by_hand_is_a_job_of_its_own() -> None:
    one = place({})

    assert ("", 0, 1, os.getpid()) == (one.job, one.rank, one.rank_count, one.pid)
    assert one.boot_id


def test_a_shell_inside_a_slurm_allocation_is_no_rank_of_a_step() -> None:
    assert "" == place({"SLURM_JOB_ID": "123"}).job


def test_steps_of_one_slurm_job_are_jobs_of_their_own() -> None:
    assert place(SLURM).job != place(SLURM | {"SLURM_STEP_ID": "1"}).job


def test_one_process_of_a_job_reads_and_the_next_takes_over_when_it_leaves() -> None:
    one = Place(boot_id="b", host="h", pid=1, job=f"test-{os.getpid()}")
    first, second = Seat(one), Seat(one)
    assert (True, False) == (first.is_reader, second.is_reader)
    first.leave()
    first.leave()
    third = Seat(one)

    assert third.is_reader
    third.leave()


def test_jobs_do_not_keep_one_another_from_reading() -> None:
    seats = [Seat(Place(boot_id="b", host="h", pid=1, job=f"test-{os.getpid()}-{number}")) for number in range(2)]

    assert all(seat.is_reader for seat in seats)
    for seat in seats:
        seat.leave()


def test_who_does_not_read_gains_nothing_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakePowercap(tmp_path).server()
    for name, value in TORCHRUN.items():
        monkeypatch.setenv(name, value)
    reader, other = Meter(root=server.root), Meter(root=server.root)
    with reader.window("read") as read, other.window("not read") as not_read:
        server.run(10.0)
    reader.end()
    other.end()

    assert read.result.energy_j.value > 0
    assert 0.0 == not_read.result.energy_j.value
    assert not_read.result.energy_j.source.startswith("counted once, by another process of this job")
    assert all(part.counter.startswith(ELSEWHERE) for part in not_read.result.parts)


def test_when_the_process_that_reads_ends_another_takes_over_and_nothing_is_counted_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = FakeTime(monkeypatch)
    server = FakePowercap(tmp_path)
    server.add("intel-rapl:0", "package-0", 100.0)
    for name, value in TORCHRUN.items():
        monkeypatch.setenv(name, value)

    def work(duration_s: int) -> None:
        for _ in range(duration_s):
            server.run(1.0)
            hands.pass_by(1.0)
            for meter in (reader, other):
                if meter.recorder is not None:
                    meter.recorder.look()

    reader = Meter(root=server.root, journal=tmp_path / "reader.jsonl", interval_s=None)
    other = Meter(root=server.root, journal=tmp_path / "other.jsonl", interval_s=None)
    with other.window("longer") as longer:
        work(2)
        with reader.window("shorter") as shorter:
            work(10)
        reader.end()
        work(5)
    other.end()
    merged = merge([*read_runs(tmp_path / "reader.jsonl"), *read_runs(tmp_path / "other.jsonl")])

    assert 1000.0 == pytest.approx(shorter.result.energy_j.value)
    assert 400.0 == pytest.approx(longer.result.energy_j.value)  # the look that takes over is the first that counts
    assert 1400.0 == pytest.approx(merged.energy_j.value)


def test_power_is_taken_over_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = FakeNvml(tmp_path, (300.0,), has_energy=False)
    install(machine, monkeypatch)
    hands = FakeTime(monkeypatch)
    for name, value in TORCHRUN.items():
        monkeypatch.setenv(name, value)
    reader, other = (Meter(root=machine.root, probes=[nvml]) for _ in range(2))
    for poller in other.pollers:
        poller.wait_s = None
    with other.window("longer") as longer:
        for second in range(30):
            hands.pass_by(0.1)
            other.look()
            if second == 9:
                reader.end()
    other.end()

    assert 0 < longer.result.energy_j.value < 300.0 * 2.1


def test_who_has_left_does_not_take_over_again() -> None:
    one = Place(boot_id="b", host="h", pid=1, job=f"left-{os.getpid()}")
    first, second = Seat(one), Seat(one)
    second.leave()
    first.leave()

    assert not second.reads_now()


def test_cpu_time_is_every_process_s_own(tmp_path: Path) -> None:
    found, _ = sensors(tmp_path)
    one = Place(boot_id="b", host="h", pid=1, job=f"own-{os.getpid()}")
    first, second = Seat(one), Seat(one)

    assert [source.counter.id for source in once_per_machine(found, second) if source.counter.marginal] == [
        source.counter.id for source in found if source.counter.marginal
    ]
    first.leave()


def test_whether_a_process_runs_is_known_without_a_lock_file(machine: FakeProbe) -> None:
    here = place()
    gone = Place(boot_id=here.boot_id, host=here.host, pid=here.pid, process_started=here.process_started + 1)

    assert is_running(here)
    assert not is_running(gone)
    assert not is_running(Place(boot_id="before the restart", host="h", pid=here.pid, process_started=here.process_started))


RANK = """
import sys, time
from pathlib import Path
import torch.distributed as dist
from greenwright import Meter

root, folder = map(Path, sys.argv[1:])
dist.init_process_group("gloo")
meter = Meter(name="job", root=root, journal=folder / f"{dist.get_rank()}.jsonl")
dist.barrier()
with meter:
    dist.barrier()
    if dist.get_rank() == 0:
        for zone in (root / "sys/class/powercap").glob("intel-rapl:*/energy_uj"):
            zone.write_text(str(int(zone.read_text()) + 7_000_000))
    dist.barrier()
dist.destroy_process_group()
"""


@pytest.mark.slow
def test_two_gloo_ranks_under_torchrun_read_the_machine_once(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    powercap = FakePowercap(tmp_path)
    powercap.add("intel-rapl:0", "package-0", 100.0)
    (tmp_path / "rank.py").write_text(RANK)
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"),
            *(str(tmp_path / "rank.py"), str(powercap.root), str(tmp_path)),
        ],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert ended.returncode == 0, ended.stderr
    runs = [run for path in sorted(tmp_path.glob("*.jsonl")) for run in read_runs(path)]
    merged = merge(runs)

    assert [0, 1] == sorted(run.place.rank for run in runs)
    assert [0.0, 7.0] == pytest.approx(sorted(run.windows[-1].energy_j.value for run in runs))
    assert (7.0, 0.0) == pytest.approx((merged.energy_j.value, merged.counted_twice_j))


def test_four_slurm_tasks_measured_from_outside_read_the_machine_once(tmp_path: Path) -> None:
    environment = os.environ | SLURM | {"GREENWRIGHT_HOME": str(tmp_path), "SLURM_JOB_ID": f"test{os.getpid()}"}
    tasks = [
        subprocess.Popen(
            [sys.executable, "-m", "greenwright", "measure", "--journal", str(tmp_path), "--json", "--", "sleep", "1"],
            env=environment | {"SLURM_PROCID": str(rank), "SLURM_LOCALID": str(rank)},
            stdout=subprocess.PIPE,
        )
        for rank in range(4)
    ]
    printed = [json.loads(task.communicate()[0]) for task in tasks]
    runs = [run for path in sorted(tmp_path.glob("*.jsonl")) for run in read_runs(path)]

    assert [0, 1, 2, 3] == sorted(one["place"]["rank"] for one in printed)
    assert 4 == len(runs)
    assert 4 == merge(runs).machines[0].rank_count
