"""Power limits are put back: at the end, by an error, by a guardian after a kill, and after a power cut."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from greenwright.errors import CannotHereError
from greenwright.meter import nvidia
from greenwright.meter.power_limits import read_limit, recover, restoring
from greenwright.testing.conformance import install
from greenwright.testing.probes import FakeNvml

PYNVML = '''
"""A driver whose power limits are a file."""
import json, os
FILE = os.environ["FAKE_LIMITS"]
NVML_ERROR_NOT_SUPPORTED = 3
class NVMLError(Exception): value = 0
def nvmlInit(): pass
def nvmlDeviceGetCount(): return 1
def nvmlDeviceGetHandleByIndex(index): return index
def nvmlDeviceGetUUID(handle): return "GPU-0"
def nvmlDeviceGetName(handle): return "NVIDIA H100"
def nvmlDeviceGetPowerManagementLimit(handle): return json.load(open(FILE))
def nvmlDeviceGetPowerManagementLimitConstraints(handle): return (200_000, 700_000)
def nvmlDeviceSetPowerManagementLimit(handle, limit_mw): open(FILE, "w").write(json.dumps(limit_mw))
'''
LOWER_AND_DIE = """
    import os, pathlib, signal, sys
    from greenwright.meter import nvidia
    from greenwright.meter.power_limits import restoring
    root = pathlib.Path(sys.argv[1])
    gpus = list(nvidia.gpus(root))
    with restoring(gpus, root=root) as set_limit:
        set_limit(gpus[0], 300.0)
        print("lowered", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeNvml:
    machine = FakeNvml(tmp_path, (300.0, 300.0))
    install(machine, monkeypatch)
    return machine


def test_limits_are_as_they_were_after_the_block(fake: FakeNvml) -> None:
    fake.limits_mw = [650_000, 500_000]
    gpus = list(nvidia.gpus(fake.root))
    with restoring(gpus, guarded=False) as set_limit:
        set_limit(gpus[0], 300.0)
        during = list(fake.limits_mw)

    assert [300_000, 500_000] == during
    assert [650_000, 500_000] == fake.limits_mw


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, SystemExit])
def test_limits_are_as_they_were_after_an_error(fake: FakeNvml, error: type[BaseException]) -> None:
    gpus = list(nvidia.gpus(fake.root))
    with pytest.raises(error), restoring(gpus, guarded=False) as set_limit:  # noqa: PT012 - the block is what is tested
        set_limit(gpus[1], 300.0)
        raise error

    assert [700_000, 700_000] == fake.limits_mw


def test_one_gpu_that_refuses_does_not_keep_the_others_low(fake: FakeNvml, monkeypatch: pytest.MonkeyPatch) -> None:
    gpus = list(nvidia.gpus(fake.root))
    setting = fake.nvmlDeviceSetPowerManagementLimit

    def refuse_back(handle: int, limit_mw: int) -> None:
        if handle == 0 and limit_mw == 700_000:
            raise FakeNvml.NVMLError(4)
        setting(handle, limit_mw)

    monkeypatch.setattr(fake, "nvmlDeviceSetPowerManagementLimit", refuse_back)
    with (  # noqa: PT012 - the block is what is tested
        pytest.raises(CannotHereError, match="sudo nvidia-smi -i 0 -pl 700"),
        restoring(gpus, guarded=False) as set_limit,
    ):
        for gpu in gpus:
            set_limit(gpu, 300.0)

    assert [300_000, 700_000] == fake.limits_mw


def test_what_a_killed_process_left_is_put_back_at_the_next_start(fake: FakeNvml, home: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    fake.limits_mw = [300_000, 300_000]
    left = home / "tuning" / f"limits-{ended.pid}.json"
    left.parent.mkdir(parents=True)
    left.write_text(json.dumps({"GPU-00000000-fake": 700.0}))

    assert ["the power limit of GPU 0 was put back to 700 W"] == recover(fake.root)
    assert [700_000, 300_000] == fake.limits_mw
    assert [] == recover(fake.root)


def test_limits_that_a_running_process_set_are_its_own(fake: FakeNvml) -> None:
    gpus = list(nvidia.gpus(fake.root))
    with restoring(gpus, guarded=False) as set_limit:
        set_limit(gpus[0], 300.0)

        assert [] == recover(fake.root)
        assert 300_000 == fake.limits_mw[0]


def test_a_guardian_puts_them_back_after_kill_9(tmp_path: Path) -> None:
    (tmp_path / "pynvml.py").write_text(PYNVML)
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/nvidiactl").touch()
    limits = tmp_path / "limits.json"
    limits.write_text("700000")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "FAKE_LIMITS": str(limits)}
    program = [sys.executable, "-c", textwrap.dedent(LOWER_AND_DIE), str(tmp_path)]
    ended = subprocess.run(program, check=False, capture_output=True, text=True, env=environment)

    until_s = time.monotonic() + 60
    while limits.read_text() != "700000.0" and time.monotonic() < until_s and json.loads(limits.read_text() or "0") != 700_000:
        time.sleep(0.05)
    assert ("lowered\n", -signal.SIGKILL) == (ended.stdout, ended.returncode)
    assert 700_000 == json.loads(limits.read_text())


def test_a_gpu_without_a_limit_has_none_to_move(fake: FakeNvml, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int) -> int:
        raise FakeNvml.NVMLError(3)

    monkeypatch.setattr(fake, "nvmlDeviceGetPowerManagementLimit", refuse)

    assert [None, None] == [read_limit(gpu) for gpu in nvidia.gpus(fake.root)]
