"""NVML on a fake library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from greenwright.errors import CannotHereError
from greenwright.meter import nvidia
from greenwright.meter.probes import nvml
from greenwright.meter.tally import gained_j
from greenwright.testing.probes import FakeNvml, ProbeContract

if TYPE_CHECKING:
    from pathlib import Path


def install(monkeypatch: pytest.MonkeyPatch, fake: FakeNvml) -> FakeNvml:
    monkeypatch.setattr(nvidia, "load_library", lambda: fake)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return fake


class TestContract(ProbeContract):
    probe = nvml

    def machine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeNvml:
        return install(monkeypatch, FakeNvml(tmp_path, (300.0,) * 8))


def test_a_gpu_without_counter_is_missing_and_the_others_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = install(monkeypatch, FakeNvml(tmp_path, (None, 70.0)))

    assert ["nvml:1"] == [counter.id for counter in nvml.find(fake.root)]
    assert ["GPU 0 keeps no energy counter (older than Volta, or a virtual GPU)"] == [
        missing.why for missing in nvml.missing(fake.root)
    ]


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        ("1", ["nvml:1"]),
        ("0,1", ["nvml:0", "nvml:1"]),
        ("GPU-00000001", ["nvml:1"]),
        ("MIG-5a", ["nvml:0", "nvml:1"]),
        ("", []),
        ("-1", []),
        ("GPU-", []),
    ],
)
def test_gpus_hidden_from_this_process_are_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, visible: str, expected: list[str]
) -> None:
    fake = install(monkeypatch, FakeNvml(tmp_path, (70.0, 70.0)))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)

    assert expected == [counter.id for counter in nvml.find(fake.root)]


def test_a_library_that_is_not_installed_is_named_with_its_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> NoReturn:
        raise ModuleNotFoundError("No module named 'pynvml'")

    monkeypatch.setattr(nvidia, "load_library", absent)
    (missing,) = nvml.missing(FakeNvml(tmp_path).root)

    assert 'pip install "greenwright[nvml]"' == missing.mend


def test_a_driver_that_does_not_answer_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise FakeNvml.NVMLError(15)

    monkeypatch.setattr(nvidia, "load_library", broken)
    (missing,) = nvml.missing(FakeNvml(tmp_path).root)

    assert "NVML does not start: GPU is lost" == missing.why


def test_without_a_driver_the_library_is_not_even_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unwanted() -> NoReturn:
        raise AssertionError

    monkeypatch.setattr(nvidia, "load_library", unwanted)

    assert [] == nvml.find(tmp_path)


def test_a_reloaded_driver_is_an_error_and_never_negative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = install(monkeypatch, FakeNvml(tmp_path))
    (counter,) = nvml.find(fake.root)
    before = nvml.read(counter)
    fake.reset()

    with pytest.raises(CannotHereError, match="was reset"):
        gained_j([before, nvml.read(counter)])


def test_a_lost_gpu_is_an_error_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = install(monkeypatch, FakeNvml(tmp_path))
    (counter,) = nvml.find(fake.root)
    fake.lost = True

    with pytest.raises(CannotHereError, match=r"GPU 0 does not answer .*\(GPU is lost\); see nvidia-smi"):
        nvml.read(counter)


def test_the_real_library_has_every_name_the_fake_has() -> None:
    pynvml = pytest.importorskip("pynvml")
    used = [name for name in dir(FakeNvml) if name.startswith(("nvml", "NVML"))]

    assert [] == [name for name in used if not hasattr(pynvml, name)]
    assert FakeNvml.NVML_ERROR_NOT_SUPPORTED == pynvml.NVML_ERROR_NOT_SUPPORTED
