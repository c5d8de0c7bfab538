"""Instructions that a command executed, from ``perf stat`` where it answers. They hardly vary from run to run."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

_EVENT = "instructions:u"
"""Of the command itself; those of the kernel vary, and need more permission."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Perf:
    """Whether ``perf`` counts here."""

    program: str = ""
    """"" where it does not."""
    why_not: str = ""


def find_perf() -> Perf:
    """Ask ``perf`` to count the instructions of ``true``: many virtual machines have it and cannot."""
    program = shutil.which("perf")
    if program is None:
        return Perf(why_not="perf is not installed")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "perf"
        ended = subprocess.run([*counted(program, ["true"], out)], capture_output=True, text=True, check=False)
        if ended.returncode == 0 and read_count(out) is not None:
            return Perf(program=program)
        said = ended.stderr.strip().partition("\n")[0] if ended.returncode else "this machine's processor shows it no counter"
    return Perf(why_not=f"perf counts no instructions here: {said}")


def counted(program: str, command: list[str], out: Path) -> list[str]:
    """The command, run by ``perf`` with its count written to ``out``."""
    return [program, "stat", "-x", ",", "-e", _EVENT, "-o", str(out), "--", *command]


def read_count(out: Path) -> float | None:
    """The count that perf wrote; None where it could not count. The sum over kinds of cores where a processor has several."""
    try:
        lines = [line for line in out.read_text(encoding="utf-8").splitlines() if "instructions" in line]
    except OSError:
        return None
    counts = [line.split(",", 1)[0] for line in lines]
    known = [float(one) for one in counts if one.replace(".", "", 1).isdigit()]
    return sum(known) if known else None
