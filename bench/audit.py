"""Audit millions of job rows, made by scaling up a real trace: seconds, CPU-seconds and peak memory, by rows and by format.

``python bench/audit.py TRACE [--rows 1e6,1e7,1e8] [--rounds 3]``, with ``pai_100k.csv.gz`` as the trace. Every audit runs in a fresh
process; its peak memory is that of the whole process. The trace is repeated with its lengths varied by up to a half, in whole seconds,
and its arrivals kept, so that every row differs. There is no peer that audits job logs into a footprint; plain DuckDB reading the same
file and adding one column up is run beside it, as the least that reading costs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from side_by_side import keep

PROGRAM = """
import sys
from greenwright.audit.auditing import Options, audit
record = audit([sys.argv[1]], Options(thread_count=2))
print(record.total.job_count, record.total.cpu_s)
"""
LEAST = """
import sys
import duckdb
path = sys.argv[1]
connection = duckdb.connect(config={"threads": 2})
connection.execute("SET enable_progress_bar = false")
source = f"read_csv('{path}', all_varchar=true)" if path.endswith("csv") else f"read_parquet('{path}')"
print(*connection.sql(f"SELECT count(*), sum(CAST(length AS DOUBLE) * CAST(cpus AS DOUBLE)) * 3600 FROM {source}").fetchone())
"""


def make(trace: Path, row_count: int, path: Path) -> None:
    """So many rows of the trace, each different."""
    import duckdb

    connection = duckdb.connect(config={"threads": 2, "memory_limit": "1GB", "temp_directory": str(path.parent)})
    connection.sql(f"CREATE TABLE trace AS SELECT row_number() OVER () AS number, * FROM read_csv('{trace}')")  # noqa: S608 - our own path
    base = connection.sql("SELECT count(*) FROM trace").fetchone()
    assert base is not None
    factor = "(0.5 + ((number * 7919 + round * 104729) % 1000) / 1000.0)"
    columns = f"arrival_time, round(length * 3600 * {factor}) / 3600 AS length, cpus"
    rounds_of = row_count // base[0] + 1
    rows = f"SELECT {columns} FROM trace, range({rounds_of}) AS r(round)"  # noqa: S608 - our own numbers
    how = "FORMAT parquet" if path.suffix == ".parquet" else "FORMAT csv, HEADER"
    connection.sql(f"COPY ({rows} LIMIT {row_count}) TO '{path}' ({how})")


def measured(program: str, path: Path) -> dict[str, float]:
    """One run in a process of its own."""
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True)
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - begun
    assert process.stdout is not None
    said = process.stdout.read().split()
    assert status == 0, f"{path} failed"
    return {
        "wall_s": wall_s,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * 1024,
        "rows": float(said[0]),
        "sum": float(said[1]),
    }


def rounds(trace: Path, sizes: list[int], count: int) -> Iterator[dict[str, Any]]:
    """Every size and format, the least beside it, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        for row_count in sizes:
            for suffix in (".parquet", ".csv") if row_count <= 10_000_000 else (".parquet",):
                path = Path(folder) / f"jobs{suffix}"
                make(trace, row_count, path)
                audits, reads = [], []
                for _ in range(count if row_count <= 10_000_000 else 1):
                    reads.append(measured(LEAST, path))
                    audits.append(measured(PROGRAM, path))
                assert abs(audits[0]["sum"] / reads[0]["sum"] - 1) < 1e-9, "the audit and the plain sum differ"
                yield {
                    "rows": row_count,
                    "format": suffix[1:],
                    "file_bytes": path.stat().st_size,
                    "audit": audits,
                    "least": reads,
                }
                print(line(row_count, suffix[1:], audits, reads), flush=True)
                path.unlink()


def line(row_count: int, name: str, audits: list[dict[str, float]], reads: list[dict[str, float]]) -> str:
    wall, cpu, peak = (median(one[key] for one in audits) for key in ("wall_s", "cpu_s", "peak_bytes"))
    least = median(one["cpu_s"] for one in reads)
    return f"{row_count:>12,} {name:8} {wall:7.1f} s {cpu:7.1f} CPU-s {peak / 2**20:7.0f} MiB   plain read {least:6.1f} CPU-s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trace", type=Path)
    parser.add_argument("--rows", default="1e5,1e6,1e7,1e8")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    sizes = [int(float(one)) for one in asked.rows.split(",")]
    load = os.getloadavg()
    found = list(rounds(asked.trace, sizes, asked.rounds))
    path = keep("audit", {"trace": asked.trace.name, "load_before": load, "load_after": os.getloadavg(), "readings": found})
    print(json.dumps({"kept": str(path)}))


if __name__ == "__main__":
    main()
