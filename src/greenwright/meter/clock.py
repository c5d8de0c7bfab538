"""The clocks of a window: time that passed, time the CPU spent on us, and what the calendar says."""

from __future__ import annotations

import resource
import time
from datetime import UTC, datetime


def now_s() -> float:
    """Seconds on a clock that never goes back: durations come from this one, whatever is done to the calendar."""
    return time.monotonic()


def utc_now() -> datetime:
    """The calendar, which may be set while we measure: only ever a label."""
    return datetime.now(UTC)


def cpu_s() -> float:
    """CPU seconds of this process, all threads, and of its children that ended and were waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID) + children.ru_utime + children.ru_stime
