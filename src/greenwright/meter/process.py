"""Run a command with everything it starts, and know how long all of it was on the CPU.

Linux makes us the parent of what the command leaves behind, so that the CPU time of every descendant that ends is ours to read,
exactly, from the kernel. The command gets SIGTERM if we are killed: nothing runs on unmeasured.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from greenwright.errors import BadInputError
from greenwright.meter import clock
from greenwright.meter.nodes import DEPTH
from greenwright.meter.probes import cpu_time
from greenwright.meter.sensors import built_in
from greenwright.records.energy import Reading

if TYPE_CHECKING:
    from greenwright.meter.contract import Counter, Meta, Missing, Probe
    from greenwright.meter.session import Meter
    from greenwright.records.energy import Window

_PDEATHSIG, _SUBREAPER = 1, 36
"""Numbers of prctl, from linux/prctl.h."""
_PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended, and what was measured while it ran."""

    window: Window
    exit_code: int
    """As a shell has it: 128 and the signal's number for a command that a signal ended."""
    left_count: int = 0
    """Processes it left behind, which still run; what they use from now on is not measured."""


def run_command(command: Sequence[str], meter: Meter, name: str, *, output: int | None = None) -> Ended:
    """Run ``command`` in a window of ``meter`` that opens just before it starts and closes when it has ended.

    Args:
        command: The program and its arguments; no shell is involved.
        meter: Made with ``command_probes``, so that CPU time is that of the command.
        name: Of the window.
        output: A file number that its standard output goes to; ours if None.

    Raises:
        BadInputError: no such program, or one that may not be run.
    """
    opened, ours = meter.window(name), set(_descendants(os.getpid()))
    try:
        code = run_child(command, output=output, before=opened.__enter__)
    finally:
        if opened.is_open:
            opened.close()
    return Ended(window=opened.result, exit_code=code, left_count=len(set(_descendants(os.getpid())) - ours))


def run_child(command: Sequence[str], *, output: int | None = None, before: Callable[[], object] | None = None) -> int:
    """Run a command and wait; its exit code as a shell has it: 128 and the signal's number where a signal ended it.

    Signals that ask us to stop are passed on, and we wait for what the command makes of them.

    Args:
        command: The program and its arguments; no shell is involved.
        output: A file number that its standard output goes to; ours if None.
        before: Called when all is ready, just before the command starts.

    Raises:
        BadInputError: no such program, or one that may not be run.
    """
    _prctl(_SUBREAPER, 1)
    held = _Held(command, output)
    with _passing_on(held.pid):
        try:
            if before is not None:
                before()
            held.release()
        finally:
            held.let_go()
            status = _wait(held.pid)
    held.refuse_if_never_started()
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def command_probes() -> list[Probe]:
    """The probes of a meter for commands: where the CPU-time model stands in, it is that of the command."""
    return [cast("Probe", CommandTime()) if probe.META.id == cpu_time.META.id else probe for probe in built_in()]


def command_cpu_s() -> float:
    """CPU seconds of our children and all theirs, running or ended, but not our own."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime + running_cpu_s(os.getpid())


class _Held:
    """A child that waits to become the command until it is released, so that the window can open first."""

    def __init__(self, command: Sequence[str], output: int | None) -> None:
        self._command = command
        gate, self._release = os.pipe()
        self._failure, failed = os.pipe()
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._release)
            self._become(gate, failed, parent, output)
        os.close(gate)
        os.close(failed)

    def release(self) -> None:
        """Let it become the command."""
        os.write(self._release, b"!")

    def let_go(self) -> None:
        """Without a release before, it ends."""
        os.close(self._release)

    def refuse_if_never_started(self) -> None:
        """Raise what kept the program from starting."""
        with os.fdopen(self._failure, "rb") as failure:
            number = failure.read()
        if number:
            reason = os.strerror(int(number))
            raise BadInputError(f"{self._command[0]!r} cannot be run: {reason}; give a program and its arguments after --")

    def _become(self, gate: int, failed: int, parent: int, output: int | None) -> None:
        """In the child: never returns."""
        try:
            for number in (signal.SIGPIPE, signal.SIGINT, *_PASSED_ON):
                signal.signal(number, signal.SIG_DFL)
            _prctl(_PDEATHSIG, signal.SIGTERM)
            if not os.read(gate, 1) or os.getppid() != parent:
                os._exit(1)
            if output is not None:
                os.dup2(output, 1)
            os.environ[DEPTH] = str(int(os.environ.get(DEPTH, "0")) + 1)
            os.execvp(self._command[0], list(self._command))  # noqa: S606 - no shell is what we want
        except OSError as error:
            os.write(failed, str(error.errno).encode())
        finally:
            os._exit(127)


def _wait(pid: int) -> int:
    """Wait for one child, and bury the others that end meanwhile: theirs is CPU time of the command, too."""
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == pid:
            _bury()
            return status


def _bury() -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


@contextmanager
def _passing_on(pid: int) -> Iterator[None]:
    """Signals to us are for the command. Ctrl-C reaches it from the terminal already, and so is passed on only elsewhere."""

    def pass_on(number: int, _: Any) -> None:
        if number != signal.SIGINT or not _in_foreground():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, *_PASSED_ON)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _in_foreground() -> bool:
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _prctl(option: int, value: int) -> None:
    """Where there is no prctl, orphans' CPU time is lost and nobody ends the command if we are killed."""
    with suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


@dataclass(kw_only=True)
class CommandTime:
    """The CPU-time model for commands: the time of our children and of all theirs, running or ended, but not our own."""

    META: Meta = field(
        default_factory=lambda: replace(
            cpu_time.META,
            id="command_time",
            title="CPU time of the command and all it starts, times the power of its CPU",
            covers="what the command and all it starts add to the power of CPU, memory, fans and supply",
            leaves_out="idle power, GPUs, disks, and other processes",
        )
    )
    _highest_s: float = 0.0

    def find(self, root: Path = Path("/")) -> list[Counter]:
        """The counter of the CPU-time model, under a name of its own."""
        return [replace(one, id=self.META.id, covers=self.META.covers) for one in cpu_time.find(root)]

    def missing(self, root: Path = Path("/")) -> list[Missing]:
        """The power of this CPU, where the catalogue does not know it."""
        return cpu_time.missing(root)

    def read(self, counter: Counter) -> Reading:
        """Look once. Running processes are known to a clock tick, so a look may lag behind the one before."""
        self._highest_s = max(self._highest_s, command_cpu_s())
        return Reading(counter=counter.id, energy_j=self._highest_s * counter.handle, at_s=clock.now_s())


def running_cpu_s(pid: int) -> float:
    """CPU seconds of every running descendant of a process, and of those of its children that it has waited for."""
    return sum(_cpu_s(one) for one in _descendants(pid))


def _cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(ticks) for ticks in fields[11:15]) / _TICKS_PER_S


def _descendants(pid: int) -> list[int]:
    """From the kernel's lists of children where it keeps them, from every process's parent where it does not."""
    children: Callable[[int], list[int]] = _listed_children
    if not Path(f"/proc/{pid}/task/{pid}/children").exists():
        parents = _parents()
        children = lambda one: [child for child, parent in parents.items() if parent == one]  # noqa: E731 - one of two ways
    found, waiting = [], [pid]
    while waiting:
        new = children(waiting.pop())
        found += new
        waiting += new
    return found


def _listed_children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                found += map(int, (task / "children").read_text().split())
    return found


def _parents() -> dict[int, int]:
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, ValueError, IndexError):
                found[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    return found
