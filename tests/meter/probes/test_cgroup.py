"""CPU time of cgroups, as the kernel shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenwright.errors import BadInputError, CannotHereError
from greenwright.meter.probes import cgroup
from greenwright.meter.sensors import sensors
from greenwright.testing.power import FakePowerMachine, write_file
from greenwright.testing.probes import ProbeContract

JOB = "slurm/job_42"
UNKNOWN_W = 2.76


@pytest.fixture(autouse=True)
def asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENWRIGHT_CPU_TIME", "cgroup")


def job(root: Path, usage_s: float, folder: str = JOB) -> Path:
    write_file(root / "proc/self/cgroup", f"0::/{JOB}\n")
    text = f"usage_usec {usage_s * 1e6:.0f}\nuser_usec 1\nsystem_usec 1\n"
    return write_file(root / "sys/fs/cgroup" / folder / "cpu.stat", text)


class TestContract(ProbeContract):
    probe = cgroup

    def machine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePowerMachine:
        root = tmp_path / "machine"
        return FakePowerMachine(root, monkeypatch, 4 * UNKNOWN_W, lambda _, energy_j: job(root, energy_j / UNKNOWN_W))


def test_it_takes_the_place_of_the_cpu_time_of_this_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job(tmp_path, 5.0)
    asked, _ = sensors(tmp_path)
    monkeypatch.setenv("GREENWRIGHT_CPU_TIME", "process")
    otherwise, _ = sensors(tmp_path)

    assert ["cgroup"] == [source.counter.id for source in asked if source.in_use]
    assert ["cpu_time"] == [source.counter.id for source in otherwise if source.in_use]


def test_in_a_container_the_cgroup_is_mounted_as_the_root(tmp_path: Path) -> None:
    job(tmp_path, 5.0, folder="")
    (counter,) = cgroup.find(tmp_path)

    assert 5.0 * UNKNOWN_W == cgroup.read(counter).energy_j


def test_without_cgroups_of_version_2_it_says_so(tmp_path: Path) -> None:
    write_file(tmp_path / "proc/self/cgroup", "4:cpu,cpuacct:/user.slice\n")
    (missing,) = cgroup.missing(tmp_path)

    assert "no cgroups of version 2" in missing.why


def test_a_cgroup_that_is_gone_is_an_error(tmp_path: Path) -> None:
    file = job(tmp_path, 5.0)
    (counter,) = cgroup.find(tmp_path)
    file.unlink()

    with pytest.raises(CannotHereError, match="cannot be read any more"):
        cgroup.read(counter)


def test_a_setting_that_is_neither_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENWRIGHT_CPU_TIME", "thread")
    job(tmp_path, 5.0)

    with pytest.raises(BadInputError, match="give one of process, cgroup"):
        cgroup.find(tmp_path)
