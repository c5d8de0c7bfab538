"""The cross-check of counters, and the grade of a machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from greenwright.meter.checkup import cross_check, grade
from greenwright.meter.contract import Missing
from greenwright.meter.sensors import sensors
from greenwright.records.checkup import CrossCheck, Finding, MachineGrade
from greenwright.testing.conformance import FakeTime, LoadedMachine, install
from greenwright.testing.power import write_file
from greenwright.testing.probes import FakeNvml, FakePowercap

GENOA = "vendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\nstepping\t: 1\n"


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Callable[[LoadedMachine], list[CrossCheck]]:
    """Cross-checks of a machine that runs while it is looked at."""
    hands = FakeTime(monkeypatch)

    def check(machine: LoadedMachine) -> list[CrossCheck]:
        install(machine, monkeypatch)
        found, _ = sensors(machine.root)

        def wait(duration_s: float) -> None:
            machine.run(duration_s)
            hands.pass_by(duration_s)

        return cross_check(found, wait=wait)

    return check


Checks = Callable[[LoadedMachine], list[CrossCheck]]


def test_a_counter_that_its_power_confirms_agrees(tmp_path: Path, checks: Checks) -> None:
    (check,) = checks(FakeNvml(tmp_path, (300.0,)))

    assert Finding.AGREES == check.finding
    assert 3.0 == pytest.approx(check.duration_s)
    assert "nvml:0 counted 900 J, and its power added up to 900 J" == check.said


def test_a_counter_that_its_power_contradicts_disagrees(
    tmp_path: Path, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeNvml(tmp_path, (37.4,))
    monkeypatch.setattr(fake, "nvmlDeviceGetPowerUsage", lambda handle: 65_400)
    (check,) = checks(fake)

    assert Finding.DISAGREES == check.finding
    assert "trust neither" in check.said


def test_a_counter_that_stands_still_while_power_is_drawn_is_named(
    tmp_path: Path, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeNvml(tmp_path, (300.0,))
    monkeypatch.setattr(fake, "nvmlDeviceGetTotalEnergyConsumption", lambda handle: 123_456)
    (check,) = checks(fake)

    assert Finding.STANDS_STILL == check.finding


def test_a_zone_that_stands_still_is_named_without_power_beside_it(tmp_path: Path, checks: Checks) -> None:
    fake = FakePowercap(tmp_path)
    fake.add("intel-rapl:0", "package-0", 0.0)
    (check,) = checks(fake)

    assert Finding.STANDS_STILL == check.finding


def test_a_counter_that_can_no_longer_be_read_is_named(tmp_path: Path, checks: Checks) -> None:
    fake = FakePowercap(tmp_path)
    fake.add("intel-rapl:0", "package-0", 100.0)
    run = fake.run

    def break_and_run(duration_s: float) -> float:
        fake.broken = True
        return run(duration_s)

    fake.run = break_and_run  # type: ignore[method-assign]  # breaks once it is looked at

    assert [Finding.UNREADABLE] == [check.finding for check in checks(fake)]


@pytest.mark.parametrize(("shown_w", "finding"), [(400.0, Finding.AGREES), (100.0, Finding.DISAGREES)])
def test_a_meter_of_the_whole_shows_more_than_its_devices(
    tmp_path: Path, checks: Checks, monkeypatch: pytest.MonkeyPatch, shown_w: float, finding: Finding
) -> None:
    monkeypatch.setenv("GREENWRIGHT_WALL_METER", str(write_file(tmp_path / "meter.csv", f"t,watts\n1,{shown_w}\n")))
    fake = FakePowercap(tmp_path).server()
    by_counter = {check.counter: check for check in checks(fake)}

    assert finding == by_counter["wall_meter"].finding
    assert Finding.ALONE == by_counter["rapl:0:package-0"].finding


def test_a_machine_without_hardware_counters_has_nothing_to_check(tmp_path: Path) -> None:
    found, _ = sensors(tmp_path)

    assert [] == cross_check(found)


def graded(root: Path, checks: list[CrossCheck] | None = None, more: list[Missing] | None = None) -> tuple[str, str]:
    found, missing = sensors(root)
    told = grade(found, [*missing, *(more or [])], checks or [])
    return told.grade.value, told.next_step


def test_a_machine_is_graded_from_a_meter_at_the_wall_to_assumptions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakePowercap(tmp_path / "server").server()
    desktop = FakePowercap(tmp_path / "desktop")
    desktop.add("intel-rapl:0", "package-0", 50.0)
    write_file(desktop.root / "proc/meminfo", "MemTotal: 16000000 kB\n")
    write_file(tmp_path / "known/proc/cpuinfo", GENOA)
    grades = [graded(root)[0] for root in (server.root, desktop.root, tmp_path / "known", tmp_path / "unknown")]
    monkeypatch.setenv("GREENWRIGHT_WALL_METER", str(write_file(tmp_path / "meter.csv", "t,watts\n1,400\n")))

    assert ["B", "C", "D", "E"] == grades
    assert "A" == graded(server.root)[0]


def test_a_counter_that_failed_its_check_costs_the_grade(tmp_path: Path) -> None:
    server = FakePowercap(tmp_path).server()
    doubt = CrossCheck(
        counter="rapl:0:package-0",
        finding=Finding.STANDS_STILL,
        energy_j=0.0,
        other_j=None,
        duration_s=3.0,
        said="it stands still; update its driver",
    )

    assert (MachineGrade.C.value, "it stands still; update its driver") == graded(server.root, [doubt])


def test_a_counter_that_could_be_mended_is_the_next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakePowercap(tmp_path).server()
    server.lock(monkeypatch)

    letter, step = graded(server.root)

    assert "E" == letter
    assert step.startswith("sudo chmod a+r /sys/class/powercap")
