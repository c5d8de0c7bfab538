"""Memory by its size."""

from __future__ import annotations

import csv
from pathlib import Path
from statistics import median

import pytest

from greenwright.meter.probes import cpu_time, dram_size, rapl
from greenwright.meter.sensors import sensors
from greenwright.testing.power import FakePowerMachine, write_file
from greenwright.testing.probes import FakePowercap, ProbeContract

MEMINFO = "MemTotal:       62500000 kB\nMemFree:        1 kB\n"  # 64 GB


def with_memory(root: Path) -> Path:
    write_file(root / "proc/meminfo", MEMINFO)
    return root


class TestContract(ProbeContract):
    probe = dram_size

    def machine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePowerMachine:
        root = with_memory(tmp_path / "machine")
        return FakePowerMachine(root, monkeypatch, 64 * 0.25, lambda _power_w, _energy_j: None)


def test_its_range_holds_nine_of_ten_published_figures_and_its_value_is_the_middle(tmp_path: Path) -> None:
    with (Path(__file__).parent / "dram_readings.csv").open(newline="") as file:
        figures = [float(row["w_per_gb"]) for row in csv.DictReader(file)]
    (counter,) = dram_size.find(with_memory(tmp_path))
    power_w = counter.handle / 64
    inside = [one for one in figures if power_w * counter.low_ratio <= one <= power_w * counter.high_ratio]

    assert (17, 19) == (len(inside), len(figures))
    assert median(figures) == power_w


@pytest.mark.parametrize(("has_dram", "expected"), [(False, ["rapl:0:package-0", "dram_size"]), (True, None)])
def test_it_stands_beside_a_counted_cpu_whose_memory_is_not_counted(
    tmp_path: Path, has_dram: bool, expected: list[str] | None
) -> None:
    fake = FakePowercap(tmp_path)
    with_memory(fake.root)
    fake.add("intel-rapl:0", "package-0", 100.0)
    if has_dram:
        fake.add("intel-rapl:0:0", "dram", 10.0)
    found, _ = sensors(fake.root, [rapl, cpu_time, dram_size])

    assert (expected or ["rapl:0:package-0", "rapl:0:0:dram"]) == [source.counter.id for source in found if source.in_use]


def test_it_is_not_added_to_what_this_work_alone_adds(tmp_path: Path) -> None:
    found, _ = sensors(with_memory(tmp_path), [cpu_time, dram_size])

    assert ["cpu_time"] == [source.counter.id for source in found if source.in_use]
