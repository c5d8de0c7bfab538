"""RAPL on fake powercap trees with a known truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from greenwright.errors import CannotHereError
from greenwright.meter.files import KeptOpen
from greenwright.meter.probes import rapl
from greenwright.meter.tally import gained_j
from greenwright.testing.probes import FakePowercap, ProbeContract

if TYPE_CHECKING:
    from pathlib import Path


class TestContract(ProbeContract):
    probe = rapl

    def machine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePowercap:
        return FakePowercap(tmp_path).server()


def test_cores_graphics_platform_and_mirrors_are_not_added_to_packages(tmp_path: Path) -> None:
    found = rapl.find(FakePowercap(tmp_path).server().root)

    assert ["rapl:0:package-0", "rapl:0:1:dram", "rapl:1:package-1", "rapl:1:1:dram"] == [counter.id for counter in found]
    assert ["package-0", "package-0", "package-1", "package-1"] == [counter.device for counter in found]


def test_the_platform_stands_in_where_there_is_no_package(tmp_path: Path) -> None:
    fake = FakePowercap(tmp_path)
    fake.add("intel-rapl:0", "psys", 60.0)

    assert ["node"] == [counter.component for counter in rapl.find(fake.root)]


def test_two_dies_that_mirror_one_counter_are_one(tmp_path: Path) -> None:
    fake = FakePowercap(tmp_path)
    fake.add("intel-rapl:0", "package-0", 120.0, start_uj=777_000_000)
    fake.add("intel-rapl:1", "package-1", 120.0, start_uj=777_000_000, counts=False)
    counters = rapl.find(fake.root)
    before = rapl.read(counters[0])
    truth_j = fake.run(10.0)

    assert ["rapl:0:package-0"] == [counter.id for counter in counters]
    assert truth_j == pytest.approx(gained_j([before, rapl.read(counters[0])]))


def test_a_mirror_that_moves_between_the_looks_is_still_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakePowercap(tmp_path)
    fake.add("intel-rapl:0", "package-0", 120.0)
    fake.add("intel-rapl:1", "package-1", 120.0)
    read_integer = KeptOpen.integer

    def read_while_time_passes(file: KeptOpen) -> int:
        if file.path.name == "energy_uj":
            fake.run(0.001)
        return read_integer(file)

    monkeypatch.setattr(KeptOpen, "integer", read_while_time_passes)

    assert 1 == len(rapl.find(fake.root))


def test_files_for_root_alone_are_named_with_the_command_that_opens_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakePowercap(tmp_path).server()
    fake.lock(monkeypatch)
    (missing,) = rapl.missing(fake.root)

    assert [] == rapl.find(fake.root)
    assert "since Linux 5.10" in missing.why
    assert missing.mend.startswith("sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj")


def test_a_file_that_is_broken_otherwise_is_quoted(tmp_path: Path) -> None:
    zone = FakePowercap(tmp_path).add("intel-rapl:0", "package-0", 50.0)
    (zone / "energy_uj").write_text("")
    (missing,) = rapl.missing(tmp_path / "machine")

    assert "intel-rapl:0/energy_uj cannot be read: invalid literal" in missing.why


def test_a_package_without_memory_counter_says_so(tmp_path: Path) -> None:
    fake = FakePowercap(tmp_path)
    fake.add("intel-rapl:0", "package-0", 50.0)

    assert ["memory energy counter"] == [missing.what for missing in rapl.missing(fake.root)]


@pytest.mark.parametrize(
    ("file", "content", "why"),
    [
        ("proc/cpuinfo", "flags\t: fpu hypervisor avx2\n", "virtual machine"),
        ("proc/cpuinfo", "flags\t: fpu avx2\n", "no intel-rapl zones"),
        (".dockerenv", "", "containers hide"),
        ("run/.containerenv", "", "containers hide"),
    ],
)
def test_a_machine_without_zones_says_why(tmp_path: Path, file: str, content: str, why: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(content)
    (missing,) = rapl.missing(tmp_path)

    assert why in missing.why
    assert missing.mend


def test_a_counter_that_goes_away_is_an_error_with_advice(tmp_path: Path) -> None:
    fake = FakePowercap(tmp_path)
    zone = fake.add("intel-rapl:0", "package-0", 50.0)
    (counter,) = rapl.find(fake.root)
    (zone / "energy_uj").unlink()

    with pytest.raises(CannotHereError, match="greenwright doctor"):
        rapl.read(counter)
