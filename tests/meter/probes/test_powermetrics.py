"""powermetrics, as it answers on Apple silicon."""

from __future__ import annotations

import os
import plistlib
from pathlib import Path

import pytest

from greenwright.errors import CannotHereError
from greenwright.meter.probes import powermetrics
from greenwright.testing.power import FakePowerMachine, write_program
from greenwright.testing.probes import ProbeContract


def mac(root: Path, power_w: float, **more: float) -> Path:
    parts = {"cpu_power": power_w * 700, "gpu_power": power_w * 250, "ane_power": power_w * 50, **more}
    shown = {"elapsed_ns": 200_000_000, "hw_model": "Mac14,2", "processor": {"clusters": [], **parts}}
    return write_program(root / "usr/bin/powermetrics", plistlib.dumps(shown).decode())


@pytest.fixture(autouse=True)
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)


class TestContract(ProbeContract):
    probe = powermetrics

    def machine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePowerMachine:
        root = tmp_path / "machine"
        return FakePowerMachine(root, monkeypatch, 20.0, lambda power_w, _energy_j: mac(root, power_w))


def test_the_combined_power_goes_before_the_sum_of_the_parts(tmp_path: Path) -> None:
    mac(tmp_path, 20.0, combined_power=21_000.0)
    (counter,) = powermetrics.find(tmp_path)

    assert 21.0 == powermetrics.read(counter).power_w


def test_older_systems_show_the_joules_of_a_sample(tmp_path: Path) -> None:
    older = {"cpu_energy": 700, "gpu_energy": 250, "ane_energy": 50, "dram_energy": 90, "package_energy": 1200, "clusters": []}
    shown = {"elapsed_ns": 200_000_000, "hw_model": "MacBookPro18,3", "processor": older}
    write_program(tmp_path / "usr/bin/powermetrics", plistlib.dumps(shown).decode())
    (counter,) = powermetrics.find(tmp_path)

    assert 5.0 == pytest.approx(powermetrics.read(counter).power_w)


def test_a_mac_without_an_apple_chip_shows_no_power(tmp_path: Path) -> None:
    shown = {"elapsed_ns": 200_000_000, "hw_model": "iMac19,1", "processor": {"package_watts": 187.25}}
    write_program(tmp_path / "usr/bin/powermetrics", plistlib.dumps(shown).decode())
    (missing,) = powermetrics.missing(tmp_path)

    assert "this Mac has no Apple chip" in missing.why


def test_who_may_not_run_it_is_told_what_allows_it(tmp_path: Path) -> None:
    program = mac(tmp_path, 20.0)
    program.write_text("#!/bin/sh\necho 'powermetrics must be invoked as the superuser' >&2\nexit 1\n")
    (missing,) = powermetrics.missing(tmp_path)

    assert [] == powermetrics.find(tmp_path)
    assert "must be invoked as the superuser" in missing.why
    assert "sudoers.d/powermetrics" in missing.mend


def test_others_than_root_ask_through_sudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 501)

    assert ["sudo", "-n"] == powermetrics._command(tmp_path / "powermetrics")[:2]


@pytest.mark.parametrize("prints", ["", "<plist></plist>", "no plist", "<?xml version='1.0'?><plist><dict/></plist>"])
def test_an_answer_in_another_form_is_an_error(tmp_path: Path, prints: str) -> None:
    mac(tmp_path, 20.0)
    (counter,) = powermetrics.find(tmp_path)
    write_program(tmp_path / "usr/bin/powermetrics", prints)

    with pytest.raises(CannotHereError, match="form that is not known"):
        powermetrics.read(counter)
