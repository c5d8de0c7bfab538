"""GPU energy from utilisation, on a fake NVML that shows nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenwright.errors import CannotHereError
from greenwright.meter.probes import gpu_utilisation, nvml
from greenwright.meter.sensors import sensors
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
        return VirtualGpus(tmp_path, monkeypatch, (400.0, 700.0))


def test_it_is_used_only_where_a_gpu_shows_neither_joules_nor_watts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    virtual = VirtualGpus(tmp_path / "virtual", monkeypatch, (400.0,))
    probes = [nvml, gpu_utilisation]
    alone, _ = sensors(virtual.root, probes)
    real = FakeNvml(tmp_path / "real")
    install(real, monkeypatch)
    beside, _ = sensors(real.root, probes)

    assert ["gpu_utilisation:0"] == [source.counter.id for source in alone if source.in_use]
    assert ["nvml:0"] == [source.counter.id for source in beside if source.in_use]


def test_the_range_holds_idling_work_and_a_raised_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = VirtualGpus(tmp_path, monkeypatch, (700.0,))
    (counter,) = gpu_utilisation.find(fake.root)

    assert [0.4, 1.1] == pytest.approx([counter.low_ratio, counter.high_ratio])
    assert Grade.MODELLED == counter.grade


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("NVIDIA A100-SXM4-80GB", "a100-sxm"),
        ("NVIDIA A100 80GB PCIe", "a100-pcie"),
        ("NVIDIA A10G", "a10"),
        ("NVIDIA L40S", "l40s"),
        ("NVIDIA L4", "l4"),
        ("Tesla V100-SXM2-16GB", "v100-sxm"),
        ("Tesla T4", "t4"),
        ("NVIDIA H100 80GB HBM3", "h100-sxm"),
        ("Quadro K2", "unknown"),
    ],
)
def test_a_gpu_is_known_by_the_longest_name_that_fits(name: str, key: str) -> None:
    assert key == gpu_utilisation._factor(name).key


def test_an_unknown_gpu_is_assumed_and_named_so_that_somebody_can_add_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = VirtualGpus(tmp_path, monkeypatch, (100.0,))
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
