"""Commands are measured with all they start; they end as they would have without us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from greenwright.errors import BadInputError
from greenwright.meter.process import command_cpu_s, command_probes, run_child, run_command
from greenwright.meter.session import Meter

BUSY = "import time\nwhile time.process_time() < {cpu_s}: pass\n"

ORPHAN = """
import os, time
if os.fork() == 0:
    if os.fork() == 0:
        while time.process_time() < 0.3: pass
        open({done!r}, "w").close()
    os._exit(0)
os.wait()
while not os.path.exists({done!r}): time.sleep(0.01)
time.sleep(0.1)
"""


@pytest.fixture
def meter(tmp_path: Path) -> Meter:
    return Meter(probes=command_probes(), root=tmp_path, cpu_s=command_cpu_s)


def python(program: str) -> list[str]:
    return [sys.executable, "-S", "-c", program]


def test_the_cpu_time_is_that_of_the_command_and_of_all_it_starts(meter: Meter) -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {BUSY.format(cpu_s=0.3)!r}]); "
    ended = run_command(python(child + BUSY.format(cpu_s=0.2)), meter, "both")

    assert 0 == ended.exit_code
    assert 0.5 <= ended.window.cpu_s < 1.0
    assert pytest.approx(ended.window.cpu_s, abs=0.05) == ended.window.energy_j.value / meter.sources[0].counter.handle


def test_the_cpu_time_of_an_orphan_is_not_lost(meter: Meter, tmp_path: Path) -> None:
    done = tmp_path / "done"
    command = ORPHAN.format(done=str(done))
    ended = run_command(python(command), meter, "orphan")

    assert ended.window.cpu_s >= 0.3


def test_our_own_work_is_not_in_it(meter: Meter) -> None:
    before_s = command_cpu_s()
    sum(range(3_000_000))

    assert before_s == command_cpu_s()


@pytest.mark.parametrize(
    ("program", "code"), [("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 137), ("", 0)]
)
def test_its_exit_code_is_what_a_shell_would_see(meter: Meter, program: str, code: int) -> None:
    assert code == run_command(python(program), meter, "ends").exit_code


def test_what_it_leaves_behind_is_counted(meter: Meter) -> None:
    ended = run_command(python("import subprocess; print(subprocess.Popen(['sleep', '0.5']).pid)"), meter, "leaves")

    assert 1 == ended.left_count


def test_a_program_that_is_not_there_is_named_and_no_child_remains(meter: Meter) -> None:
    before = _children()
    with pytest.raises(BadInputError, match="'no-such-program' cannot be run: No such file or directory"):
        run_command(["no-such-program"], meter, "none")

    assert set(_children().split()) <= set(before.split())


def test_where_the_window_cannot_be_opened_the_command_never_starts(tmp_path: Path) -> None:
    def refuse() -> None:
        raise BadInputError("no window")

    with pytest.raises(BadInputError, match="no window"):
        run_child(["touch", str(tmp_path / "ran")], before=refuse)
    assert not (tmp_path / "ran").exists()


def test_its_output_can_be_sent_elsewhere(meter: Meter, tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as file:
        run_command(["echo", "hello"], meter, "says", output=file.fileno())

    assert "hello\n" == (tmp_path / "out").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_asks_us_to_stop_is_passed_on_and_still_measured(tmp_path: Path, number: signal.Signals) -> None:
    ready = tmp_path / "ready"
    traps = f"import signal, sys, time\nsignal.signal({int(number)}, lambda *_: sys.exit(5))\nopen({str(ready)!r}, 'w')\ntime.sleep(60)"
    ours = subprocess.Popen(
        [sys.executable, "-m", "greenwright", "measure", "--json", "--", *python(traps)],
        env=os.environ | {"GREENWRIGHT_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _await(ready)
    ours.send_signal(number)
    printed, _ = ours.communicate(timeout=30)

    assert 5 == ours.returncode
    assert b'"energy_j"' in printed


def test_a_command_does_not_outlive_us(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    program = f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    ours = subprocess.Popen(
        [sys.executable, "-m", "greenwright", "measure", "--", *python(program)],
        env=os.environ | {"GREENWRIGHT_HOME": str(tmp_path)},
        stderr=subprocess.DEVNULL,
    )
    _await(pid_file)
    time.sleep(0.1)
    pid = int(pid_file.read_text())
    ours.kill()
    ours.wait()

    assert _ends(pid)


def _children() -> str:
    return Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text()


def _await(path: Path) -> None:
    until_s = time.monotonic() + 30
    while not path.exists() and time.monotonic() < until_s:
        time.sleep(0.01)
    time.sleep(0.05)


def _ends(pid: int) -> bool:
    until_s = time.monotonic() + 10
    while time.monotonic() < until_s:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False
