"""GPU energy from utilisation, on a fake NVML that shows nothing else."""

from __future__ import annotations

import csv
from pathlib import Path
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenwright.catalogue.devices import device
from greenwright.errors import CannotHereError
from greenwright.meter.probes import gpu_utilisation, nvml
from greenwright.meter.probes.gpu_utilisation import BUSY_SHARE, IDLE_SHARE, Limit, bounds_w
from greenwright.meter.sensors import sensors
from greenwright.meter.session import Meter
from greenwright.records.quantities import Grade
from greenwright.testing.conformance import FakeTime, install
from greenwright.testing.probes import FakeNvml, ProbeContract


class VirtualGpus(FakeNvml):
    """GPUs that show only how busy they are, on a clock that moves when they run."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, powers_w: tuple[float, ...]) -> None:
        super().__init__(tmp_path, powers_w, has_energy=False, has_power=False)
        install(self, monkeypatch)
        self.hands = FakeTime(monkeypatch)

    def run(self, duration_s: float) -> float:
        self.hands.pass_by(duration_s)
        return super().run(duration_s)


class TestContract(ProbeContract):
    probe = gpu_utilisation

    def machine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VirtualGpus:
        return VirtualGpus(tmp_path, monkeypatch, (400.0, 300.0))


def test_it_is_used_only_where_a_gpu_shows_neither_joules_nor_watts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    virtual = VirtualGpus(tmp_path / "virtual", monkeypatch, (400.0,))
    probes = [nvml, gpu_utilisation]
    alone, _ = sensors(virtual.root, probes)
    real = FakeNvml(tmp_path / "real")
    install(real, monkeypatch)
    beside, _ = sensors(real.root, probes)

    assert ["gpu_utilisation:0"] == [source.counter.id for source in alone if source.in_use]
    assert ["nvml:0"] == [source.counter.id for source in beside if source.in_use]


def readings() -> list[tuple[str, float, float]]:
    """Public readings: name, utilisation, and power over the limit that was shown beside it, or that the catalogue knows."""
    found = []
    with (Path(__file__).parent / "gpu_readings.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            known = device(row["gpu"])
            limit_w = float(row["limit_w"]) if row["limit_w"] else known.busy_w.value if known and known.busy_w else 0.0
            found.append((row["gpu"], float(row["utilisation_percent"]) / 100, float(row["power_w"]) / limit_w))
    return found


def modelled(busy_share: float) -> tuple[float, float, float]:
    """Low, value and high of a board whose limit is one watt."""
    limit = Limit(power_w=1.0, low_w=1.0, high_w=1.0, said_by="a test")
    value = IDLE_SHARE + (BUSY_SHARE - IDLE_SHARE) * busy_share
    low, high = bounds_w(value, limit)
    return low, value, high


def test_nineteen_of_twenty_public_readings_lie_in_its_range() -> None:
    ranges = [(modelled(busy_share), power) for _, busy_share, power in readings()]
    inside = [power for (low, _, high), power in ranges if low <= power <= high]

    assert (56, 58) == (len(inside), len(ranges))


def test_its_value_is_the_middle_of_the_readings_idle_and_busy() -> None:
    busy = [power for _, busy_share, power in readings() if busy_share > 0.8]
    idle = [power for _, busy_share, power in readings() if busy_share == 0]

    assert BUSY_SHARE == pytest.approx(median(busy), abs=0.01)
    assert IDLE_SHARE == pytest.approx(median(idle), abs=0.01)


@given(busy_share=st.floats(min_value=0, max_value=1))
def test_its_range_holds_its_value(busy_share: float) -> None:
    low, value, high = modelled(busy_share)

    assert low < value < high


def test_the_range_of_a_window_is_that_of_the_power_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    idle = VirtualGpus(tmp_path / "idle", monkeypatch, (0.12 * 700,))
    with Meter(root=idle.root, probes=[gpu_utilisation]) as resting:
        idle.run(10.0)
    busy = VirtualGpus(tmp_path / "busy", monkeypatch, (0.7 * 700,))
    with Meter(root=busy.root, probes=[gpu_utilisation]) as working:
        busy.run(10.0)
    (rest,), (work,) = resting.result.parts, working.result.parts

    assert pytest.approx([280, 840, 3150]) == [rest.energy_j.low, rest.energy_j.value, rest.energy_j.high]
    assert pytest.approx([1400, 4900, 7700]) == [work.energy_j.low, work.energy_j.value, work.energy_j.high]


@pytest.mark.parametrize(
    ("name", "limit_w"),
    [
        ("NVIDIA A100-SXM4-80GB", 400.0),
        ("NVIDIA A100 80GB PCIe", 300.0),
        ("NVIDIA A10G", 150.0),
        ("NVIDIA L40S", 350.0),
        ("NVIDIA L4", 72.0),
        ("Tesla V100-SXM2-16GB", 300.0),
        ("Tesla T4", 70.0),
        ("NVIDIA H100 80GB HBM3", 700.0),
        ("NVIDIA A800-SXM4-80GB", 400.0),
    ],
)
def test_a_board_that_does_not_say_its_limit_has_that_of_the_catalogue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, limit_w: float
) -> None:
    fake = VirtualGpus(tmp_path, monkeypatch, (50.0,))
    fake.limits_mw = [0]
    monkeypatch.setattr(fake, "nvmlDeviceGetName", lambda handle: name)
    (counter,) = gpu_utilisation.find(fake.root)

    assert limit_w == counter.handle[1]
    assert Grade.MODELLED == counter.grade


def test_the_limit_that_a_board_says_goes_before_that_of_its_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = VirtualGpus(tmp_path, monkeypatch, (50.0,))
    fake.limits_mw = [350_000]
    (counter,) = gpu_utilisation.find(fake.root)

    assert 350.0 == counter.handle[1]
    assert "350 W for NVIDIA H100 80GB HBM3 (the board says itself)" in counter.source


def test_an_unknown_gpu_is_assumed_and_named_so_that_somebody_can_add_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = VirtualGpus(tmp_path, monkeypatch, (100.0,))
    fake.limits_mw = [0]
    monkeypatch.setattr(fake, "nvmlDeviceGetName", lambda handle: "Quadro K2")
    (counter,) = gpu_utilisation.find(fake.root)
    (missing,) = gpu_utilisation.missing(fake.root)

    assert Grade.ASSUMED == counter.grade
    assert "Quadro K2" in missing.why


def test_a_lost_gpu_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = VirtualGpus(tmp_path, monkeypatch, (100.0,))
    (counter,) = gpu_utilisation.find(fake.root)
    fake.lost = True

    with pytest.raises(CannotHereError, match="no longer says how busy it is"):
        gpu_utilisation.read(counter)
