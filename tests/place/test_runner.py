from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from greenwright.errors import BadInputError
from greenwright.place import child as processes
from greenwright.place.hours import Again
from greenwright.place.outlook import Outlook, from_arrays
from greenwright.place.runner import Order, run
from greenwright.place.windows import windows
from greenwright.records.placement import RunReport
from greenwright.records.quantities import Grade

SAVES = """
import json, os, signal, sys, time
from pathlib import Path
told = Path(os.environ["GREENWRIGHT_CHECKPOINTS"]) / "progress.json"
done = json.loads(told.read_text())["done_share"] if told.exists() else 0.0
started = time.time() - float(os.environ["GREENWRIGHT_STARTED_AT"])
def save(*_):
    told.write_text(json.dumps({"done_share": done, "at": time.time(), "start_s": started}))
    sys.exit(75)
signal.signal(signal.SIGTERM, save)
while done < 1:
    time.sleep(0.02)
    done += 0.02
told.write_text(json.dumps({"done_share": 1.0, "at": time.time(), "start_s": started}))
"""
"""A second of work that saves on SIGTERM, as greenwright's checkpoints do."""


def hours(*values: float) -> Outlook:
    median = np.array(values)
    return from_arrays(median, median, median, grade=Grade.MODELLED, source="a test's own hours")


def follow(  # noqa: PLR0913 - what a test may turn
    order: Order,
    outlook: Outlook,
    file: Path,
    *,
    resume: bool = False,
    said: list[str] | None = None,
    again: Again | None = None,
) -> RunReport:
    say = (said if said is not None else []).append
    return run(order, outlook, step_s=0.5, state_file=file, resume=resume, say=say, again=again)


@pytest.fixture
def order(tmp_path: Path) -> Order:
    (tmp_path / "saves.py").write_text(SAVES)
    (tmp_path / "checkpoints").mkdir()
    return Order(
        command=(sys.executable, str(tmp_path / "saves.py")),
        within_s=60.0,
        run_s=1.0,
        interruptible=True,
        restart_s=0.1,
        checkpoints=tmp_path / "checkpoints",
    )


def test_it_waits_for_the_clean_hour_and_pauses_in_the_dirty_one(order: Order, tmp_path: Path) -> None:
    said: list[str] = []

    long = replace(order, run_s=4.0)  # by what it says; that a machine is busy must not use it up
    report = follow(long, hours(*[400] * 6, 10, *[400] * 13, *[50] * 20, *[400] * 80), tmp_path / "state.json", said=said)

    assert (report.done, report.late, report.exit_code) == (True, False, 0)
    assert [one.ended for one in report.attempts][-1] == "done"
    assert "paused" in [one.ended for one in report.attempts]
    assert said[0].startswith("waiting until")
    assert report.waited_s >= 1.0
    assert report.restart_j > 0
    assert report.energy_j is not None


def test_a_failing_command_ends_the_run_with_its_code(tmp_path: Path) -> None:
    order = Order(command=(sys.executable, "-c", "raise SystemExit(7)"), within_s=9, run_s=1)

    report = follow(order, hours(400, 400), tmp_path / "state.json")

    assert (report.done, report.exit_code, report.attempts[0].ended) == (False, 7, "failed")


def test_a_machine_that_keeps_being_taken_is_left_for_one_that_is_not(order: Order, tmp_path: Path) -> None:
    dies = tmp_path / "dies.sh"
    dies.write_text("exit 9\n")
    risky = Order(
        command=order.command,
        within_s=4.0,
        run_s=1.0,
        restart_s=0.1,
        checkpoints=order.checkpoints,
        spot=("sh", str(dies)),
        on_demand=("env",),
    )
    said: list[str] = []

    report = follow(risky, hours(*[400] * 8), tmp_path / "state.json", said=said)

    assert report.done
    assert report.fell_back
    assert [one.price_class for one in report.attempts[:1]] == ["spot"]
    assert report.attempts[-1].price_class == "on-demand"
    assert any("no slack is left" in line for line in said)


def test_a_frozen_command_keeps_its_memory(tmp_path: Path) -> None:
    order = Order(command=("sleep", "0.8"), within_s=60.0, run_s=1.0, freeze=True)
    said: list[str] = []

    report = follow(order, hours(50, 400, 400, 50, *[400] * 116), tmp_path / "state.json", said=said)

    assert report.done
    assert len(report.attempts) == 1
    assert any(line.startswith("frozen until") for line in said)


def test_a_new_forecast_moves_the_start_to_where_it_is_cleaner(order: Order, tmp_path: Path) -> None:
    said: list[str] = []
    looking = replace(order, interruptible=False, look_every_s=0.5)
    late = hours(*[400] * 40, *[50] * 4, *[400] * 76)

    report = follow(looking, late, tmp_path / "state.json", said=said, again=lambda _: hours(*[40] * 4, *[400] * 100))

    assert report.done
    assert report.replanned_count == 1
    assert any(line.startswith("a new forecast: from") for line in said)
    assert report.waited_s < 10


def test_a_new_forecast_that_is_no_cleaner_changes_nothing(order: Order, tmp_path: Path) -> None:
    looking = replace(order, interruptible=False, look_every_s=0.2)
    asked: list[float] = []

    def again(at_s: float) -> Outlook:
        asked.append(at_s)
        return hours(*[400] * 120)

    report = follow(looking, hours(400, 400, 400, 50, 50, *[400] * 115), tmp_path / "state.json", again=again)

    assert report.done
    assert asked
    assert report.replanned_count == 0


def a_program(tmp_path: Path, order: Order) -> subprocess.Popen[str]:
    """A runner in a process of its own, to be stopped; it prints what happens."""
    program = tmp_path / "runner.py"
    program.write_text(
        "import sys\nfrom pathlib import Path\nimport numpy as np\nfrom greenwright.place.runner import Order, run\n"
        "from greenwright.place.outlook import from_arrays\nfrom greenwright.records.quantities import Grade\n"
        "flat = np.full(120, 400.0)\nhours = from_arrays(flat, flat, flat, grade=Grade.MODELLED, source='t')\n"
        f"order = Order(command={order.command!r}, within_s=60.0, run_s=1.0, checkpoints=Path({str(order.checkpoints)!r}))\n"
        f"run(order, hours, step_s=0.5, state_file=Path({str(tmp_path / 'state.json')!r}), resume=False, say=print)\n"
    )
    return subprocess.Popen([sys.executable, "-u", str(program)], stdout=subprocess.PIPE, text=True)


def test_a_runner_that_was_stopped_goes_on_where_it_was(order: Order, tmp_path: Path) -> None:
    first = a_program(tmp_path, order)
    assert first.stdout is not None
    assert first.stdout.readline().startswith("started")
    time.sleep(0.4)
    os.kill(first.pid, signal.SIGTERM)
    first.communicate()

    report = follow(order, hours(*[400] * 120), tmp_path / "state.json", resume=True)

    assert [one.ended for one in report.attempts] == ["stopped", "done"]
    assert report.done


def test_a_runner_that_was_killed_takes_its_command_along_and_goes_on_where_it_was(order: Order, tmp_path: Path) -> None:
    first = a_program(tmp_path, order)
    assert first.stdout is not None
    assert first.stdout.readline().startswith("started")
    state = tmp_path / "state.json"
    until_s = time.monotonic() + 20
    while (not state.exists() or b'"running":{' not in state.read_bytes()) and time.monotonic() < until_s:
        time.sleep(0.02)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()

    report = follow(order, hours(*[400] * 120), state, resume=True)

    assert [one.ended for one in report.attempts] == ["lost", "done"]
    assert report.done
    assert "killed" in report.notes[0]


def test_a_command_that_outlived_its_runner_is_ended_before_it_is_started_again() -> None:
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    born = processes.born(left.pid)

    assert processes.end_what_is_left(left.pid, "1", 5) is False
    waiter = threading.Thread(target=left.wait)
    waiter.start()
    assert processes.end_what_is_left(left.pid, born, 5) is True
    waiter.join(10)
    assert left.returncode == -signal.SIGTERM


@pytest.fixture
def advising() -> Iterator[str]:
    """A stand-in for the metadata of AWS that recommends to leave."""

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self._answer(200)

        def do_GET(self) -> None:
            self._answer(200 if self.path.endswith("recommendations/rebalance") else 404)

        def _answer(self, code: int) -> None:
            self.send_response(code)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_machine_that_the_cloud_advises_to_leave_has_its_work_saved_early(
    order: Order, tmp_path: Path, advising: str
) -> None:
    said: list[str] = []
    waits = "import os, time; from pathlib import Path\nfile = Path(os.environ['GREENWRIGHT_CHECKPOINTS']) / 'save-now'\n"
    waits += "while not file.exists(): time.sleep(0.02)"
    told = replace(order, command=(sys.executable, "-c", waits), cloud="aws", cloud_address=advising)

    report = follow(told, hours(*[400] * 120), tmp_path / "state.json", said=said)

    assert report.done
    assert said.count("aws advises to leave this machine: the command was asked to save now") == 1


def test_resuming_what_is_not_there_or_is_another_command_is_refused(order: Order, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="there is no run to resume"):
        follow(order, hours(400), tmp_path / "state.json", resume=True)
    follow(Order(command=("true",), within_s=9, run_s=1), hours(400), tmp_path / "state.json")
    with pytest.raises(BadInputError, match="is about 'true'"):
        follow(order, hours(400), tmp_path / "state.json", resume=True)
    (tmp_path / "state.json").write_text("{")
    with pytest.raises(BadInputError, match="cannot be read"):
        follow(order, hours(400), tmp_path / "state.json", resume=True)


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="'nosuch' cannot be run"):
        follow(Order(command=("nosuch",), within_s=9, run_s=1), hours(400), tmp_path / "state.json")


def test_next_to_no_gain_is_not_worth_waiting_for() -> None:
    found = windows(hours(100, 99.5, 99.5), step_s=1, run_s=1, deadline_s=3, interruptible=False, resume_s=0)

    assert [(one.start_s, one.end_s) for one in found] == [(0, 1)]
