"""Ask a meter that is a program: ipmitool, powermetrics."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from greenwright.errors import CannotHereError

TIMEOUT_S = 5.0
_FOLDERS = ("usr/bin", "usr/sbin", "bin", "sbin", "usr/local/bin", "opt/homebrew/bin")


def find_program(root: Path, name: str) -> Path | None:
    """Where a program lies on the machine under ``root``; None where it does not."""
    found = (root / folder / name for folder in _FOLDERS)
    return next((path for path in found if path.is_file() and os.access(path, os.X_OK)), None)


def output_of(command: Sequence[str | Path]) -> bytes:
    """What a program prints.

    Raises:
        CannotHereError: it failed, took too long, or is not there any more.
    """
    import subprocess  # most machines have none of these programs

    try:
        ended = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotHereError(f"{Path(command[0]).name} does not answer: {error}") from error
    if ended.returncode:
        said = ended.stderr.decode(errors="replace").strip().partition("\n")[0] or f"exit code {ended.returncode}"
        raise CannotHereError(f"{Path(command[0]).name} failed: {said}")
    return ended.stdout
