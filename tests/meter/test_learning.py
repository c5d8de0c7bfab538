"""Idle power and the rest of the node, learned from a fake machine whose truth is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenwright.errors import CannotHereError
from greenwright.meter import clock
from greenwright.meter.baseline import keep_rest
from greenwright.meter.learning import measure_idle, measure_rest
from greenwright.meter.probes import rapl
from greenwright.meter.session import Meter
from greenwright.testing.conformance import FakeTime
from greenwright.testing.power import write_file
from greenwright.testing.probes import FakePowercap


class PluggedMachine:
    """A server of 40 to 180 W on a meter that shows 70 W + 1.25 times as much."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.powercap = FakePowercap(tmp_path)
        self.powercap.add("intel-rapl:0", "package-0", 40.0)
        self.powercap.add("intel-rapl:0:0", "dram", 10.0)
        self.root = self.powercap.root
        self.hands = FakeTime(monkeypatch)
        self.log = tmp_path / "meter.csv"
        self.log.write_text("time,power_w\n")
        monkeypatch.setenv("GREENWRIGHT_WALL_METER", str(self.log))
        self._show()
        self.meter = Meter(root=self.root)
        for poller in self.meter.pollers:
            poller.wait_s = None

    def load(self, share: float) -> None:
        self.powercap.load_ratio = 1 + 3 * share
        self._show()

    def wait(self, duration_s: float) -> None:
        for _ in range(20):
            self.powercap.run(duration_s / 20)
            self.hands.pass_by(duration_s / 20)
            self._show()
            self.meter.look()

    def _show(self) -> None:
        with self.log.open("a") as file:
            file.write(f"{clock.now_s()},{70 + 1.25 * 50 * self.powercap.load_ratio}\n")


def test_the_rest_of_the_node_is_learned_and_then_shown_without_the_meter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = PluggedMachine(tmp_path, monkeypatch)
    rest = measure_rest(180.0, root=fake.root, meter=fake.meter, wait=fake.wait, load_share=fake.load)
    keep_rest(rest, fake.root)
    monkeypatch.delenv("GREENWRIGHT_WALL_METER")
    meter = Meter(root=fake.root)
    with meter.window("later") as later:
        fake.powercap.run(10.0)
        fake.hands.pass_by(10.0)

    assert [70.0, 1.25] == pytest.approx([rest.constant_w, rest.slope_ratio], rel=0.03)
    assert ("rapl:0:0:dram", "rapl:0:package-0") == rest.counters
    assert later.result.rest_j is not None
    whole_w = (later.result.energy_j.value + later.result.rest_j.value) / 10.0
    assert 70 + 1.25 * 200 == pytest.approx(whole_w, rel=0.03)
    assert later.result.rest_j.low < 70 * 10 + 0.25 * 2000 < later.result.rest_j.high


def test_idle_power_is_measured_where_the_machine_idles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = PluggedMachine(tmp_path, monkeypatch)
    idle = measure_idle(60.0, root=fake.root, meter=fake.meter, wait=fake.wait)

    assert {"wall_meter": 132.5, "rapl:0:package-0": 40.0, "rapl:0:0:dram": 10.0} == {
        counter: pytest.approx(power_w.value) for counter, power_w in idle.power_w.items()
    }


def test_a_busy_machine_is_not_taken_for_idle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = PluggedMachine(tmp_path, monkeypatch)
    write_file(fake.root / "proc/stat", "cpu  0 0 0 0 0 0 0 0 0 0\n")

    def wait(duration_s: float) -> None:
        fake.wait(duration_s)
        write_file(fake.root / "proc/stat", "cpu  50 0 0 50 0 0 0 0 0 0\n")

    with pytest.raises(CannotHereError, match="the machine was 50% busy, so this is not idling"):
        measure_idle(60.0, root=fake.root, meter=fake.meter, wait=wait)


def test_a_machine_whose_counters_see_no_idling_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(CannotHereError, match=r"no counter here sees idling \(cpu_time sees only this work\)"):
        measure_idle(1.0, root=tmp_path)


def test_without_a_meter_of_the_whole_nothing_can_be_learned(tmp_path: Path) -> None:
    fake = FakePowercap(tmp_path).server()

    with pytest.raises(CannotHereError, match="GREENWRIGHT_WALL_METER"):
        measure_rest(1.0, root=fake.root, meter=Meter(root=fake.root, probes=[rapl]))
