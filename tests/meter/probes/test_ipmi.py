"""ipmitool, as it answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenwright.errors import CannotHereError
from greenwright.meter.probes import ipmi
from greenwright.meter.sensors import sensors
from greenwright.testing.power import FakePowerMachine, write_file, write_program
from greenwright.testing.probes import FakePowercap, ProbeContract

READING = """
    Instantaneous power reading:                   {watts:5.0f} Watts
    Minimum during sampling period:                  9 Watts
    Maximum during sampling period:                448 Watts
    Average power reading over sample period:      212 Watts
    IPMI timestamp:                           09/01/2026 12:00:00
    Sampling period:                          00000001 Seconds.
    Power reading state is:                   activated
"""


def server(root: Path, watts: float) -> Path:
    write_file(root / "dev/ipmi0", "")
    return write_program(root / "usr/bin/ipmitool", READING.format(watts=watts))


class TestContract(ProbeContract):
    probe = ipmi

    def machine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePowerMachine:
        root = tmp_path / "machine"
        return FakePowerMachine(root, monkeypatch, 220.0, lambda power_w, _energy_j: server(root, power_w))


def test_it_is_used_only_where_nothing_finer_is(tmp_path: Path) -> None:
    fake = FakePowercap(tmp_path)
    server(fake.root, 220.0)
    alone, _ = sensors(fake.root)
    fake.add("intel-rapl:0", "package-0", 100.0)
    beside, _ = sensors(fake.root)

    assert ["ipmi"] == [source.counter.id for source in alone if source.in_use]
    assert ["rapl:0:package-0"] == [source.counter.id for source in beside if source.in_use]


@pytest.mark.parametrize(
    ("prints", "why"),
    [("Get Power Reading failed", "no DCMI power management"), (READING.format(watts=0), "answers 0 W")],
)
def test_a_controller_that_measures_no_power_says_so(tmp_path: Path, prints: str, why: str) -> None:
    write_program(server(tmp_path, 1.0), prints)
    (missing,) = ipmi.missing(tmp_path)

    assert [] == ipmi.find(tmp_path)
    assert why in missing.why


def test_a_program_that_fails_is_quoted(tmp_path: Path) -> None:
    program = server(tmp_path, 1.0)
    program.write_text("#!/bin/sh\necho 'Could not open device at /dev/ipmi0: Permission denied' >&2\nexit 1\n")
    (missing,) = ipmi.missing(tmp_path)

    assert "Could not open device at /dev/ipmi0: Permission denied" in missing.why
    assert missing.mend.startswith("sudo chmod")


def test_without_the_program_its_installation_is_named(tmp_path: Path) -> None:
    write_file(tmp_path / "dev/ipmi0", "")
    (missing,) = ipmi.missing(tmp_path)

    assert "sudo apt install ipmitool" == missing.mend


def test_a_controller_that_goes_away_is_an_error(tmp_path: Path) -> None:
    program = server(tmp_path, 220.0)
    (counter,) = ipmi.find(tmp_path)
    program.unlink()

    with pytest.raises(CannotHereError, match="ipmitool does not answer"):
        ipmi.read(counter)
