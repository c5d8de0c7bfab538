"""Rows that cannot be used are written aside, each with its reason: nothing is dropped in silence."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from greenwright.records.audit import Rejection


def put_aside(source: str, rows: Iterable[tuple[str, str]], folder: Path | None) -> tuple[str, tuple[Rejection, ...]]:
    """Put them in a CSV file of their own, whole or not at all; its path, and how many there are for each reason.

    Without a folder they are only counted, and the path is "".
    """
    if folder is None:
        counts = Counter(reason for reason, _ in rows)
        return "", _told(counts)
    path = folder / f"rejected-{re.sub(r'[^A-Za-z0-9.]+', '-', Path(source).name).strip('-') or 'rows'}.csv"
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        counts = _write(source, rows, beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return str(path), _told(counts)


def _write(source: str, rows: Iterable[tuple[str, str]], path: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["source", "reason", "row"])
        for reason, text in rows:
            counts[reason] += 1
            writer.writerow([source, reason, text])
        file.flush()
        os.fsync(file.fileno())
    return counts


def _told(counts: Counter[str]) -> tuple[Rejection, ...]:
    return tuple(Rejection(reason=reason, row_count=count) for reason, count in counts.most_common())
