"""The ledger under load: windows a second in batches, 50 writers at once, and writers that are killed 100 times.

    python bench/ledger.py [--url postgresql://…]

Without a URL it is a new SQLite file beside this program. SQLite's answer is on disk when it comes (WAL, synchronous=FULL).
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import func, select

from greenwright.ledger.opening import open_ledger
from greenwright.ledger.runs import add_run, add_windows
from greenwright.ledger.store import Ledger
from greenwright.ledger.tables import windows
from greenwright.records.energy import Part, Window
from greenwright.records.quantities import Grade, Quantity
from greenwright.records.runs import Place, Run

HERE = Path(__file__).parent
CACHE = HERE / ".cache"
RESULTS = HERE / "results" / "ledger.json"
WRITERS, BATCHES_EACH, BATCH = 50, 4, 100
KILLS = 100


def a_window(number: int) -> Window:
    energy = Quantity(
        value=1.0 + number, low=0.5, high=2.0 + 2 * number, grade=Grade.MODELLED, source="a model of the processor"
    )
    part = Part(counter="cpu-time", covers="the CPU", energy_j=energy)
    return Window(
        name="serve", started_at="2026-09-01T12:00:00.000+00:00", duration_s=1.0, cpu_s=0.9, energy_j=energy, parts=(part,)
    )


def a_run(name: str) -> Run:
    place = Place(boot_id="boot", host="host", pid=1)
    return Run(id=name, name=name, place=place, started_at="2026-09-01T12:00:00+00:00", windows=())


def write(url: str, name: str, batches: int) -> None:
    """In a process of its own: says the number of windows after every batch that is committed."""
    ledger = open_ledger(url)
    run = add_run(ledger, a_run(name))
    written = 0
    batch = [a_window(number) for number in range(BATCH)]
    while written < batches * BATCH or batches < 0:
        written += add_windows(ledger, run, batch)
        print(run, written, flush=True)


def started(url: str, name: str, batches: int) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--write", name, str(batches), "--url", url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def throughput(ledger: Ledger, counts: tuple[int, ...]) -> Iterator[dict[str, float]]:
    for count in counts:
        made = [a_window(number) for number in range(count)]
        run = add_run(ledger, a_run(f"throughput-{count}-{time.monotonic_ns()}"))
        started_s, cpu_s = time.perf_counter(), time.process_time()
        add_windows(ledger, run, made)
        took_s, busy_s = time.perf_counter() - started_s, time.process_time() - cpu_s
        yield {
            "windows": count,
            "seconds": took_s,
            "cpu_seconds": busy_s,
            "windows_per_s": count / took_s,
            "windows_per_cpu_s": count / busy_s,
        }


def together(url: str) -> dict[str, Any]:
    """All begin on one ledger at once; every batch that any of them reported must be there."""
    before_s = time.perf_counter()
    writers = [started(url, f"writer-{number}", BATCHES_EACH) for number in range(WRITERS)]
    ends = [writer.communicate()[0].split() for writer in writers]
    took_s = time.perf_counter() - before_s
    reported = sum(int(words[-1]) for words in ends if words)
    there = counted(open_ledger(url), [words[0] for words in ends if words])
    return {
        "writers": WRITERS,
        "failed": sum(writer.returncode != 0 for writer in writers),
        "reported": reported,
        "there": there,
        "lost": reported - there,
        "seconds": took_s,
    }


def killed(url: str) -> dict[str, Any]:
    """Each writer is killed at a random moment: what it reported is there, and no half batch."""
    chance = random.Random(7)
    lost, halves, readable, batches = 0, 0, 0, []
    for number in range(KILLS):
        with started(url, f"killed-{number}", -1) as writer:
            assert writer.stdout is not None
            first = writer.stdout.readline().split()
            time.sleep(chance.uniform(0, 0.2))
            writer.send_signal(signal.SIGKILL)
            said = [first, *(line.split() for line in writer.stdout.read().splitlines())]
        whole = [words for words in said if len(words) == 2 and int(words[1]) % BATCH == 0]
        there = counted(open_ledger(url), [first[0]])
        lost += max(0, int(whole[-1][1]) - there)
        halves += there % BATCH != 0
        readable += 1
        batches.append(there // BATCH)
    return {
        "kills": KILLS,
        "readable_after": readable,
        "windows_lost": lost,
        "half_batches": halves,
        "median_batches_before_the_kill": median(batches),
    }


def counted(ledger: Ledger, runs: list[str]) -> int:
    with ledger.reading() as connection:
        return connection.scalar(select(func.count()).select_from(windows).where(windows.c.run_id.in_(runs))) or 0


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--url", default="")
    asked.add_argument("--only", default="", choices=["throughput", "together", "killed"], help="and keep the other readings")
    asked.add_argument("--write", nargs=2, metavar=("NAME", "BATCHES"))
    given = asked.parse_args()
    if given.write:
        write(given.url, given.write[0], int(given.write[1]))
        return
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        url = given.url or f"sqlite:///{folder}/ledger.db"
        ledger = open_ledger(url)
        kind = url.partition(":")[0].partition("+")[0]
        parts: dict[str, Callable[[], Any]] = {
            "throughput": lambda: list(throughput(ledger, (10_000, 10_000, 50_000))),
            "together": lambda: together(url),
            "killed": lambda: killed(url),
        }
        kept = {name: part() for name, part in parts.items() if given.only in {"", name}}
        if kind == "sqlite":
            connection = sqlite3.connect(f"{folder}/ledger.db")
            kept["integrity"] = connection.execute("PRAGMA integrity_check").fetchone()[0]
            connection.close()
    before = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(before | {kind: before.get(kind, {}) | kept}, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(kept, indent=1))


if __name__ == "__main__":
    main()
