"""Memory by its size."""

from __future__ import annotations

from pathlib import Path

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
        return FakePowerMachine(root, monkeypatch, 64 * 0.34, lambda _power_w, _energy_j: None)


def test_its_range_holds_what_others_use(tmp_path: Path) -> None:
    (counter,) = dram_size.find(with_memory(tmp_path))
    power_w = counter.handle / 64

    assert power_w * counter.low_ratio <= 0.284
    assert power_w * counter.high_ratio >= 0.392


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
