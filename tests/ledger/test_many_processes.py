from __future__ import annotations

import pickle
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from greenwright.ledger.opening import open_ledger
from greenwright.records.energy import Window
from greenwright.records.study import StudyRecord

WRITER = """
import pickle, sys
from greenwright.ledger.opening import open_ledger
study, windows = pickle.loads(open(sys.argv[2], "rb").read())
for _ in range(int(sys.argv[3])):
    print(open_ledger(sys.argv[1]).add_study(study, windows), flush=True)
"""
WRITERS, STUDIES_EACH = 8, 5


@pytest.fixture
def command(tmp_path: Path, study: StudyRecord, window: Window) -> list[str]:
    pickled = tmp_path / "study.pickle"
    pickled.write_bytes(pickle.dumps((study, [window] * 20)))
    return [sys.executable, "-c", WRITER, f"sqlite:///{tmp_path}/ledger.db", str(pickled)]


@pytest.mark.slow
def test_eight_writers_that_start_together_lose_nothing(tmp_path: Path, command: list[str], study: StudyRecord) -> None:
    writers = [subprocess.Popen([*command, str(STUDIES_EACH)], stdout=subprocess.PIPE, text=True) for _ in range(WRITERS)]

    written = [line for writer in writers for line in writer.communicate()[0].split()]

    assert [writer.returncode for writer in writers] == [0] * WRITERS
    assert len(written) == WRITERS * STUDIES_EACH
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    assert all(ledger.study(study_id) == study for study_id in written)


@pytest.mark.slow
@pytest.mark.parametrize("kept_count", [1, 7, 23])
def test_a_killed_writer_leaves_every_study_it_reported_and_no_half_one(
    tmp_path: Path, command: list[str], study: StudyRecord, kept_count: int
) -> None:
    with subprocess.Popen([*command, "1000000"], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        reported = [writer.stdout.readline().strip() for _ in range(kept_count)]
        writer.send_signal(signal.SIGKILL)

    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db")

    assert all(ledger.study(study_id) == study for study_id in reported)
    assert _integrity(tmp_path / "ledger.db") == ("ok", 0)


def _integrity(path: Path) -> tuple[str, int]:
    """What SQLite says of the file, and how many studies lack some of their trials or windows."""
    connection = sqlite3.connect(path)
    (said,) = connection.execute("PRAGMA integrity_check").fetchone()
    (halves,) = connection.execute(
        "SELECT count(*) FROM studies WHERE (SELECT count(*) FROM trials WHERE study_id = studies.id) != 2 "
        "OR (SELECT count(*) FROM windows WHERE study_id = studies.id) != 20"
    ).fetchone()
    connection.close()
    return said, halves
