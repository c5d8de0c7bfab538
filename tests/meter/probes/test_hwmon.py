"""hwmon files as the drivers write them, with a known truth."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenwright.errors import CannotHereError
from greenwright.meter.probes import hwmon
from greenwright.meter.sensors import sensors
from greenwright.testing.power import FakePowerMachine, write_file
from greenwright.testing.probes import ProbeContract


def driver(root: Path, number: int, name: str, files: dict[str, str]) -> Path:
    folder = root / f"sys/class/hwmon/hwmon{number}"
    write_file(folder / "name", f"{name}\n")
    for file, text in files.items():
        write_file(folder / file, f"{text}\n")
    return folder


class TestContractOfEnergy(ProbeContract):
    probe = hwmon

    def machine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePowerMachine:
        root = tmp_path / "machine"

        def show(_power_w: float, energy_j: float) -> None:
            files = {"energy1_label": "Ecore000", "energy1_input": "5", "energy9_label": "Esocket0"}
            driver(root, 0, "amd_energy", {**files, "energy9_input": f"{energy_j * 1e6:.0f}"})

        return FakePowerMachine(root, monkeypatch, 180.0, show)


class TestContractOfPower(ProbeContract):
    probe = hwmon

    def machine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePowerMachine:
        root = tmp_path / "machine"

        def show(power_w: float, _energy_j: float) -> None:
            driver(root, 0, "amdgpu", {"power1_average": f"{power_w * 1e6:.0f}", "power1_cap": "300000000"})

        return FakePowerMachine(root, monkeypatch, 210.0, show)


def test_graphics_of_a_processor_have_no_limit_and_are_not_counted_beside_it(tmp_path: Path) -> None:
    driver(tmp_path, 0, "amdgpu", {"power1_input": "15000000", "power1_label": "PPT"})

    assert [] == hwmon.find(tmp_path)


def test_of_a_grace_socket_only_the_meter_that_holds_the_others_counts(tmp_path: Path) -> None:
    names = ["Module Power Socket 0", "Grace Power Socket 0", "CPU Power Socket 0", "SysIO Power Socket 0"]
    for number, name in enumerate(names):
        driver(tmp_path, number, "power_meter", {"power1_average": "200000000", "power1_oem_info": name})

    (counter,) = hwmon.find(tmp_path)

    assert ("cpu", "package-0", "Grace socket 0 with its memory") == (counter.component, counter.device, counter.covers)


def test_an_intel_gpu_is_counted_as_a_card_and_not_by_its_tiles(tmp_path: Path) -> None:
    files = {"energy1_label": "card", "energy1_input": "7", "energy2_label": "pkg", "energy2_input": "5"}
    driver(tmp_path, 0, "xe", files)

    assert ["hwmon:hwmon0:energy1"] == [counter.id for counter in hwmon.find(tmp_path)]


def test_a_meter_of_the_whole_board_is_coarse_and_gives_way_to_finer_counters(tmp_path: Path) -> None:
    driver(tmp_path, 0, "power_meter", {"power1_average": "200000000"})
    alone, _ = sensors(tmp_path, [hwmon])
    driver(tmp_path, 1, "amd_energy", {"energy1_label": "Esocket0", "energy1_input": "5"})
    beside, _ = sensors(tmp_path, [hwmon])

    assert ["hwmon:hwmon0:power1"] == [source.counter.id for source in alone if source.in_use]
    assert ["hwmon:hwmon1:energy1"] == [source.counter.id for source in beside if source.in_use]


def test_a_power_supply_counts_by_its_total(tmp_path: Path) -> None:
    rails = {"power1_label": "power total", "power1_input": "90000000", "power2_label": "power +12v", "power2_input": "1"}
    driver(tmp_path, 0, "corsairpsu", rails)

    (counter,) = hwmon.find(tmp_path)

    assert ("node", 90.0) == (counter.component, hwmon.read(counter).power_w)


def test_a_driver_that_is_not_known_is_not_guessed_at(tmp_path: Path) -> None:
    driver(tmp_path, 0, "nvme", {"power1_input": "3000000"})

    assert [] == hwmon.find(tmp_path)


def test_a_file_that_cannot_be_read_is_named_with_the_command_that_opens_it(tmp_path: Path) -> None:
    driver(tmp_path, 0, "amd_energy", {"energy1_label": "Esocket0", "energy1_input": "busy"})
    (missing,) = hwmon.missing(tmp_path)

    assert [] == hwmon.find(tmp_path)
    assert missing.mend.startswith("sudo chmod a+r")


def test_a_file_that_shows_no_number_any_more_is_an_error_with_advice(tmp_path: Path) -> None:
    folder = driver(tmp_path, 0, "amd_energy", {"energy1_label": "Esocket0", "energy1_input": "5"})
    (counter,) = hwmon.find(tmp_path)
    (folder / "energy1_input").write_text("")

    with pytest.raises(CannotHereError, match="greenwright doctor"):
        hwmon.read(counter)
