"""Meters at the wall: a stand-in for what smart plugs answer, and a logger's CSV file."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from greenwright.errors import CannotHereError
from greenwright.meter.probes import wall_meter
from greenwright.meter.session import Meter
from greenwright.testing.power import FakePowerMachine, answering
from greenwright.testing.probes import FakePowercap, ProbeContract

SHELLY = {"id": 0, "source": "init", "output": True, "apower": 150.0, "voltage": 229.9, "aenergy": {"total": 1234.567}}
ANSWERS = {
    "/rpc/Switch.GetStatus?id=0": SHELLY,
    "/rpc/Shelly.GetStatus": {"sys": {}, "switch:0": SHELLY},
    "/status": {"relays": [{"ison": True}], "meters": [{"power": 150.0, "total": 99}]},
    "/cm?cmnd=Status%208": {"StatusSNS": {"Time": "2026-09-01T12:00:00", "ENERGY": {"Total": 3.1, "Power": 150}}},
    "/api/v1/data": {"wifi_ssid": "x", "active_power_w": 150.0},
    "/api/states/sensor.plug": {"state": "0.15", "attributes": {"unit_of_measurement": "kW"}},
    "/pdu": {"outlets": [{"watts": 1}, {"watts": 150.0}]},
}


@pytest.fixture
def answers() -> Iterator[tuple[str, dict[str, Any]]]:
    known: dict[str, Any] = dict(ANSWERS)
    with answering(known) as url:
        yield url, known


class TestContractOfAPlug(ProbeContract):
    probe = wall_meter

    @pytest.fixture(autouse=True)
    def _keep(self, answers: tuple[str, dict[str, Any]]) -> None:
        self.url, self.answers = answers

    def machine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePowerMachine:
        monkeypatch.setenv("GREENWRIGHT_WALL_METER", f"{self.url}/plug")

        def show(power_w: float, _energy_j: float) -> None:
            self.answers["/plug"] = {"apower": power_w}

        return FakePowerMachine(tmp_path, monkeypatch, 150.0, show)


class TestContractOfAFile(ProbeContract):
    probe = wall_meter

    def machine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePowerMachine:
        log = tmp_path / "meter.csv"
        log.write_text("time,power_w,volts\n")
        monkeypatch.setenv("GREENWRIGHT_WALL_METER", str(log))

        def show(power_w: float, energy_j: float) -> None:
            with log.open("a") as file:
                file.write(f"{energy_j},{power_w},230\n")

        return FakePowerMachine(tmp_path, monkeypatch, 150.0, show)


@pytest.mark.parametrize("path", [path for path in ANSWERS if path != "/pdu"] + ["/pdu#outlets.1.watts"])
def test_what_known_meters_answer_is_understood(
    answers: tuple[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setenv("GREENWRIGHT_WALL_METER", answers[0] + path)
    (counter,) = wall_meter.find()

    assert 150.0 == wall_meter.read(counter).power_w


def test_an_answer_without_watts_says_what_it_has(answers: tuple[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENWRIGHT_WALL_METER", f"{answers[0]}/pdu")
    (missing,) = wall_meter.missing()

    assert [] == wall_meter.find()
    assert "answers without watts (it has outlets)" in missing.why


def test_a_token_is_sent_where_one_is_set(answers: tuple[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENWRIGHT_WALL_METER", f"{answers[0]}/api/states/sensor.plug")
    monkeypatch.setenv("GREENWRIGHT_WALL_METER_TOKEN", "secret")
    wall_meter.find()

    assert [("/api/states/sensor.plug", "Bearer secret")] == answers[1]["requests"]


@pytest.mark.parametrize(
    ("head", "row", "power_w"),
    [("t,Power (W)", "1,150", 150.0), ("time;watts".replace(";", ","), "1,150.5", 150.5), ("t,power_kW", "1,0.15", 150.0)],
)
def test_the_column_of_watts_is_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: str, row: str, power_w: float
) -> None:
    (tmp_path / "log.csv").write_text(f"{head}\n0,1\n{row}\n9,99")
    monkeypatch.setenv("GREENWRIGHT_WALL_METER", str(tmp_path / "log.csv"))
    (counter,) = wall_meter.find()

    assert power_w == pytest.approx(wall_meter.read(counter).power_w)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no column of watts (it has nothing)"),
        ("t,v\n1,2\n", "no column of watts (it has t, v)"),
        ("t,watts\n", "no row with watts yet"),
        ("t,watts\n1,on\n", "no row with watts yet"),
    ],
)
def test_a_file_without_watts_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, why: str) -> None:
    (tmp_path / "log.csv").write_text(text)
    monkeypatch.setenv("GREENWRIGHT_WALL_METER", str(tmp_path / "log.csv"))
    (missing,) = wall_meter.missing()

    assert why in missing.why


def test_a_file_that_is_no_longer_written_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log.csv"
    log.write_text("t,watts\n1,150\n")
    os.utime(log, (time.time() - 300, time.time() - 300))
    monkeypatch.setenv("GREENWRIGHT_WALL_METER", str(log))
    (missing,) = wall_meter.missing()

    assert "was last written 300 s ago" in missing.why


@pytest.mark.parametrize("where", ["ftp://plug/power", "http://127.0.0.1:9/"])
def test_an_address_that_cannot_be_asked_is_named(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    monkeypatch.setenv("GREENWRIGHT_WALL_METER", where)
    (missing,) = wall_meter.missing()

    assert where in missing.why


def test_a_meter_that_falls_silent_is_an_error(answers: tuple[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENWRIGHT_WALL_METER", f"{answers[0]}/status")
    (counter,) = wall_meter.find()
    del answers[1]["/status"]

    with pytest.raises(CannotHereError, match="does not answer as a meter does"):
        wall_meter.read(counter)


def test_a_window_is_the_wall_s_and_shows_what_lies_within(
    answers: tuple[str, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREENWRIGHT_WALL_METER", f"{answers[0]}/status")
    fake = FakePowercap(tmp_path)
    fake.add("intel-rapl:0", "package-0", 100.0)
    with Meter(root=fake.root) as meter:
        fake.run(1.0)
    with Meter(root=fake.root, devices_only=True) as devices:
        fake.run(1.0)

    assert ["wall_meter"] == [part.counter for part in meter.result.parts]
    (package,) = meter.result.within
    assert ("rapl:0:package-0", 100.0) == (package.counter, round(package.energy_j.value, 9))
    assert 150.0 * meter.result.duration_s == pytest.approx(meter.result.energy_j.value)
    assert ["rapl:0:package-0"] == [part.counter for part in devices.result.parts]
