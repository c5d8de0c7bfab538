"""The command as a process: started so that it ends with us, asked to save and end, and found again after we were killed."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from greenwright.errors import BadInputError

_PDEATHSIG = 1
"""Number of prctl, from linux/prctl.h."""
_LOOK_S = 0.1


def start(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Run a program in a group of its own. On Linux it gets SIGTERM if we are killed: it saves, and nothing runs on unmeasured.

    Raises:
        BadInputError: no such program, or one that may not be run.
    """
    with_us = _prctl() if sys.platform == "linux" else None
    try:
        return subprocess.Popen(
            command,
            env=dict(environment),
            start_new_session=True,
            preexec_fn=(lambda: with_us(_PDEATHSIG, signal.SIGTERM)) if with_us else None,  # noqa: PLW1509 - one call into the kernel, no lock
        )
    except OSError as error:
        raise BadInputError(f"{command[0]!r} cannot be run: {error.strerror}; give a program after --") from error


def _prctl() -> ctypes._NamedFuncPointer:
    return ctypes.CDLL(None, use_errno=True).prctl


def send(child: subprocess.Popen[bytes], number: int) -> None:
    """A signal to the command and all it started."""
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        child.poll()


def end(child: subprocess.Popen[bytes], grace_s: float) -> bool:
    """SIGTERM, and SIGKILL for what has not saved itself within the grace; False where that was needed."""
    if child.poll() is not None:
        return True
    send(child, signal.SIGTERM)
    send(child, signal.SIGCONT)
    try:
        child.wait(grace_s)
    except subprocess.TimeoutExpired:
        send(child, signal.SIGKILL)
        child.wait()
        return False
    return True


def born(pid: int) -> str:
    """When a process began, in ticks since the machine did; "" where it is gone, or nobody can tell."""
    try:
        said = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    state, *_ = fields = said.rpartition(")")[2].split()
    return "" if state == "Z" else fields[19]


def end_what_is_left(pid: int, born_at: str, grace_s: float) -> bool:
    """End a command that outlived its runner, with its group, as if we had just asked it to; False where there was none."""
    if not born_at or born(pid) != born_at:
        return False
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGTERM)
        os.killpg(pid, signal.SIGCONT)
        until_s = time.monotonic() + grace_s
        while born(pid) == born_at and time.monotonic() < until_s:
            time.sleep(_LOOK_S)
        if born(pid) == born_at:
            os.killpg(pid, signal.SIGKILL)
    return True
