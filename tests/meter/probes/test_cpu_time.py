"""The CPU-time model on fake CPUs and a clock with a known truth, and once for real."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from greenwright.catalogue.load import factors
from greenwright.meter import clock
from greenwright.meter.probes import cpu_time
from greenwright.meter.tally import gained_j
from greenwright.records.quantities import Grade
from greenwright.testing.probes import ProbeContract

if TYPE_CHECKING:
    from pathlib import Path

GENOA = "vendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\nstepping\t: 1\n\nprocessor\t: 1\n"
CASCADE_LAKE = "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\nmodel name\t: Xeon\nstepping\t: 7\n"
COOPER_LAKE = CASCADE_LAKE.replace("stepping\t: 7", "stepping\t: 11")
ALTRA = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n"


class FakeCpu:
    """A busy CPU of a known kind."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, cpuinfo: str, power_w: float) -> None:
        self.root = with_cpu(root, cpuinfo)
        self.power_w = power_w
        self.cpu_s = 100.0
        monkeypatch.setattr(clock, "cpu_s", lambda: self.cpu_s)

    def run(self, duration_s: float) -> float:
        self.cpu_s += duration_s
        return duration_s * self.power_w


def with_cpu(root: Path, cpuinfo: str) -> Path:
    (root / "proc").mkdir(parents=True)
    (root / "proc/cpuinfo").write_text(cpuinfo)
    return root


class TestContract(ProbeContract):
    probe = cpu_time

    def machine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeCpu:
        return FakeCpu(tmp_path / "machine", monkeypatch, GENOA, power_w=1.54)


@pytest.mark.parametrize(
    ("cpuinfo", "key"),
    [(GENOA, "epyc-genoa"), (CASCADE_LAKE, "cascade-lake"), (COOPER_LAKE, "unknown"), (ALTRA, "neoverse-n1"), ("", "unknown")],
)
def test_a_cpu_is_known_by_its_numbers(tmp_path: Path, cpuinfo: str, key: str) -> None:
    (counter,) = cpu_time.find(with_cpu(tmp_path / "machine", cpuinfo))

    assert factors("cpu_power")[key].value == counter.handle
    assert factors("cpu_power")[key].title in counter.source


def test_a_known_cpu_is_modelled_and_an_unknown_one_assumed(tmp_path: Path) -> None:
    known, unknown = (cpu_time.find(with_cpu(tmp_path / name, text))[0] for name, text in (("a", GENOA), ("b", COOPER_LAKE)))

    assert (Grade.MODELLED, Grade.ASSUMED) == (known.grade, unknown.grade)
    assert unknown.high_ratio / unknown.low_ratio > known.high_ratio / known.low_ratio


def test_an_unknown_cpu_is_named_so_that_somebody_can_add_it(tmp_path: Path) -> None:
    (missing,) = cpu_time.missing(with_cpu(tmp_path / "machine", COOPER_LAKE))

    assert "GenuineIntel 6/85/11" in missing.why
    assert "cpu_power.toml" in missing.mend
    assert [] == cpu_time.missing(with_cpu(tmp_path / "known", GENOA))


def test_work_on_this_cpu_moves_the_counter() -> None:
    (counter,) = cpu_time.find()
    before = cpu_time.read(counter)
    sum(number * number for number in range(200_000))

    assert gained_j([before, cpu_time.read(counter)]) > 0


def test_a_child_that_ended_is_counted() -> None:
    before_s = clock.cpu_s()
    subprocess.run([sys.executable, "-c", "sum(n * n for n in range(500_000))"], check=True)

    assert clock.cpu_s() - before_s > 0.01
