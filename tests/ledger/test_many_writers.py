from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from sqlalchemy import insert

from greenwright.errors import BadInputError
from greenwright.ledger.opening import open_ledger
from greenwright.ledger.runs import all_runs, windows_of
from greenwright.ledger.store import Ledger
from greenwright.ledger.tables import corrections

WRITER = """
import sys
from greenwright.ledger.opening import open_ledger
from greenwright.ledger.runs import About, add_run, add_windows
from greenwright.records.energy import Window
from greenwright.records.quantities import Grade, Quantity
from greenwright.records.runs import Place, Run
energy = Quantity(value=1.0, low=0.5, high=2.0, grade=Grade.MODELLED, source="a model")
window = Window(name="w", started_at="2026-09-01T12:00:00+00:00", duration_s=1.0, cpu_s=1.0, energy_j=energy)
url, name, batches = sys.argv[1], sys.argv[2], int(sys.argv[3])
place = Place(boot_id="boot", host="host", pid=1)
ledger = open_ledger(url)
run = add_run(ledger, Run(id=name, name=name, place=place, started_at="2026", windows=()), About(project="shared"))
for _ in range(batches):
    print(run, add_windows(ledger, run, [window] * 100), flush=True)
"""


def writer(url: str, name: str, batches: int) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", WRITER, url, name, str(batches)], stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_writers_that_start_together_on_a_new_ledger_lose_nothing(url: str) -> None:
    writers = [writer(url, f"writer-{number}", 3) for number in range(6)]

    said = [line.split() for one in writers for line in one.communicate()[0].splitlines()]

    assert [one.returncode for one in writers] == [0] * 6
    ledger = open_ledger(url)
    assert {run.about.project for run in all_runs(ledger)} == {"shared"}
    assert {run.id: len(windows_of(ledger, run.id)) for run in all_runs(ledger)} == {run: 300 for run, _ in said}


@pytest.mark.slow
def test_a_killed_writer_leaves_every_batch_it_reported_and_no_half_one(url: str) -> None:
    with writer(url, "killed", 100_000) as one:
        assert one.stdout is not None
        reported = [one.stdout.readline().split() for _ in range(5)]
        one.send_signal(signal.SIGKILL)

    ledger = open_ledger(url)
    count = len(windows_of(ledger, reported[0][0]))
    assert count >= 500
    assert count % 100 == 0


def test_two_who_correct_the_same_entry_do_not_both(kept: Ledger) -> None:
    row = {"subject": "runs", "wrong_id": "1", "reason": "why", "created_at": "2026"}
    with kept.writing() as connection:
        connection.execute(insert(corrections), {"id": "a", **row})

    with pytest.raises(BadInputError, match="refused the entry"), kept.writing() as connection:
        connection.execute(insert(corrections), {"id": "b", **row})
