"""AMD GPUs on a fake amdsmi with a known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import pytest

from greenwright.errors import CannotHereError
from greenwright.meter.probes import amdsmi
from greenwright.records.quantities import Grade
from greenwright.testing.amd import FakeAmdSmi
from greenwright.testing.conformance import install
from greenwright.testing.probes import ProbeContract


def gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, powers_w: tuple[float | None, ...], **more: Any) -> FakeAmdSmi:
    fake = FakeAmdSmi(tmp_path, powers_w, **more)
    install(fake, monkeypatch)
    return fake


class TestContract(ProbeContract):
    probe = amdsmi

    def machine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeAmdSmi:
        return gpus(tmp_path, monkeypatch, (500.0, 300.0))


def test_a_second_die_is_missing_and_its_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = gpus(tmp_path, monkeypatch, (500.0, None))

    assert ["amdsmi:0"] == [counter.id for counter in amdsmi.find(fake.root)]
    assert ["GPU 1 shows neither joules nor watts: the second die of a package, or a virtual machine's"] == [
        missing.why for missing in amdsmi.missing(fake.root)
    ]


def test_a_gpu_without_accumulator_is_sampled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = gpus(tmp_path, monkeypatch, (500.0,), has_energy=False)
    (counter,) = amdsmi.find(fake.root)

    assert (Grade.SAMPLED, 0.1) == (counter.grade, counter.sample_s)
    assert (0.9, 1.1) == pytest.approx((counter.low_ratio, counter.high_ratio))
    assert counter.source.endswith("within an assumed 10%: AMD states no error")
    assert 500.0 == amdsmi.read(counter).power_w
    assert "its power is sampled in its place" in amdsmi.missing(fake.root)[0].why


def test_releases_until_6_2_call_the_accumulator_power(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = gpus(tmp_path, monkeypatch, (500.0,))
    count = {"power": 1_000_000, "counter_resolution": 15.259, "timestamp": 0}
    monkeypatch.setattr(fake, "amdsmi_get_energy_count", lambda handle: count)
    (counter,) = amdsmi.find(fake.root)

    assert 15.259 == pytest.approx(amdsmi.read(counter).energy_j)


def test_a_library_that_is_not_installed_is_named_with_its_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> NoReturn:
        raise ModuleNotFoundError("No module named 'amdsmi'")

    monkeypatch.setattr(amdsmi, "load_library", absent)
    (missing,) = amdsmi.missing(FakeAmdSmi(tmp_path).root)

    assert missing.mend.startswith("pip install /opt/rocm/share/amd_smi")


def test_a_driver_that_does_not_answer_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> NoReturn:
        raise FakeAmdSmi.AmdSmiException("AMDSMI_STATUS_DRIVER_NOT_LOADED")

    monkeypatch.setattr(amdsmi, "load_library", broken)
    (missing,) = amdsmi.missing(FakeAmdSmi(tmp_path).root)

    assert "AMD SMI does not start: AMDSMI_STATUS_DRIVER_NOT_LOADED" == missing.why


def test_a_gpu_that_no_longer_answers_is_an_error_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = gpus(tmp_path, monkeypatch, (500.0,))
    (counter,) = amdsmi.find(fake.root)
    fake.lost = True

    with pytest.raises(CannotHereError, match="amd-smi monitor"):
        amdsmi.read(counter)
