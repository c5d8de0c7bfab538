"""The power monitors of Jetson modules, as JetPack 4 to 6 show them."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenwright.errors import CannotHereError
from greenwright.meter.probes import jetson
from greenwright.testing.power import FakePowerMachine, write_file
from greenwright.testing.probes import ProbeContract


def rails(root: Path, powers_w: dict[str, float], number: int = 0) -> Path:
    """An INA3221 at 5 V: one rail a channel."""
    folder = root / f"sys/class/hwmon/hwmon{number}"
    write_file(folder / "name", "ina3221\n")
    for channel, (name, power_w) in enumerate(powers_w.items(), start=1):
        write_file(folder / f"in{channel}_label", f"{name}\n")
        write_file(folder / f"in{channel}_input", "5000\n")
        write_file(folder / f"curr{channel}_input", f"{power_w / 5 * 1e3:.0f}\n")
    return folder


class TestContract(ProbeContract):
    probe = jetson

    def machine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePowerMachine:
        root = tmp_path / "machine"

        def show(power_w: float, _energy_j: float) -> None:
            rails(root, {"VDD_IN": power_w, "VDD_CPU_GPU_CV": power_w * 0.6, "VDD_SOC": power_w * 0.2})

        return FakePowerMachine(root, monkeypatch, 15.0, show)


def test_a_rail_that_feeds_the_module_holds_the_others(tmp_path: Path) -> None:
    rails(tmp_path, {"VDD_IN": 15.0, "VDD_CPU_GPU_CV": 9.0, "VDD_SOC": 3.0})
    (counter,) = jetson.find(tmp_path)

    assert 15.0 == pytest.approx(jetson.read(counter).power_w)
    assert "the Jetson module, rail VDD_IN" == counter.covers


def test_where_no_rail_feeds_all_they_are_added_up(tmp_path: Path) -> None:
    rails(tmp_path, {"VDD_GPU_SOC": 12.0, "VDD_CPU_CV": 5.0, "VIN_SYS_5V0": 4.0})
    rails(tmp_path, {"NC": 99.0, "VDDQ_VDD2_1V8AO": 2.0}, number=1)
    (counter,) = jetson.find(tmp_path)

    assert 23.0 == pytest.approx(jetson.read(counter).power_w)


def test_the_monitors_of_older_systems_show_milliwatts(tmp_path: Path) -> None:
    folder = tmp_path / "sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0"
    write_file(folder / "rail_name_0", "POM_5V_IN\n")
    write_file(folder / "in_power0_input", "4321\n")
    (counter,) = jetson.find(tmp_path)

    assert 4.321 == pytest.approx(jetson.read(counter).power_w)


def test_a_jetson_whose_monitors_cannot_be_read_is_told_what_mends_it(tmp_path: Path) -> None:
    write_file(tmp_path / "proc/device-tree/model", "NVIDIA Jetson Orin Nano Developer Kit\0")
    (missing,) = jetson.missing(tmp_path)

    assert missing.applies
    assert "chmod" in missing.mend


def test_a_monitor_that_goes_away_is_an_error_with_advice(tmp_path: Path) -> None:
    folder = rails(tmp_path, {"VDD_IN": 15.0})
    (counter,) = jetson.find(tmp_path)
    (folder / "curr1_input").unlink()

    with pytest.raises(CannotHereError, match="greenwright doctor"):
        jetson.read(counter)
