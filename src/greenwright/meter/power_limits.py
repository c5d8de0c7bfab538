"""Set the power limits of GPUs for a while, and put them back whatever happens.

Three things put them back: the end of the block, also by an error or a signal; a guardian process, where ours is killed; and the
next call of ``recover``, where the machine went down with both. A file holds what the limits were until they are back.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from greenwright import settings
from greenwright.errors import CannotHereError
from greenwright.meter import nvidia
from greenwright.meter.nvidia import Gpu
from greenwright.records.tuning import GpuLimit
from greenwright.units import W_PER_MW

_GUARDIAN = (
    "import pathlib, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); sys.stdin.buffer.read(); "
    "from greenwright.meter.power_limits import recover; recover(pathlib.Path(sys.argv[1]), gone=int(sys.argv[2]))"
)


def read_limit(gpu: Gpu) -> GpuLimit | None:
    """The power limit of a GPU; None where it has none that can be moved."""
    now_mw = gpu.ask("nvmlDeviceGetPowerManagementLimit")
    bounds_mw = gpu.ask("nvmlDeviceGetPowerManagementLimitConstraints")
    if now_mw is None or bounds_mw is None:
        return None
    return GpuLimit(
        index=gpu.index,
        uuid=gpu.uuid,
        name=gpu.name,
        now_w=now_mw * W_PER_MW,
        low_w=bounds_mw[0] * W_PER_MW,
        high_w=bounds_mw[1] * W_PER_MW,
    )


def set_limit(gpu: Gpu, limit_w: float) -> None:
    """Set the power limit of a GPU.

    Raises:
        CannotHereError: not permitted, or not supported.
    """
    try:
        gpu.library.nvmlDeviceSetPowerManagementLimit(gpu.handle, round(limit_w / W_PER_MW))
    except gpu.library.NVMLError as error:
        by_hand = f"sudo nvidia-smi -i {gpu.index} -pl {limit_w:.0f}"
        raise CannotHereError(
            f"the power limit of GPU {gpu.index} cannot be set to {limit_w:.0f} W ({error}); only root may: {by_hand}"
        ) from error


@contextmanager
def restoring(gpus: Sequence[Gpu], *, root: Path = Path("/"), guarded: bool = True) -> Iterator[Callable[[Gpu, float], None]]:
    """Within the block limits may be set by what this yields; at its end they are as they were.

    Args:
        gpus: Whose limits.
        root: Where the driver's files are.
        guarded: Have another process put them back if this one is killed.

    Raises:
        CannotHereError: a limit could not be put back; the text says which, and the command that does it.
    """
    were_w = {gpu.uuid: limit.now_w for gpu in gpus if (limit := read_limit(gpu)) is not None}
    file = _keepsake()
    file.parent.mkdir(parents=True, exist_ok=True)
    _write(file, were_w)
    guardian = _start_guardian(root) if guarded else None
    try:
        yield set_limit
    finally:
        try:
            _put_back(gpus, were_w)
            file.unlink(missing_ok=True)
        finally:
            if guardian is not None:
                assert guardian.stdin is not None
                guardian.stdin.close()
                guardian.wait()


def recover(root: Path = Path("/"), *, gone: int | None = None) -> list[str]:
    """Put back limits that a killed process left; a sentence for each. Nothing where none were left.

    Args:
        root: Where the driver's files are.
        gone: A process that is known to have ended, though its number may still be listed.

    Raises:
        CannotHereError: a limit could not be put back.
    """
    said = []
    for file in sorted(_folder().glob("limits-*.json")):
        pid = int(file.stem.rpartition("-")[2])
        if pid != gone and _is_running(pid):
            continue
        were_w = json.loads(file.read_text(encoding="utf-8"))
        found = [gpu for gpu in nvidia.gpus(root) if gpu.uuid in were_w]
        _put_back(found, were_w)
        file.unlink(missing_ok=True)
        said += [f"the power limit of GPU {gpu.index} was put back to {were_w[gpu.uuid]:.0f} W" for gpu in found]
    return said


def _put_back(gpus: Sequence[Gpu], were_w: dict[str, float]) -> None:
    """Every GPU, also where one of them refuses."""
    failed = []
    for gpu in gpus:
        if gpu.uuid in were_w:
            try:
                limit = read_limit(gpu)
                if limit is None or abs(limit.now_w - were_w[gpu.uuid]) >= 1:
                    set_limit(gpu, were_w[gpu.uuid])
            except CannotHereError as error:
                failed.append(str(error))
    if failed:
        raise CannotHereError("; ".join(failed))


def _start_guardian(root: Path) -> subprocess.Popen[bytes]:
    """Waits for our end of a pipe to close, which it does however we end."""
    command = [sys.executable, "-c", _GUARDIAN, str(root), str(os.getpid())]
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)


def _folder() -> Path:
    return settings.resolve().home / "tuning"


def _keepsake() -> Path:
    return _folder() / f"limits-{os.getpid()}.json"


def _write(file: Path, were_w: dict[str, float]) -> None:
    draft = file.with_suffix(".draft")
    with draft.open("w", encoding="utf-8") as opened:
        json.dump(were_w, opened)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
